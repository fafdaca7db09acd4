"""Photos from elsewhere: what an answer of "cannot tell" is learned from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoguess_app.core.errors import TableError
from geoguess_app.photos.scan import scan
from trainer.local.spaces import FeatureMatrix, FeatureSpace, WorldBank
from trainer.local.world_bank import far_photos


@dataclass(frozen=True, eq=False)
class NegativeExamples:
    """Photos that do not show the area: the user's own, and what the starter model remembers of
    the world; the middle of the area in degrees."""

    own: FeatureMatrix | None
    world: WorldBank | None
    latitude_deg: float
    longitude_deg: float

    def mean_vectors(self, space: FeatureSpace, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean vectors over crops (m, d), in two parts: to fit on, and to measure on.

        Of the starter model's photos only the direction of that mean is known; its length, which
        says how alike the crops of a photo are, is taken to be that of the area's own (n, d).
        """
        sets = []
        if self.own is not None:
            sets.append(np.asarray(self.own.crops(space).mean(axis=1)))
        if self.world is not None and space is self.world.space:
            length = float(np.median(np.linalg.norm(here, axis=1)))
            sets.append(length * far_photos(self.world, self.latitude_deg, self.longitude_deg))
        if not sets:
            return np.zeros((0, here.shape[1])), np.zeros((0, here.shape[1]))
        return (
            np.concatenate([part[0::2] for part in sets]),
            np.concatenate([part[1::2] for part in sets]),
        )


def photos_below(folder: Path) -> list[Path]:
    """The photos of a folder; raises TableError where there is none."""
    if not folder.is_dir():
        raise TableError(f"{folder}: there is no such folder of photos.", code="missing")
    return list(scan([folder]))
