"""Choosing some of the judged photos, and the figures of just those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.accuracy.photos import BoolArray, JudgedPhotos
from geoguess_app.evaluation.metrics.distances import (
    ErrorSummary,
    Share,
    share,
    spots,
    summarise_distances,
)

SURE = 0.5
"""An answer that is more likely right than wrong by its own words counts as sure."""
FEW_PHOTOS = 30
"""Figures of fewer photos than this are little more than anecdotes."""


@dataclass(frozen=True, slots=True)
class PhotoChoice:
    """A choice of photos to show; what is not set lets everything pass."""

    scene: str = ""
    continent: str = ""
    error_above_km: float = -np.inf
    error_up_to_km: float = np.inf
    sure_from: float = 0.0
    """Least confidence, 0…1; from 0 on also photos whose confidence is not known."""
    sure_below: float = np.inf
    outside_radius: bool = False
    """Only photos whose truth lay outside the 80% radius."""
    without_seen: bool = False
    """Leave out photos that the model was most likely built from."""
    text: str = ""
    """In the file name or the answer's place, capitals or not."""

    def mask(self, photos: JudgedPhotos) -> BoolArray:
        """(n,) which photos pass."""
        errors = photos.error_km
        chosen = (errors > self.error_above_km) & (errors <= self.error_up_to_km)
        for wanted, texts in ((self.scene, photos.scene), (self.continent, photos.continent)):
            if wanted:
                chosen &= np.array([text == wanted for text in texts], dtype=bool)
        if self.sure_from > 0 or self.sure_below < np.inf:
            chosen &= (photos.confidence >= self.sure_from) & (photos.confidence < self.sure_below)
        if self.outside_radius:
            chosen &= photos.error_km > photos.radii_km[:, 1]
        if self.without_seen:
            chosen &= ~photos.seen
        if self.text:
            wanted = self.text.casefold()
            pairs = zip(photos.files, photos.place, strict=True)
            found = [
                wanted in file.casefold() or wanted in place.casefold() for file, place in pairs
            ]
            chosen &= np.array(found, dtype=bool)
        return np.asarray(chosen, dtype=bool)


def confident_errors(photos: JudgedPhotos) -> PhotoChoice:
    """Return what a verifier fears most: stated as likely right, and farther off than that meant.

    Confidence speaks of 25 km; a model of a town is always that sure, so there it is a truth
    outside the 80% radius.
    """
    if photos.about.scale.local or not np.isfinite(photos.confidence).any():
        return PhotoChoice(outside_radius=True)
    return PhotoChoice(sure_from=SURE, error_above_km=photos.about.scale.key_km)


@dataclass(frozen=True)
class PartFigures:
    """The figures of some photos. ``ceiling`` and ``floor`` are shares by distance (km), None
    where the evaluation does not say; ``coverage`` by per cent, empty without radii."""

    photos: int
    spots: int
    seen: int
    summary: ErrorSummary
    coverage: Mapping[int, Share]
    ceiling: Mapping[float, float] | None
    floor: Mapping[float, float] | None

    @property
    def few(self) -> bool:
        """Too few for the shares to mean much."""
        return self.photos < FEW_PHOTOS


def figures(photos: JudgedPhotos, chosen: BoolArray) -> PartFigures:
    """The figures of the chosen photos, counted as the evaluation counts."""
    scale = photos.about.scale
    truth, errors = photos.truth_deg[chosen], photos.error_km[chosen]
    judged = photos.judged_from_km[chosen]
    spot = spots(truth[:, 0], truth[:, 1], scale.spot_deg)
    summary = summarise_distances(
        errors, finest_scorable_km=judged, spot=spot, thresholds_km=scale.thresholds_km
    )
    counted = {km: judged <= km for km in scale.thresholds_km}
    ceiling, floor = photos.ceiling_km[chosen], photos.floor[chosen]
    return PartFigures(
        photos=int(errors.size),
        spots=int(np.unique(spot).size),
        seen=int(photos.seen[chosen].sum()),
        summary=summary,
        coverage=_coverage(errors, photos.radii_km[chosen], spot),
        ceiling={km: _mean(ceiling[use] <= km) for km, use in counted.items()}
        if errors.size and np.isfinite(ceiling).all()
        else None,
        floor={km: _mean(floor[use, column]) for column, (km, use) in enumerate(counted.items())}
        if errors.size and np.isfinite(floor).all()
        else None,
    )


def _coverage(errors: FloatArray, radii_km: FloatArray, spot: IntArray) -> dict[int, Share]:
    known = np.isfinite(radii_km).all(axis=1)
    if not known.any():
        return {}
    return {
        percent: share(errors[known] <= radii_km[known, column], spot=spot[known])
        for column, percent in enumerate((50, 80, 95))
    }


def _mean(values: BoolArray | FloatArray) -> float:
    return float(np.mean(values)) if values.size else float("nan")
