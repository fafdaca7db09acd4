"""Search for places by name, coordinates or S2 token: field, hits, and the card on the map."""
