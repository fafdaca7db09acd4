"""Photos and decisions of a session as JSON and back. Raises ValueError for what is neither."""

from __future__ import annotations

import base64
import functools
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from geoguess_app.core.area.areas import Area, Box, Countries, Country, Ring
from geoguess_app.core.errors import SessionError
from geoguess_app.core.types import Coordinate, Level, Place, Radii
from geoguess_app.review.values import (
    AnswerSummary,
    ChosenPosition,
    Decision,
    Failure,
    Origin,
    ReviewedFileIdentity,
    ReviewPhoto,
    ReviewVerdict,
    packed_of_earlier,
)

_A = TypeVar("_A")
_B = TypeVar("_B")

# A holiday has thousands of photos and a dozen places: one object each.
_place = functools.lru_cache(maxsize=1 << 14)(Place)


def facts_to_json(photo: ReviewPhoto) -> str:
    """All but number, path and decision."""
    identity, failure = photo.identity, photo.failure
    return _dumps(
        {
            "file": [identity.size_bytes, identity.mtime_ns] if identity else None,
            "taken": photo.taken.isoformat() if photo.taken else None,
            "known": _maybe(_pair, photo.known),
            "estimate": photo.carries_estimate,
            "answer": _maybe(_answer, photo.answer),
            "failure": [failure.code, failure.message] if failure else None,
            "saved": _maybe(_chosen, photo.saved),
            "offset": photo.utc_offset.total_seconds() if photo.utc_offset is not None else None,
            "trip": _maybe(_answer, photo.trip),
        }
    )


def photo_from_json(number: int, path: Path, facts: str, decision: str | None) -> ReviewPhoto:
    """The photo of one row."""
    try:
        row = json.loads(facts)
        return ReviewPhoto(
            number,
            path,
            ReviewedFileIdentity(*row["file"]) if row["file"] else None,
            _maybe(datetime.fromisoformat, row["taken"]),
            _coordinate_or_none(row["known"]),
            bool(row["estimate"]),
            _maybe(_to_answer, row["answer"]),
            Failure(*row["failure"]) if row["failure"] else None,
            _maybe(_to_chosen, row["saved"]),
            decision_from_json(decision),
            # Absent in reviews of earlier programs.
            _maybe(_seconds, row.get("offset")),
            _maybe(_to_answer, row.get("trip")),
        )
    except (KeyError, TypeError, IndexError, AttributeError) as problem:
        raise ValueError("no photo of a session") from problem


def decision_to_json(decision: Decision) -> str | None:
    """None for a photo that nobody decided about."""
    if decision == _UNDECIDED:
        return None
    return _dumps(
        {
            "verdict": decision.verdict.value,
            "chosen": _maybe(_chosen, decision.chosen),
            "area": _area(decision.area) if decision.area is not None else None,
            "narrowed": _maybe(_answer, decision.narrowed),
            "replace": decision.replace_gps,
            **({"removed": True} if decision.removed else {}),
        }
    )


def decision_from_json(text: str | None) -> Decision:
    """The decision in a text."""
    if text is None:
        return _UNDECIDED
    try:
        row = json.loads(text)
        return Decision(
            ReviewVerdict(row["verdict"]),
            _maybe(_to_chosen, row["chosen"]),
            _maybe(_to_area, row["area"]),
            _maybe(_to_answer, row["narrowed"]),
            bool(row["replace"]),
            # Absent in reviews of earlier programs, and for the many photos that stay.
            bool(row.get("removed", False)),
        )
    except (KeyError, TypeError, IndexError, AttributeError, SessionError) as problem:
        raise ValueError("no decision of a session") from problem


_UNDECIDED = Decision()


def _dumps(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _maybe(convert: Callable[[_A], _B], value: _A | None) -> _B | None:
    return None if value is None else convert(value)


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def _pair(coordinate: Coordinate) -> list[float]:
    return [coordinate.latitude_deg, coordinate.longitude_deg]


def _coordinate_or_none(values: list[float] | None) -> Coordinate | None:
    return None if values is None else Coordinate(*values)


def _names(place: Place) -> list[Any]:
    return [place.city, place.region, place.country, place.country_code, place.distance_km]


def _chosen(chosen: ChosenPosition) -> list[Any]:
    where, names = _pair(chosen.coordinate), _names(chosen.place)
    return [where, chosen.radius_km, chosen.origin.value, chosen.model, chosen.rank, names]


def _to_chosen(row: list[Any]) -> ChosenPosition:
    where, radius_km, origin, model, rank, names = row
    return ChosenPosition(
        Coordinate(*where), radius_km, Origin(origin), sys.intern(model), rank, _place(*names)
    )


def _answer(answer: AnswerSummary) -> list[Any]:
    radii = answer.radii
    return [
        _pair(answer.coordinate),
        [radii.r50_km, radii.r80_km, radii.r95_km],
        answer.confidence,
        answer.level.value,
        _names(answer.place),
        answer.model,
        list(answer.keywords),
        answer.similarity,
        base64.b64encode(answer.packed).decode("ascii"),
        *([list(answer.supporters)] if answer.supporters else []),
    ]


def _to_answer(row: list[Any]) -> AnswerSummary:
    where, radii, confidence, level, names, model, keywords, similarity, packed, *more = row
    return AnswerSummary(
        Coordinate(*where),
        Radii(*radii),
        confidence,
        Level(level),
        _place(*names),
        sys.intern(model),
        tuple(map(sys.intern, keywords)),
        similarity,
        packed_of_earlier(base64.b64decode(packed, validate=True), confidence),
        tuple(map(int, more[0])) if more else (),
    )


def _area(area: Area) -> dict[str, Any]:
    if isinstance(area, Country):
        return {"country": area.code}
    if isinstance(area, Countries):
        return {"countries": list(area.codes)}
    if isinstance(area, Box):
        return {"box": [area.south_deg, area.west_deg, area.north_deg, area.east_deg]}
    return {"ring": [list(corner) for corner in area.corners]}


def _to_area(row: dict[str, Any]) -> Area:
    if "country" in row:
        return Country(row["country"])
    if "countries" in row:
        return Countries(tuple(row["countries"]))
    if "box" in row:
        return Box(*row["box"])
    return Ring(tuple((float(lat), float(lon)) for lat, lon in row["ring"]))
