"""The photos that come with the program."""

from __future__ import annotations

from pathlib import Path

from geoguess_app.paths import resource_dir


def sample_photos() -> list[Path]:
    """Free photos to try the program on, by name."""
    return sorted((resource_dir() / "samples").glob("*.jpg"))
