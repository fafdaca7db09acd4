"""Search areas: their fields, their outlines on the map, and answers inside them."""
