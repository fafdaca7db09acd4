"""GeoGuess: says where a photo was taken, from its pixels, on the user's own machine."""

__version__ = "0.1.0"
