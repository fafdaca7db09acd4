"""Explore mode: the cells of the loaded model, without any photo."""
