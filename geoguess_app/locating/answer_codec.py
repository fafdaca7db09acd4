"""An answer as bytes and back: everything but the photo that it belongs to."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np

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
_SCENES = ("s3", "s16", "s365")


def encode(prediction: Prediction, place: Place) -> bytes:
    """Positions and radii exactly, probabilities of cells and scenes as 32-bit floats."""
    arrays = {f"cell/{name}": values for name, values in prediction.cell_probabilities.items()}
    if prediction.scene is not None:
        arrays |= {f"scene/{name}": getattr(prediction.scene, name) for name in _SCENES}
    head = json.dumps(
        {
            "coordinate": _pair(prediction.coordinate),
            "radii": [prediction.radii.r50_km, prediction.radii.r80_km, prediction.radii.r95_km],
            "confidence": prediction.confidence,
            "level": prediction.level.value,
            "candidates": [_candidate(c) for c in prediction.candidates],
            "conflict": [
                _candidate(c) for c in (prediction.conflict.coarse, prediction.conflict.fine)
            ]
            if prediction.conflict is not None
            else None,
            "network": prediction.network,
            "neighbours": [
                [n.bank_index, _pair(n.coordinate), n.similarity] for n in prediction.neighbours
            ],
            "model": prediction.model,
            "place": [
                place.city,
                place.region,
                place.country,
                place.country_code,
                place.distance_km,
            ],
            "arrays": [[name, int(values.size)] for name, values in arrays.items()],
        }
    ).encode()
    body = b"".join(_thinned(values).tobytes() for values in arrays.values())
    return struct.pack("<I", len(head)) + zlib.compress(head + body, 6)


def decode(data: bytes) -> tuple[Prediction, Place]:
    """The answer and its place; raises ValueError for bytes that are none."""
    try:
        length = struct.unpack("<I", data[:4])[0]
        content = zlib.decompress(data[4:])
        head = json.loads(content[:length])
        arrays = _arrays(head["arrays"], content[length:])
        return _prediction(head, arrays), Place(*head["place"])
    except (KeyError, TypeError, IndexError, struct.error, zlib.error) as problem:
        raise ValueError("no stored answer") from problem


def _thinned(values: FloatArray) -> np.ndarray:
    return np.where(values < _NEGLIGIBLE, 0.0, values).astype("<f4")


def _arrays(listing: list[list[Any]], body: bytes) -> dict[str, FloatArray]:
    result, start = {}, 0
    for name, size in listing:
        result[name] = np.frombuffer(body, "<f4", size, start).astype(np.float64)
        start += 4 * size
    return result


def _prediction(head: dict[str, Any], arrays: dict[str, FloatArray]) -> Prediction:
    conflict = head["conflict"]
    scene = [arrays[f"scene/{name}"] for name in _SCENES if f"scene/{name}" in arrays]
    return Prediction(
        coordinate=Coordinate(*head["coordinate"]),
        radii=Radii(*head["radii"]),
        confidence=head["confidence"],
        level=Level(head["level"]),
        candidates=tuple(_candidate_from(values) for values in head["candidates"]),
        conflict=Conflict(*map(_candidate_from, conflict)) if conflict else None,
        scene=SceneProbabilities(*scene) if scene else None,
        network=head["network"],
        cell_probabilities={
            name.removeprefix("cell/"): values
            for name, values in arrays.items()
            if name.startswith("cell/")
        },
        neighbours=tuple(
            Neighbour(index, Coordinate(*where), similarity)
            for index, where, similarity in head["neighbours"]
        ),
        model=head["model"],
    )


def _pair(coordinate: Coordinate) -> list[float]:
    return [coordinate.latitude_deg, coordinate.longitude_deg]


def _candidate(one: Candidate) -> list[Any]:
    where = _pair(one.coordinate)
    return [one.rank, one.cell, one.cell_index, where, one.probability, one.weight]


def _candidate_from(values: list[Any]) -> Candidate:
    rank, cell, index, where, probability, weight = values
    return Candidate(rank, cell, index, Coordinate(*where), probability, weight)
