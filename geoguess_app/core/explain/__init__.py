"""Explanations: what in a photo speaks for an answer."""
