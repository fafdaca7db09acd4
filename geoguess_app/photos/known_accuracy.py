"""Accuracy of the answers to photos whose position is known anyway."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import median

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Coordinate, LocatedPhoto, Radii


@dataclass(slots=True)
class KnownAccuracy:
    """A collection of the photos that carry a position of their own."""

    errors_km: list[float] = field(default_factory=list)
    inside: int = 0
    """How many lie inside the 80% radius of their answer."""

    def add(self, result: LocatedPhoto) -> None:
        """Take one answer into account, if the photo knows where it was taken."""
        if result.known is not None:
            answer = result.prediction
            self.compare(result.known, answer.coordinate, answer.radii)

    def compare(self, truth: Coordinate, answer: Coordinate, radii: Radii) -> None:
        """Take one answer into account whose truth is known."""
        km = float(
            great_circle_km(
                truth.latitude_deg, truth.longitude_deg, answer.latitude_deg, answer.longitude_deg
            )
        )
        self.errors_km.append(km)
        self.inside += km <= radii.r80_km

    @property
    def count(self) -> int:
        """Photos with a known position."""
        return len(self.errors_km)

    @property
    def median_km(self) -> float:
        """Median error; NaN without photos."""
        return median(self.errors_km) if self.errors_km else math.nan

    @property
    def share_inside(self) -> float:
        """Share, 0…1, inside the 80% radius; NaN without photos."""
        return self.inside / self.count if self.errors_km else math.nan
