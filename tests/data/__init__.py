"""What the tests run on."""

from pathlib import Path

FLOWER = Path(__file__).parent / "flower.jpg"
"""A photo that shows no place."""
