"""Fits on held-out photos: temperatures, confidence, radii, recognition."""
