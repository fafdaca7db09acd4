"""Broken and hostile inputs, and everything that takes photos."""
