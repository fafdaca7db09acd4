"""The measurement of one photo file, in a worker process."""

from __future__ import annotations

import warnings
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.photos.file_position import FilePosition, PositionState
from geoguess_app.photos.known_position import embedded_position
from geoguess_app.photos.metadata import read_metadata
from trainer.data.picture_hash import (
    SHARPNESS_SIDE,
    difference_hash,
    grey,
    perceptual_hash,
    sharpness,
)

MEASURE_VERSION = 3
"""Counts up whenever a measurement changes, so that old ones are not taken from a cache."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The measurement of a photo; ``code`` is empty unless it cannot be read."""

    code: str = ""
    message: str = ""
    width_px: int = 0
    height_px: int = 0
    sharpness: float = 0.0
    perceptual_hash: int = 0
    difference_hash: int = 0
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    """Where the photo itself says that it was taken, in EXIF or XMP."""
    position_unusable: bool = False
    position_estimate: bool = False
    """GeoGuess wrote it: nothing can be learned from it."""
    taken: str | None = None
    """Local time as ISO 8601, to the second."""
    fixed_utc: str | None = None
    camera: str | None = None

    def to_row(self) -> tuple[Any, ...]:
        """Give the row of a database, whose whole numbers are signed."""
        values = list(astuple(self))
        for index in _HASHES:
            values[index] -= (values[index] >> 63) << 64
        return tuple(values)

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Measurement:
        """The opposite of ``to_row``."""
        values = list(row)
        for index in _HASHES:
            values[index] &= (1 << 64) - 1
        for index in _FLAGS:
            values[index] = bool(values[index])
        return cls(*values)


MEASURED = tuple(field.name for field in fields(Measurement))
_HASHES = (MEASURED.index("perceptual_hash"), MEASURED.index("difference_hash"))
_FLAGS = (MEASURED.index("position_unusable"), MEASURED.index("position_estimate"))


def measure_photo(path: str) -> Measurement:
    """Measure a photo; one that cannot be read gives a Measurement with code and message."""
    with warnings.catch_warnings():
        # Pillow warns of damaged metadata; it counts as absent.
        warnings.simplefilter("ignore")
        try:
            return _measure(Path(path))
        except PhotoError as error:
            return Measurement(code=error.code, message=str(error))


def crash_measurement(path: str) -> Measurement:
    """Return what stands for a photo that brought down the process decoding it."""
    return Measurement(code="crashed", message=f"{Path(path).name} crashes the decoder; remove it.")


def position_facts(found: FilePosition | None) -> dict[str, Any]:
    """The fields of a Measurement that a judged position fills."""
    where = found.coordinate if found is not None else None
    state = found.state if found is not None else None
    return {
        "latitude_deg": where.latitude_deg if where is not None else None,
        "longitude_deg": where.longitude_deg if where is not None else None,
        "position_unusable": state is PositionState.UNUSABLE,
        "position_estimate": state is PositionState.ESTIMATE,
    }


def _measure(path: Path) -> Measurement:
    said = read_metadata(path)
    image = open_upright(path, min_side=2 * SHARPNESS_SIDE)
    picture = grey(image)
    # RAW headers do not tell their size; the preview's is the one that training would see.
    width, height = (said.width_px, said.height_px) if said.width_px else image.size
    return Measurement(
        width_px=width,
        height_px=height,
        sharpness=sharpness(picture),
        perceptual_hash=perceptual_hash(picture),
        difference_hash=difference_hash(picture),
        **position_facts(embedded_position(path, said)),
        taken=said.taken.isoformat(timespec="seconds") if said.taken else None,
        fixed_utc=said.fixed_utc.isoformat(timespec="seconds") if said.fixed_utc else None,
        camera=said.camera,
    )
