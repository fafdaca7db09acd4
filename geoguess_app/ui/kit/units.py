"""The units that distances are shown in: as the settings say, or as the system's region does."""

from __future__ import annotations

from PySide6.QtCore import QLocale

from geoguess_app.core.format import Units
from geoguess_app.settings import Settings


def units_of(settings: Settings) -> Units:
    """Find the units that the settings ask for."""
    return system_units() if settings.units == "system" else Units(settings.units)


def system_units() -> Units:
    """Find what people of the system's region measure the way to the next town in."""
    metric = QLocale.MeasurementSystem.MetricSystem
    is_metric = QLocale.system().measurementSystem() == metric
    return Units.KILOMETRES if is_metric else Units.MILES
