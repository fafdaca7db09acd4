"""An answer as bytes and back: everything but the photo that it belongs to."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
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
_LIKELIEST, _ALL = 5, 16
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
    arrays = _probabilities(prediction)
    if prediction.embedding is not None:
        arrays[_EMBEDDING] = prediction.embedding
    head = _head(prediction, place, arrays).encode()
    body = b"".join(_packed(name, values) for name, values in arrays.items())
    return struct.pack("<I", len(head)) + zlib.compress(head + body, 6)


def encode_likeliest(prediction: Prediction, place: Place) -> str:
    """Write an answer exactly, as JSON, but of the probabilities of cells and scenes only the five
    likeliest (of the groups of scenes all): for millions of answers."""
    arrays = _probabilities(prediction)
    kept = {}
    for name, values in arrays.items():
        least = np.partition(values, -_LIKELIEST)[-_LIKELIEST] if values.size > _ALL else 0.0
        chosen = np.flatnonzero((values >= least) & (values > 0))
        kept[name] = [chosen.tolist(), values[chosen].tolist()]
    return f"[{_head(prediction, place, arrays)}, {json.dumps(kept)}]"


def _probabilities(prediction: Prediction) -> dict[str, np.ndarray]:
    arrays = {f"cell/{name}": values for name, values in prediction.cell_probabilities.items()}
    if prediction.scene is not None:
        arrays |= {f"scene/{name}": getattr(prediction.scene, name) for name in _SCENES}
    return arrays


def _head(prediction: Prediction, place: Place, arrays: Mapping[str, np.ndarray]) -> str:
    listing = tuple((name, int(values.size)) for name, values in arrays.items())
    same = {name: getattr(prediction, name) for name in _SAME}
    return json.dumps(forms.encode(_Head(**same, place=place, arrays=listing)))


def decode(data: bytes) -> tuple[Prediction, Place]:
    """The answer and its place; raises ValueError for bytes that are none."""
    try:
        length = struct.unpack("<I", data[:4])[0]
        content = zlib.decompress(data[4:])
    except (struct.error, zlib.error) as problem:
        raise ValueError("no stored answer") from problem
    head = forms.decode(_Head, json.loads(content[:length]))
    return _answer(head, _arrays(head.arrays, content[length:]))


def decode_likeliest(text: str) -> tuple[Prediction, Place]:
    """The answer that ``encode_likeliest`` wrote, its other probabilities 0; raises ValueError for
    a text that is none."""
    try:
        found, kept = json.loads(text)
        head = forms.decode(_Head, found)
        arrays = {name: np.zeros(size) for name, size in head.arrays}
        for name, (chosen, values) in kept.items():
            arrays[name][chosen] = values
    except (AttributeError, IndexError, KeyError, TypeError) as problem:
        raise ValueError("no stored answer") from problem
    return _answer(head, arrays)


def _answer(head: _Head, arrays: Mapping[str, FloatArray]) -> tuple[Prediction, Place]:
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
