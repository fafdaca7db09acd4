"""Fuzzing of every parser of our own; what it found is kept as seeds."""
