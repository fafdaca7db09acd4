"""Values of the reference collection: photos, where their positions are from, and what an update
did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import numpy as np

from geoguess_app.core.calibration.model import logistic
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.format import count
from geoguess_app.core.types import Coordinate, FloatArray


class CollectionError(GeoGuessError):
    """A collection that cannot be opened, kept or added to."""


class PositionSource(StrEnum):
    """The source of a reference photo's position."""

    EXIF = "exif"
    XMP = "xmp"
    """XMP inside the photo."""
    SIDECAR = "sidecar"
    TAKEOUT = "takeout"
    HAND = "by hand"
    TRACK = "track"
    """A recorded GPS track, matched by time."""


class LeftOutReason(StrEnum):
    """The reason for which a photo is no reference."""

    NO_POSITION = "no position"
    ESTIMATE = "estimate"
    UNUSABLE = "unusable"
    UNREADABLE = "unreadable"


_REASONS = {
    LeftOutReason.NO_POSITION: "without a position",
    LeftOutReason.ESTIMATE: "with only an estimate of GeoGuess's own",
    LeftOutReason.UNUSABLE: "with an unusable position",
    LeftOutReason.UNREADABLE: "that cannot be read",
}


@dataclass(frozen=True, slots=True)
class FileStamp:
    """The marks by which a file is recognised as unchanged."""

    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A located photo of the user's own, as the collection keeps it."""

    path: Path
    stamp: FileStamp
    content: str
    """Its ``picture_key``: the same for copies, and after it was moved or tagged."""
    coordinate: Coordinate
    taken: datetime | None
    """Local time, without a time zone."""
    source: PositionSource


@dataclass(frozen=True, slots=True)
class NearReference:
    """A reference photo that looks like another photo."""

    reference: Reference
    similarity: float
    """Cosine similarity in the feature space that was searched."""


@dataclass(slots=True)
class UpdateTally:
    """A count of what one update has done so far."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    forgotten: int = 0
    unchanged: int = 0
    embedded: int = 0
    """Photos that the network has looked at, also known ones in a new feature space."""
    left_out: Counter[LeftOutReason] = field(default_factory=Counter)
    unreachable: list[Path] = field(default_factory=list)
    """Folders that could not be opened: their photos stay in the collection."""

    def sentences(self) -> list[str]:
        """Say it: one sentence for what was done, one for each cause of leaving out."""
        parts = [
            f"{number:,} {word}"
            for number, word in (
                (self.added, "added"),
                (self.changed, "changed"),
                (self.moved, "moved"),
                (self.forgotten, "removed"),
                (self.unchanged, "unchanged"),
            )
            if number
        ]
        told = [f"Reference photos: {', '.join(parts) or 'none'}."]
        told += left_out_sentences(self.left_out)
        told += [
            f"{folder} cannot be opened; its photos stay in the collection."
            for folder in self.unreachable
        ]
        return told


def left_out_sentences(left_out: Counter[LeftOutReason]) -> list[str]:
    """Say how many photos are no references, one sentence for each reason."""
    return [
        f"Left out: {count(number, 'photo', 'photos')} {_REASONS[reason]}."
        for reason, number in left_out.most_common()
        if number
    ]


@dataclass(frozen=True, slots=True)
class UpdateProgress:
    """The state of an update between two photos."""

    done: int
    total: int | None
    """None while the folders are searched."""
    tally: UpdateTally


@dataclass(frozen=True, slots=True)
class ReferenceSpace:
    """A space in which photos are compared: the features of one trunk through one projection."""

    key: str
    """Hash of all that a photo's vector depends on."""
    name: str
    """As people call it, such as "Starter 2.1"."""
    size: int
    """Numbers a photo."""
    model: str = ""
    """Path of the bundle that makes the vectors, or of the eye; empty for the starter."""

    @property
    def is_eye(self) -> bool:
        """Tell whether its vectors are those of an eye, not of a model that locates."""
        return self.model.endswith(".onnx")


NEAR_KM = 1.0
"""A look-alike is right where it was taken within this distance."""


@dataclass(frozen=True, slots=True)
class LookAlikeTrust:
    """Trust in the most alike photo of one collection, in one feature space: whether it was taken
    within 1 km, logistic in the similarity."""

    bias: float
    similarity: float
    distances_km: tuple[float, ...]
    """Within these the shares ``DISTANCE_SHARES`` of those that are right were taken."""

    def share(self, similarity: float) -> float:
        """P(the most alike reference photo was taken within 1 km)."""
        return float(logistic(np.asarray(self.bias + self.similarity * similarity)))

    def within(self, radii_km: FloatArray) -> FloatArray:
        """Give the share of those that are right within each radius; 1 from 1 km on."""
        knots = np.maximum.accumulate([_LEAST_KM, *self.distances_km, NEAR_KM])
        rising = np.log(knots * (1.0 + 1e-9 * np.arange(len(knots))))
        found = np.interp(np.log(radii_km), rising, [0.0, *DISTANCE_SHARES, 1.0])
        return np.asarray(np.where(radii_km >= NEAR_KM, 1.0, found))


DISTANCE_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
_LEAST_KM = 0.005


@dataclass(frozen=True, slots=True)
class CollectionCounts:
    """The size of the collection."""

    photos: int
    folders: int
    size_bytes: int
    """On disk, everything together."""
    left_out: Counter[LeftOutReason]
    spaces: tuple[tuple[ReferenceSpace, int], ...]
    """Feature spaces, the one used last first, with the photos that have a vector there."""
