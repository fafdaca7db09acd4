"""Choices of the settings in words, by their values."""

from __future__ import annotations

from geoguess_app.ui.kit.words import tr


def naming_titles() -> dict[str, str]:
    """What new sidecars are called, by the value in the settings."""
    return {
        "full": tr("IMG.CR2.xmp, as digiKam and darktable"),
        "adobe": tr("IMG.xmp, the only name Lightroom reads"),
    }


def precision_titles() -> dict[str, str]:
    """How precisely positions are written, by the value in the settings."""
    return {
        "exact": tr("As exact as they are"),
        "city": tr("Rounded to the city (0.1°)"),
        "region": tr("Rounded to the region (1°)"),
    }
