"""Photos and decisions of a session as JSON and back. Raises ValueError for what is neither."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from geoguess_app.core.records.forms import decode, encode
from geoguess_app.core.records.marks import OmitDefault, Row, Via
from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import (
    Decision,
    Failure,
    ReviewedFileIdentity,
    ReviewPhoto,
    StoredAnswer,
    StoredPosition,
)

_Offset = Annotated[timedelta, Via(float, lambda s: timedelta(seconds=s), timedelta.total_seconds)]


@dataclass(frozen=True, slots=True)
class _Facts:
    """All of a photo but number, path and decision."""

    file: Annotated[ReviewedFileIdentity, Row()] | None
    taken: datetime | None
    known: Annotated[Coordinate, Row()] | None
    estimate: bool
    answer: StoredAnswer | None
    failure: Annotated[Failure, Row()] | None
    saved: StoredPosition | None
    # Absent in reviews of earlier programs.
    offset: _Offset | None = None
    trip: StoredAnswer | None = None
    problem: Annotated[str, OmitDefault()] = ""


def facts_to_json(photo: ReviewPhoto) -> str:
    """Return all of a photo but number, path and decision as JSON."""
    return _dumps(
        _Facts(
            photo.identity,
            photo.taken,
            photo.known,
            photo.carries_estimate,
            photo.answer,
            photo.failure,
            photo.saved,
            photo.utc_offset,
            photo.trip,
            photo.position_problem,
        )
    )


def photo_from_json(number: int, path: Path, facts: str, decision: str | None) -> ReviewPhoto:
    """Read the photo of one row."""
    found = decode(_Facts, json.loads(facts), ignore_unknown=True)
    return ReviewPhoto(
        number,
        path,
        found.file,
        found.taken,
        found.known,
        found.estimate,
        found.answer,
        found.failure,
        found.saved,
        decision_from_json(decision),
        found.offset,
        found.trip,
        found.problem,
    )


def decision_to_json(decision: Decision) -> str | None:
    """Return a decision as JSON; None for a photo that nobody decided about."""
    return None if decision == _UNDECIDED else _dumps(decision)


def decision_from_json(text: str | None) -> Decision:
    """Read the decision in a text."""
    if text is None:
        return _UNDECIDED
    return decode(Decision, json.loads(text), complete=True, ignore_unknown=True)


_UNDECIDED = Decision()


def _dumps(value: object) -> str:
    return json.dumps(encode(value), separators=(",", ":"))
