"""Choices of the settings in words, by their values."""

from __future__ import annotations

from geoguess_app.ui.kit.words import tr


def naming_titles() -> dict[str, str]:
    """Return what new sidecars are called, by the value in the settings."""
    return {
        "full": tr("IMG.CR2.xmp (as in digiKam and darktable)"),
        "adobe": tr("IMG.xmp (required by Lightroom)"),
    }


def precision_titles() -> dict[str, str]:
    """Return how precisely positions are written, by the value in the settings."""
    return {
        "exact": tr("Full precision"),
        "city": tr("Rounded to city level (0.1°)"),
        "region": tr("Rounded to region level (1°)"),
    }
