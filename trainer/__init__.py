"""``geoguess-train``: builds the models that the application loads."""
