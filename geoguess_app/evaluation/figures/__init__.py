"""Figures of an evaluation, drawn with Matplotlib."""
