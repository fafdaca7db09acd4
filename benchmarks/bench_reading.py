"""Text on photos: how many have any, for how many it names the true country or place, and for how
many a wrong one.

Run as `GEOGUESS_TEST_DATA=FOLDER python -m benchmarks reading`, with the folder of real sets that
`tests/data/README.md` describes; over up to 300 spots of `world.csv`, one
photo a spot, of those on which the rules were chosen, and one over the test photos.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Figures
from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.kinds import ClueKind
from geoguess_app.core.clues.tables import clue_tables
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.reading.photo_text import PhotoText, model_probability, read_photo_text
from geoguess_app.core.reading.text_reader import load_text_reader
from geoguess_app.core.types import LocatedPhoto
from geoguess_app.evaluation.answers.table import TableRow, read_table
from geoguess_app.locating.stream import locate

_SETS = {"chosen on": ("train", "val"), "test": ("test",)}
_MOST = 300
_NEAR_KM = 50.0


def main() -> int:
    """A table for the photos that rules were chosen on, and one for the others."""
    named = os.environ.get("GEOGUESS_TEST_DATA")
    if not named:
        sys.stderr.write("GEOGUESS_TEST_DATA names no folder of real photos.\n")
        return 2
    folder = Path(named) / "photos"
    reader, predictor = load_text_reader(), load_predictor(None, "cpu")
    atlas = Atlas(predictor.bundle)
    figures = Figures(__file__, __doc__)
    table = read_table(folder / "world.csv").rows
    for name, splits in _SETS.items():
        rows = _spots([row for row in table if row.values["split"] in splits])
        answers = locate([folder / row.file for row in rows], predictor)
        counts: Counter[str] = Counter()
        seconds = []
        for row, answer in zip(rows, answers, strict=True):
            if not isinstance(answer, LocatedPhoto):
                continue
            photo = open_upright(answer.path)
            begun = time.perf_counter()
            text = read_photo_text(photo, reader, model_probability(answer.prediction, atlas))
            seconds.append(time.perf_counter() - begun)
            counts["photos"] += 1
            if text is not None and text.lines:
                counts.update(["with text", *_judged(row, text)])
        _add(figures, name, counts, seconds)
    figures.save()
    return 0


def _spots(rows: list[TableRow]) -> list[TableRow]:
    spots = {row.group: row for row in rows if row.country_code in clue_tables().countries}
    chosen = list(spots.values())
    random.Random(1).shuffle(chosen)
    return chosen[:_MOST]


def _judged(row: TableRow, text: PhotoText) -> Iterator[str]:
    """What the text of a photo offers, kind by kind, and whether that is true."""
    right, wrong = set(), set()
    for found in text.clues:
        truth = _fits(found.clue, row.country_code)
        (right if truth else wrong).add(str(found.clue.kind))
    for place in text.places[:1]:
        off_km = great_circle_km(
            row.latitude_deg,
            row.longitude_deg,
            place.coordinate.latitude_deg,
            place.coordinate.longitude_deg,
        )
        (right if off_km <= _NEAR_KM else wrong).add("first place")
    yield from (f"{kind} right" for kind in right)
    yield from (f"{kind} wrong" for kind in wrong)
    if right:
        yield "any right"
    if wrong:
        yield "any wrong"
    if wrong and not right:
        yield "only wrong"


def _fits(clue: Clue, code: str) -> bool:
    facts, values = clue_tables().countries[code], set(clue.values)
    true = {
        ClueKind.COUNTRY: {code},
        ClueKind.PHONE: {facts.phone},
        ClueKind.DOMAIN: {facts.domain},
        ClueKind.SCRIPT: {*facts.scripts},
        ClueKind.LANGUAGE: {*facts.languages},
    }
    return bool(values & true[clue.kind])


def _add(figures: Figures, name: str, counts: Counter[str], seconds: list[float]) -> None:
    figures.add(f"{name}: photos", counts["photos"], "photos")
    figures.add(f"{name}: with text", counts["with text"], "photos")
    figures.add(f"{name}: reading (median)", statistics.median(seconds), "s")
    for kind in ("phone", "domain", "country", "script", "language", "first place", "any"):
        figures.add(f"{name}: {kind} right", counts[f"{kind} right"], "photos")
        figures.add(f"{name}: {kind} wrong", counts[f"{kind} wrong"], "photos")
    figures.add(f"{name}: only wrong", counts["only wrong"], "photos")


if __name__ == "__main__":
    sys.exit(main())
