"""Explanations of an answer: the regions of the photo and the known photos that speak for a
place."""
