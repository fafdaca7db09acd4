"""An answer as bytes and back: everything but the photo that it belongs to."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from geoguess_app.core.records import forms
from geoguess_app.core.records.marks import Range, Row
from geoguess_app.core.types import (
    Candidate,
    Conflict,
    Coordinate,
    FloatArray,
    Level,
    Neighbour,
    Place,
    Prediction,
    Radii,
    SceneProbabilities,
)

CODEC_VERSION = 2
_NEGLIGIBLE = 1e-7
"""Probabilities below are stored as 0: thousands of them say nothing and cost most of the space."""
_EMBEDDING = "embedding"
_SCENES = ("s3", "s16", "s365")
_SAME = (
    "coordinate",
    "radii",
    "confidence",
    "level",
    "candidates",
    "conflict",
    "network",
    "neighbours",
    "model",
)
"""What the head has as the prediction has it."""


@dataclass(frozen=True, slots=True)
class _Head:
    """All but the probabilities of cells and scenes, whose names and sizes it lists."""

    coordinate: Annotated[Coordinate, Row()]
    radii: Annotated[Radii, Row()]
    confidence: float
    level: Level
    candidates: tuple[Annotated[Candidate, Row()], ...]
    conflict: Annotated[Conflict, Row()] | None
    network: str
    neighbours: tuple[Annotated[Neighbour, Row()], ...]
    model: str
    place: Annotated[Place, Row()]
    arrays: tuple[tuple[str, Annotated[int, Range(0, 10**9)]], ...]


def encode(prediction: Prediction, place: Place) -> bytes:
    """Positions and radii exactly, probabilities of cells and scenes as 32-bit floats."""
    arrays = {f"cell/{name}": values for name, values in prediction.cell_probabilities.items()}
    if prediction.scene is not None:
        arrays |= {f"scene/{name}": getattr(prediction.scene, name) for name in _SCENES}
    if prediction.embedding is not None:
        arrays[_EMBEDDING] = prediction.embedding
    listing = tuple((name, int(values.size)) for name, values in arrays.items())
    same = {name: getattr(prediction, name) for name in _SAME}
    head = json.dumps(forms.encode(_Head(**same, place=place, arrays=listing))).encode()
    body = b"".join(_packed(name, values) for name, values in arrays.items())
    return struct.pack("<I", len(head)) + zlib.compress(head + body, 6)


def decode(data: bytes) -> tuple[Prediction, Place]:
    """The answer and its place; raises ValueError for bytes that are none."""
    try:
        length = struct.unpack("<I", data[:4])[0]
        content = zlib.decompress(data[4:])
    except (struct.error, zlib.error) as problem:
        raise ValueError("no stored answer") from problem
    head = forms.decode(_Head, json.loads(content[:length]))
    arrays = _arrays(head.arrays, content[length:])
    scene = [arrays[f"scene/{name}"] for name in _SCENES if f"scene/{name}" in arrays]
    prediction = Prediction(
        **{name: getattr(head, name) for name in _SAME},
        scene=SceneProbabilities(*scene) if len(scene) == len(_SCENES) else None,
        embedding=_vector(arrays.get(_EMBEDDING)),
        cell_probabilities={
            name.removeprefix("cell/"): values
            for name, values in arrays.items()
            if name.startswith("cell/")
        },
    )
    return prediction, head.place


def _packed(name: str, values: FloatArray) -> bytes:
    if name != _EMBEDDING:
        values = np.where(values < _NEGLIGIBLE, 0.0, values)
    return values.astype("<f4").tobytes()


def _vector(values: FloatArray | None) -> np.ndarray | None:
    return None if values is None else values.astype(np.float32)


def _arrays(listing: tuple[tuple[str, int], ...], body: bytes) -> dict[str, FloatArray]:
    result, start = {}, 0
    for name, size in listing:
        result[name] = np.frombuffer(body, "<f4", size, start).astype(np.float64)
        start += 4 * size
    return result
