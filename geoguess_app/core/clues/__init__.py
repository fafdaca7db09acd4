"""Clues about a photo: what a sign, a road or a person says of where it was taken."""
