"""Background tiles for the map: from files, or from a host that the user agreed to."""
