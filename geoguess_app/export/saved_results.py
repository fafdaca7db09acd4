"""Results that ``geoguess locate --format jsonl`` saved, read back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.cells.ids import ids_from_tokens
from geoguess_app.core.cells.shapes import drawable_rings
from geoguess_app.core.clues.clue import describe, parse_clue
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.errors import ClueError, GeoGuessError, TableError
from geoguess_app.core.types import (
    Candidate,
    CluesUsed,
    Conflict,
    Coordinate,
    FailedPhoto,
    FloatArray,
    Level,
    LocatedPhoto,
    Place,
    Prediction,
    Radii,
    ReferenceMatch,
    SceneProbabilities,
)

SUFFIXES = (".jsonl", ".ndjson")
_POINTS_PER_EDGE = 4
_UNKNOWN_CELL = -1
_SENSELESS = (
    *(ValueError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, RecursionError),  # numbers beyond all measure, lists in lists without end
)


def read_results(file: Path) -> Iterator[LocatedPhoto | FailedPhoto]:
    """The results in a file, one a line. Photos named relatively are sought in the present folder,
    then beside the file. Raises TableError for what is no such file."""
    try:
        with file.open(encoding="utf-8", errors="surrogateescape") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _result(line, number, file)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise TableError(f"Cannot read {str(file)!r}: {reason}.", code="unreadable") from problem


def _result(line: str, number: int, file: Path) -> LocatedPhoto | FailedPhoto:
    try:
        row = json.loads(line)
        path = _photo(row["file"], file)
        if row["status"] != "ok":
            return FailedPhoto(path, "saved", str(row["error"]))
        reference = _reference(row.get("reference"))
        clues = _clues(row.get("clues"))
        return LocatedPhoto(path, _prediction(row), _place(row["place"]), None, reference, clues)
    except (*_SENSELESS, GeoGuessError) as problem:
        raise TableError(
            f"Line {number} of {file.name!r} is not a result of geoguess locate --format jsonl.",
            code="not-a-result",
        ) from problem


def _place(row: Mapping[str, Any]) -> Place:
    city, region, country, code = (row[x] for x in ("city", "region", "country", "country_code"))
    return Place(str(city), str(region), str(country), str(code))


def _clues(row: Mapping[str, Any] | None) -> CluesUsed | None:
    """The clues that the answer was kept to; none in results of earlier programs."""
    if row is None:
        return None
    used = tuple(str(text) for text in row["used"])
    words = tuple(clue_words(text) for text in used)
    return CluesUsed(used, words, float(row["probability_left"]), bool(row["contradict"]))


def clue_words(text: str) -> str:
    """Say a clue in words; as it is written where this program does not know it."""
    try:
        return describe(parse_clue(text))
    except ClueError:
        return text


def _reference(row: Mapping[str, Any] | None) -> ReferenceMatch | None:
    """The reference photo; none in results of earlier programs."""
    if row is None:
        return None
    taken = datetime.fromisoformat(row["taken"]) if row["taken"] else None
    matches, chance = int(row["matches"]), float(row["probability"])
    return ReferenceMatch(Path(row["file"]), _coordinate(row), taken, matches, chance)


def _photo(name: str, file: Path) -> Path:
    path = Path(name)
    if path.is_absolute() or path.exists():
        return path
    beside = file.parent / path
    return beside if beside.exists() else path


def _prediction(row: Mapping[str, Any]) -> Prediction:
    radii = (_number(row["radius_km"][share]) for share in ("50", "80", "95"))
    scene, conflict = row["scene"], row["conflict"]
    ranked = enumerate(row["candidates"], start=1)
    return Prediction(
        coordinate=_coordinate(row),
        radii=Radii(*radii),
        confidence=_number(row["confidence"]),
        level=Level(row["level"]),
        candidates=tuple(_candidate(rank, candidate) for rank, candidate in ranked),
        conflict=Conflict(_candidate(1, conflict["coarse"]), _candidate(1, conflict["fine"]))
        if conflict is not None
        else None,
        scene=_scene(scene) if scene is not None else None,
        network=str(row["network"]),
        cell_probabilities={},
        neighbours=(),
        model=str(row["model"]),
    )


def _number(value: float | None) -> float:
    """JSON has no infinity: radii without end are saved as null."""
    return math.inf if value is None else float(value)


def _coordinate(row: Mapping[str, Any]) -> Coordinate:
    return Coordinate(float(row["latitude"]), float(row["longitude"]))


def _candidate(rank: int, row: Mapping[str, Any]) -> Candidate:
    token = str(row["cell"])
    ids_from_tokens([token])  # says where it is none
    where, chance = _coordinate(row), float(row["probability"])
    # Earlier programs wrote the weight alone, and called it probability.
    weight = float(row.get("weight", chance))
    return Candidate(rank, token, _UNKNOWN_CELL, where, chance, weight)


def _scene(row: Mapping[str, Any]) -> SceneProbabilities:
    table = scene_table()
    likeliest = {entry["label"]: entry["probability"] for entry in row["s365"]}
    return SceneProbabilities(
        _by_name(row["s3"], table.s3_names),
        _by_name(row["s16"], table.s16_names),
        _by_name(likeliest, table.labels),
    )


def _by_name(values: Mapping[str, float], names: Sequence[str]) -> FloatArray:
    return np.array([float(values.get(name) or 0.0) for name in names])


class CandidateOutlines:
    """Outlines of the candidates' cells: all that a saved result knows of its probabilities."""

    def credible(self, result: LocatedPhoto, mass: float) -> list[tuple[FloatArray, float]]:
        """Outline cells as ``CellOutlines.credible`` does; where the candidates hold less than
        ``mass``, all of them."""
        candidates = [c for c in result.prediction.candidates if c.weight > 0]
        candidates.sort(key=lambda candidate: -candidate.weight)
        held = np.cumsum([c.weight for c in candidates])
        chosen = candidates[: int(np.searchsorted(held, mass * (1 - 1e-9))) + 1]
        if not chosen:
            return []
        rings = drawable_rings(ids_from_tokens(c.cell for c in chosen), _POINTS_PER_EDGE)
        return [(ring, c.weight) for ring, c in zip(rings, chosen, strict=True)]
