"""Values of a session: what it knows of a photo, and what was decided about it; all frozen."""

from __future__ import annotations

import functools
import struct
import sys
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from geoguess_app.core.area.areas import Area
from geoguess_app.core.area.stored import StoredArea
from geoguess_app.core.calibration.candidates import candidate_probabilities
from geoguess_app.core.records.marks import Key, OmitDefault, Row, Via
from geoguess_app.core.types import (
    Candidate,
    Coordinate,
    DistanceKm,
    Level,
    Place,
    Radii,
    ReferenceMatch,
)

_CANDIDATE = struct.Struct("<Qidddd")
_EARLIER_CANDIDATE = struct.Struct("<Qiddd")
_NO_PLACE = Place("", "", "", "")


@functools.lru_cache(maxsize=1 << 14)
def _shared(place: Place) -> Place:
    return place


# A holiday has thousands of photos and a dozen places: one object each.
SharedText = Annotated[str, Via(str, sys.intern, str)]
SharedPlace = Annotated[Place, Via(Place, _shared, lambda place: place)]


class State(StrEnum):
    """The state of a photo in the review."""

    WAITING = "waiting"
    LOCATED = "located"
    ACCEPTED = "accepted"
    PLACED = "placed by hand"
    REJECTED = "rejected"
    HAS_GPS = "skipped, has GPS"
    FAILED = "failed"
    SAVED = "saved"


class Origin(StrEnum):
    """The origin of a chosen position."""

    ESTIMATE = "estimate"
    CANDIDATE = "candidate"
    AREA = "area"
    MANUAL = "manual"
    PASTED = "pasted"
    TRACK = "track"


class ReviewVerdict(StrEnum):
    """The verdict of the user on a photo."""

    OPEN = "open"
    ACCEPTED = "accepted"
    PLACED = "placed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ReviewedFileIdentity:
    """The marks by which a file is recognised as unchanged since it was looked at."""

    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason for which a photo has no answer."""

    code: str
    message: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """A prediction without its distributions: fifty thousand of them fit into memory."""

    coordinate: Coordinate
    radii: Radii
    confidence: float
    """Probability, 0…1, of being right within 25 km."""
    level: Level
    place: SharedPlace
    model: SharedText
    keywords: tuple[SharedText, ...] = ()
    """Scene labels, as the writer takes them."""
    similarity: float = 0.0
    """Of the most alike training photo; the calibration wants it when an area is chosen."""
    packed: bytes = b""
    """The candidates: cell id, class, latitude, longitude, probability and weight of each."""
    supporters: Annotated[tuple[int, ...], OmitDefault()] = ()
    """Numbers of the photos of the same trip that speak most for this answer, best first."""
    reference: Annotated[Annotated[ReferenceMatch, Row()] | None, OmitDefault()] = None
    """The reference photo that the answer rests on."""

    @property
    def is_match(self) -> bool:
        """Tell whether matching points with a reference photo prove the place."""
        return self.level is Level.SAME_PLACE

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Possible places by rank, from 1."""
        return tuple(
            Candidate(rank, format(cell, "016x").rstrip("0"), index, Coordinate(lat, lon), *shares)
            for rank, (cell, index, lat, lon, *shares) in enumerate(
                _CANDIDATE.iter_unpack(self.packed), start=1
            )
        )


@dataclass(frozen=True, slots=True)
class LocatingResult:
    """The result of locating a photo, as far as a session keeps it."""

    path: Path
    answer: AnswerSummary
    known: Coordinate | None
    """The position that the photo itself carries."""


def pack(candidates: tuple[Candidate, ...]) -> bytes:
    """Candidates as ``AnswerSummary.packed``; their ranks follow from their order."""
    return b"".join(
        _CANDIDATE.pack(
            int(c.cell.ljust(16, "0"), 16),
            c.cell_index,
            c.coordinate.latitude_deg,
            c.coordinate.longitude_deg,
            c.probability,
            c.weight,
        )
        for c in candidates
    )


def _of_today(answer: AnswerSummary) -> AnswerSummary:
    """An answer of this or an earlier program.

    Earlier ones kept the weight of candidates alone, in 36 bytes instead of 44; with ten
    candidates at most the length tells which it was.
    """
    if len(answer.packed) % _CANDIDATE.size == 0:
        return answer
    if len(answer.packed) % _EARLIER_CANDIDATE.size:
        raise ValueError("candidates of another size")
    rows = list(_EARLIER_CANDIDATE.iter_unpack(answer.packed))
    found = candidate_probabilities(answer.confidence, [row[-1] for row in rows], 1.0)
    return replace(
        answer,
        packed=b"".join(
            _CANDIDATE.pack(*row[:-1], p, row[-1]) for row, p in zip(rows, found, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True)
class ChosenPosition:
    """The position that a photo shall get."""

    coordinate: Coordinate
    radius_km: DistanceKm | None
    """Holds the truth with 80% probability; None: nobody knows."""
    origin: Origin
    model: SharedText = ""
    """Whose estimate this is; empty where a person or a receiver says so."""
    rank: int | None = None
    """Of the candidate, where one was picked."""
    place: SharedPlace = _NO_PLACE
    match: Annotated[bool, OmitDefault()] = False
    """A reference photo of the same place gave it."""


StoredAnswer = Annotated[
    AnswerSummary,
    Via(Annotated[AnswerSummary, Row()], _of_today, lambda answer: answer, "an answer"),
]
StoredPosition = Annotated[ChosenPosition, Row()]


@dataclass(frozen=True, slots=True)
class Decision:
    """All that the user did to one photo; undo and redo swap whole decisions."""

    verdict: ReviewVerdict = ReviewVerdict.OPEN
    chosen: StoredPosition | None = None
    area: StoredArea | None = None
    narrowed: StoredAnswer | None = None
    """The answer given that the photo was taken inside the area."""
    replace_gps: Annotated[bool, Key("replace")] = False
    """The user's permission, for this photo, to replace the position it has."""
    removed: Annotated[bool, OmitDefault()] = False
    """Taken off the list; only its number and steps still know it."""
    clues: Annotated[tuple[SharedText, ...], OmitDefault()] = ()
    """The clues that made the area, as the command line writes them."""
    searched: Annotated[StoredArea | None, OmitDefault()] = None
    """The area that a person chose, where clues came to it."""
    clues_left: Annotated[float, OmitDefault()] = 1.0
    """The probability, 0…1, that fits the clues and the area."""

    @property
    def own_area(self) -> Area | None:
        """Return the area that a person drew or chose, without the clues."""
        return self.searched if self.clues else self.area


@dataclass(frozen=True, slots=True)
class NarrowedAnswer:
    """An answer inside an area, which clues may have made; the fields are those of a decision."""

    answer: AnswerSummary
    area: Area
    clues: tuple[str, ...] = ()
    searched: Area | None = None
    clues_left: float = 1.0


@dataclass(frozen=True, slots=True)
class ReviewPhoto:
    """One photo of a session: facts, answer, decision."""

    id: int
    """Its number in the session, never given twice."""
    path: Path
    identity: ReviewedFileIdentity | None = None
    """None for a file that cannot be found."""
    taken: datetime | None = None
    """Local time, without a time zone."""
    known: Coordinate | None = None
    """The position that the file or a sidecar gives; never an estimate of this program."""
    carries_estimate: bool = False
    """The file or a sidecar carries an estimate that this program wrote."""
    answer: AnswerSummary | None = None
    failure: Failure | None = None
    saved: ChosenPosition | None = None
    """What was written into the file or its sidecar last."""
    decision: Decision = field(default_factory=Decision)
    utc_offset: timedelta | None = None
    """By how much ``taken`` is ahead of UTC, where the photo says so."""
    trip: AnswerSummary | None = None
    """The answer that its trip gives instead of its own; None where its own counts."""
    position_problem: str = ""
    """Why the position that the file or a sidecar gives cannot be used; empty where it can."""

    def decided(self, decision: Decision) -> ReviewPhoto:
        """The photo with another decision; written out, since steps concern tens of thousands."""
        return ReviewPhoto(
            self.id,
            self.path,
            self.identity,
            self.taken,
            self.known,
            self.carries_estimate,
            self.answer,
            self.failure,
            self.saved,
            decision,
            self.utc_offset,
            self.trip,
            self.position_problem,
        )

    @property
    def state(self) -> State:
        """Return where it stands; what the user decided comes before what the program found."""
        decided = self.decision
        if self.saved is not None and decided.chosen == self.saved and self.is_decided:
            return State.SAVED
        if decided.verdict is not ReviewVerdict.OPEN:
            return _STATES[decided.verdict]
        if self.failure is not None:
            return State.FAILED
        if self.known is not None and not decided.replace_gps:
            return State.HAS_GPS
        return State.LOCATED if self.answer is not None else State.WAITING

    @property
    def is_decided(self) -> bool:
        """Accepted or placed: a position is to be written."""
        return self.decision.verdict in (ReviewVerdict.ACCEPTED, ReviewVerdict.PLACED)

    @property
    def is_unsure(self) -> bool:
        """Tell whether what is proposed is a best guess of a model that cannot tell."""
        answer = self.current
        own = answer is not None and self.decision.chosen is None
        return own and answer is not None and answer.level is Level.CANNOT_TELL

    @property
    def is_match(self) -> bool:
        """Tell whether matching points with a reference photo prove the place proposed."""
        answer = self.current
        return answer is not None and answer.is_match and self.decision.chosen is None

    @property
    def current(self) -> AnswerSummary | None:
        """The answer that counts: the narrowed one, else the trip's, else the model's own."""
        return self.decision.narrowed or self.trip or self.answer

    @property
    def anchor(self) -> Coordinate | None:
        """Return where a person or a receiver says that it was taken: what other photos may rely
        on.

        Estimates are none, wherever they were pasted; nor is a position that shall be replaced. A
        reference photo that shows the same place counts as a receiver.
        """
        decided = self.decision
        if decided.verdict is ReviewVerdict.PLACED and decided.chosen and not decided.chosen.model:
            return decided.chosen.coordinate
        known = None if decided.replace_gps else self.known
        if known is None and decided.verdict is not ReviewVerdict.REJECTED and self.answer:
            return self.answer.coordinate if self.answer.is_match else None
        return known

    @property
    def proposed(self) -> ChosenPosition | None:
        """The position to show: the chosen one, else the answer's."""
        if self.decision.chosen is not None or self.current is None:
            return self.decision.chosen
        return proposal(self.current, narrowed=self.decision.narrowed is not None)

    @property
    def place(self) -> Place:
        """The place to show; without names where nothing is known."""
        shown = self.proposed
        return shown.place if shown is not None else _NO_PLACE


_STATES = {
    ReviewVerdict.ACCEPTED: State.ACCEPTED,
    ReviewVerdict.PLACED: State.PLACED,
    ReviewVerdict.REJECTED: State.REJECTED,
}


def proposal(answer: AnswerSummary, *, narrowed: bool) -> ChosenPosition:
    """Return what accepting an answer as it is means."""
    origin = Origin.AREA if narrowed else Origin.ESTIMATE
    return ChosenPosition(
        answer.coordinate,
        answer.radii.r80_km,
        origin,
        answer.model,
        place=answer.place,
        match=answer.is_match,
    )
