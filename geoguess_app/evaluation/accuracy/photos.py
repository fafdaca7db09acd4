"""Photos with truth and answer side by side, however they came: the value that maps show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.metrics.scale import WORLD, Scale
from geoguess_app.evaluation.study.evaluation import SEEN_SIMILARITY

_SHARES = ("//", "\\\\")
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EvaluationOrigin:
    """The origin of answers: whose they are, on which photos, and when; empty where it is not
    known."""

    set_name: str
    model: str = ""
    where: tuple[str, ...] = ()
    """The conditions that chose the rows of the table."""
    finished: datetime | None = None
    images: Path | None = None
    """Folder that the file names start from; None where they are paths of their own."""
    failed: int = 0
    """Photos without an answer; they are in no figure."""
    scale: Scale = WORLD
    beside_training: int | None = None
    """Photos taken within the first distance of a training photo; None: not known."""


@dataclass(frozen=True)
class JudgedPhotos:
    """n answers beside their truths. Numbers are NaN and texts empty where nothing is known."""

    about: EvaluationOrigin
    files: tuple[str, ...]
    truth_deg: FloatArray
    """(n, 2) latitude and longitude."""
    answer_deg: FloatArray
    """(n, 2) latitude and longitude."""
    radii_km: FloatArray
    """(n, 3) for 50, 80 and 95%."""
    confidence: FloatArray
    """(n,) stated probability, 0…1, of being right within 25 km."""
    similarity: FloatArray
    """(n,) cosine similarity of the most alike training photo."""
    judged_from_km: FloatArray
    """(n,) finest distance that the true position can judge; 0: any."""
    ceiling_km: FloatArray
    """(n,) error of always naming the right cell."""
    floor: FloatArray
    """(n, distances of the scale) share of blind answers within each."""
    level: tuple[str, ...]
    place: tuple[str, ...]
    """Where the answers lie."""
    true_scene: tuple[str, ...]
    said_scene: tuple[str, ...]
    scene_labels: tuple[tuple[tuple[str, float], ...], ...]
    """The likeliest of 365 scenes with their probabilities."""
    continent: tuple[str, ...]
    """Two letters, of the true position."""
    error_km: FloatArray = field(init=False)
    """(n,) great circle between truth and answer."""

    def __post_init__(self) -> None:
        errors = np.atleast_1d(great_circle_km(*self.truth_deg.T, *self.answer_deg.T))
        object.__setattr__(self, "error_km", errors)

    def __len__(self) -> int:
        return len(self.files)

    @property
    def inside(self) -> BoolArray:
        """(n,) whether the truth lay inside the 80% radius; False where there is none."""
        return np.asarray(self.error_km <= self.radii_km[:, 1])

    @property
    def seen(self) -> BoolArray:
        """(n,) whether the model was most likely built from this very photo."""
        return np.asarray(self.similarity >= SEEN_SIMILARITY)

    @property
    def knows_seen(self) -> bool:
        """Tell whether it is known at all which photos the model has seen."""
        return bool(np.isfinite(self.similarity).any())

    @property
    def scene(self) -> tuple[str, ...]:
        """The labelled scene, else the model's word for it."""
        return tuple(
            true or said for true, said in zip(self.true_scene, self.said_scene, strict=True)
        )

    def name(self, index: int) -> str:
        """File name as a path below the folder of the photos."""
        name = self.files[index]
        # A table may come from anybody: it must not lead to another machine's share.
        return name.lstrip("/\\") if name[:2] in _SHARES else name

    def path(self, index: int) -> Path:
        """Return where the photo should be."""
        images = self.about.images
        return Path(self.files[index]) if images is None else images / self.name(index)

    def only(self, indices: IntArray) -> JudgedPhotos:
        """Take these photos alone, in this order."""
        taken = indices.tolist()
        columns: dict[str, Any] = {}
        for column in fields(self):
            if column.init and column.name != "about":
                values = getattr(self, column.name)
                arrays = isinstance(values, np.ndarray)
                columns[column.name] = (
                    values[indices] if arrays else tuple(values[i] for i in taken)
                )
        return JudgedPhotos(about=self.about, **columns)

    def moved_to(self, images: Path) -> JudgedPhotos:
        """The same with the photos in another folder."""
        return replace(self, about=replace(self.about, images=images))


@dataclass(slots=True)
class JudgedRow:
    """One photo on its way into ``JudgedPhotos``."""

    file: str
    truth: tuple[float, float]
    answer: tuple[float, float]
    radii_km: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    confidence: float = np.nan
    similarity: float = np.nan
    judged_from_km: float = 0.0
    ceiling_km: float = np.nan
    floor: tuple[float, ...] = ()
    level: str = ""
    place: str = ""
    true_scene: str = ""
    said_scene: str = ""
    scene_labels: tuple[tuple[str, float], ...] = ()
    continent: str = ""


def judged_photos(about: EvaluationOrigin, rows: Sequence[JudgedRow]) -> JudgedPhotos:
    """Turn rows into columns of judged photos."""
    distances = len(about.scale.thresholds_km)
    unknown = (np.nan,) * distances
    floors = [row.floor if len(row.floor) == distances else unknown for row in rows]
    return JudgedPhotos(
        about=about,
        files=tuple(row.file for row in rows),
        truth_deg=_numbers([row.truth for row in rows], 2),
        answer_deg=_numbers([row.answer for row in rows], 2),
        radii_km=_numbers([row.radii_km for row in rows], 3),
        confidence=_numbers([row.confidence for row in rows]),
        similarity=_numbers([row.similarity for row in rows]),
        judged_from_km=_numbers([row.judged_from_km for row in rows]),
        ceiling_km=_numbers([row.ceiling_km for row in rows]),
        floor=_numbers(floors, distances),
        level=tuple(row.level for row in rows),
        place=tuple(row.place for row in rows),
        true_scene=tuple(row.true_scene for row in rows),
        said_scene=tuple(row.said_scene for row in rows),
        scene_labels=tuple(row.scene_labels for row in rows),
        continent=tuple(row.continent for row in rows),
    )


def _numbers(values: Sequence[object], width: int = 0) -> FloatArray:
    shape = (-1, width) if width else (-1,)
    return np.array(values, dtype=np.float64).reshape(shape)
