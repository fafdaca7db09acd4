"""Search areas: countries, boxes and rings, and an answer conditioned on them."""
