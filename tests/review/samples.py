"""Sessions of made-up photos; the real ones are in test_real_review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from geoguess_app.core.cells import leaf_ids, parents, tokens
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.types import Candidate, Coordinate, Level, Place, Radii
from geoguess_app.review.intake import FileFacts
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import AnswerSummary, ReviewedFileIdentity, pack

PARIS, LYON, OSLO = Coordinate(48.8566, 2.3522), Coordinate(45.76, 4.84), Coordinate(59.91, 10.75)
MODEL = "Sample 1.0"
PLACES = PlaceFinder()


def candidate(rank: int, where: Coordinate, probability: float) -> Candidate:
    """A candidate in the level-8 cell around a point."""
    leaf = leaf_ids([where.latitude_deg], [where.longitude_deg])
    return Candidate(rank, tokens(parents(leaf, 8))[0], rank, where, probability)


def answer(confidence: float = 0.5, where: Coordinate = PARIS) -> AnswerSummary:
    """An answer with three candidates, the first of them the answer itself."""
    listed = tuple(
        candidate(rank, spot, 0.6 / rank) for rank, spot in enumerate((where, LYON, OSLO), start=1)
    )
    place = Place("Paris", "Île-de-France", "France", "FR", 1.5)
    return AnswerSummary(
        where, Radii(5.0, 12.5, 80.0), confidence, Level.FINE, place, MODEL, packed=pack(listed)
    )


def facts(count: int, folder: str = "/photos") -> Iterator[FileFacts]:
    """Photos an hour apart; every tenth has GPS."""
    start = datetime(2024, 7, 1, 8)
    for index in range(count):
        yield FileFacts(
            Path(folder) / f"IMG_{index}.jpg",
            ReviewedFileIdentity(1000 + index, 10**18 + index),
            start + timedelta(hours=index),
            LYON if index % 10 == 9 else None,
        )


def filled(count: int = 10, file: Path | None = None) -> ReviewSession:
    """A session of located photos, from the least certain to the most."""
    session = ReviewSession(file, PLACES)
    session.add(facts(count))
    plain = answer()
    session.update(
        replace(p, answer=replace(plain, confidence=p.id / (count + 1))) for p in session
    )
    return session
