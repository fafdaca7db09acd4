"""Answers to evaluate: the photo table, and what the model says of each of its photos."""
