"""The values that travel between core, batch, command line and window.

Frozen dataclasses; every name carries its unit. Arrays inside are never written to after creation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from geoguess_app.core.records.marks import Range, Row

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from geoguess_app.core.reading.photo_text import PhotoText

    FloatArray = npt.NDArray[np.float64]
    IntArray = npt.NDArray[np.int64]
    IdArray = npt.NDArray[np.uint64]
else:
    # Names in annotations only: the window is on the screen before numpy is loaded.
    FloatArray = IntArray = IdArray = object

DistanceKm = Annotated[float, Range(0.0, math.inf)]

CONFIDENCE_KM = 25.0
"""The confidence of an answer is the stated probability that it is right within this distance."""
COMBINED = "combined"
"""Key of the joint probabilities over the finest partition's cells, beside partitions' names."""


MEMBER = "member "
"""In an ensemble's answer, the network's name begins with it: then comes the member that spoke."""
UNCALIBRATED = "(not calibrated)"
"""The end of the title of a model whose curves rest on what was published of it. The title goes
with every answer: into reviews, exports and the files that are written."""


def is_uncalibrated(title: str) -> bool:
    """Tell from a model's title whether its confidence was never compared with the truth here."""
    return title.endswith(UNCALIBRATED)


@dataclass(frozen=True, slots=True)
class Coordinate:
    """A point on the Earth (WGS-84), longitude in [-180, 180].

    Raises ValueError for a latitude outside [-90, 90] or a value that is not finite.
    """

    latitude_deg: float
    longitude_deg: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.latitude_deg) and math.isfinite(self.longitude_deg)):
            raise ValueError("a coordinate must be finite")
        if not -90.0 <= self.latitude_deg <= 90.0:
            raise ValueError(f"latitude {self.latitude_deg} is outside -90..90")
        if not -180.0 <= self.longitude_deg <= 180.0:
            wrapped = (self.longitude_deg + 180.0) % 360.0 - 180.0
            object.__setattr__(self, "longitude_deg", wrapped)


@dataclass(frozen=True, slots=True)
class Place:
    """The nearest named place; empty strings where nothing is known (open sea)."""

    city: str
    region: str
    country: str
    country_code: str
    distance_km: DistanceKm = 0.0


class Level(StrEnum):
    """The level to which an answer may be trusted, finest first."""

    SAME_PLACE = "same place"
    """A reference photo shows the same place, and matching points prove it."""
    FINE = "fine"
    MIDDLE = "middle"
    COARSE = "coarse"
    CANNOT_TELL = "cannot tell"

    @property
    def names_towns(self) -> bool:
        """Tell whether an answer of this level is precise enough to name a town."""
        return self in (Level.SAME_PLACE, Level.FINE)


@dataclass(frozen=True, slots=True)
class Radii:
    """Radii around the answer that hold the truth with 50, 80 and 95% probability, in km."""

    r50_km: DistanceKm
    r80_km: DistanceKm
    r95_km: DistanceKm


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible place, ranked: a finest-partition cell and the best point inside it."""

    rank: int
    cell: str
    """S2 token of the finest-partition cell."""
    cell_index: int
    coordinate: Coordinate
    probability: float
    """Calibrated: that the truth lies within 25 km of it, and of no candidate before it."""
    weight: float = 0.0
    """The posterior mass of its cell: what the model's networks and look-alikes say, uncalibrated.
    Conditioning on an area or a trip starts from it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The coarse network says one region, the final answer lies in another: both hypotheses.

    ``coarse`` is the best candidate inside the coarse arg-max cell (its weight is that coarse
    cell's), ``fine`` the final answer (its weight is its own coarse ancestor's).
    """

    coarse: Candidate
    fine: Candidate


@dataclass(frozen=True, slots=True)
class SceneProbabilities:
    """Scene probabilities at three granularities; each array sums to 1.

    Orders are those of ``scenes.scene_table()``: 3 groups, 16 groups, 365 categories.
    """

    s3: FloatArray
    s16: FloatArray
    s365: FloatArray


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training photo that looks alike: its index in the bank, place and cosine similarity."""

    bank_index: int
    coordinate: Coordinate
    similarity: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The statements of the model about one photo."""

    coordinate: Coordinate
    radii: Radii
    confidence: float
    """Calibrated probability, 0…1, that the answer is right at city scale (within 25 km)."""
    level: Level
    candidates: tuple[Candidate, ...]
    conflict: Conflict | None
    scene: SceneProbabilities | None
    """None when the bundle has no scene model."""
    network: str
    """Which network answered: "base", or the Context-Specific Network ("indoor", …)."""
    cell_probabilities: Mapping[str, FloatArray]
    """Per partition name (coarse→fine) its probabilities, and "combined" over the finest
    partition's cells. Empty for regression bundles."""
    neighbours: tuple[Neighbour, ...]
    model: str
    """Name and version of the bundle, e.g. "Starter 1.0"."""
    embedding: np.ndarray | None = field(default=None, compare=False, repr=False)
    """The photo's vector (d), of length 1, in the space that the model compares photos in; None
    where it compares none, and in answers of earlier versions."""


@dataclass(frozen=True, slots=True)
class ReferenceMatch:
    """The reference photo that an answer rests on."""

    file: Path
    coordinate: Annotated[Coordinate, Row()]
    """Where it was taken; the answer may be the mean of several."""
    taken: datetime | None
    """Local time, without a time zone."""
    matches: int
    """Points that it shares with the photo, agreeing on one geometry; 0 where it only looks
    alike."""
    probability: float
    """That both photos were taken within 1 km of each other."""

    @property
    def is_verified(self) -> bool:
        """Tell whether matching points prove that both show the same place."""
        return self.matches > 0


@dataclass(frozen=True, slots=True)
class CluesUsed:
    """The clues that an answer was kept to."""

    clues: tuple[str, ...]
    """As the command line writes them: "drives-on=left"."""
    words: tuple[str, ...]
    """The same in words: "drives on the left"."""
    probability_left: float
    """The model's probability, 0…1, of the places that fit them all."""
    contradict: bool
    """Whether the model, which could tell where the photo was taken, gives next to none of its
    probability to where they fit."""


Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""A box in pixels (x, y) of an upright photo: top left, top right, bottom right, bottom left, as
the line in it runs."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text on a photo."""

    text: str
    corners: Corners
    confidence: float
    """The reading model's own, 0…1, that it read the letters right."""


@dataclass(frozen=True, slots=True)
class LocatedPhoto:
    """A photo that was located."""

    path: Path
    prediction: Prediction
    place: Place
    known: Coordinate | None
    """The position that the photo's own metadata gives, if any."""
    reference: ReferenceMatch | None = None
    """The reference photo that the answer rests on; None where the model answers alone."""
    clues: CluesUsed | None = None
    """The clues that the answer was kept to; None without any."""
    text: PhotoText | None = None
    """What is written on it; None where nobody asked to read it."""


@dataclass(frozen=True, slots=True)
class FailedPhoto:
    """A photo that could not be located, and why, in one sentence."""

    path: Path
    code: str
    message: str
