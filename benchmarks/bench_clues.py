"""Clues: how many more photos are placed right when a true clue is given.

Run as `GEOGUESS_TEST_DATA=FOLDER python -m benchmarks clues`, with the folder of real sets that
`tests/data/README.md` describes, over the test photos of `world.csv`, which
the starter has not seen. "Contradict" counts answers of which clue and picture contradict each
other, although the clue is true; the last row gives the side of the road wrongly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.results import Figures
from geoguess_app.core.clues.clue import Clue, parse_clue, utc_offset_clue
from geoguess_app.core.clues.kinds import ClueKind
from geoguess_app.core.clues.tables import clue_tables
from geoguess_app.core.geo.earth_table import earth_table
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import Level, LocatedPhoto
from geoguess_app.evaluation.answers.table import TableRow, read_table
from geoguess_app.locating.clues import ClueRefiner, day_of
from geoguess_app.locating.stream import locate

_DISTANCES_KM = (1.0, 25.0, 200.0, 750.0, 2500.0)
_Clues = Callable[[TableRow], tuple[Clue, ...]]


def _side(row: TableRow) -> tuple[Clue, ...]:
    return (Clue(ClueKind.DRIVES_ON, (clue_tables().countries[row.country_code].drives_on,)),)


def _wrong_side(row: TableRow) -> tuple[Clue, ...]:
    is_left = _side(row)[0].values == ("left",)
    return (Clue(ClueKind.DRIVES_ON, ("right" if is_left else "left",)),)


def _language(row: TableRow) -> tuple[Clue, ...]:
    return (Clue(ClueKind.LANGUAGE, clue_tables().countries[row.country_code].languages[:1]),)


def _country(row: TableRow) -> tuple[Clue, ...]:
    return (Clue(ClueKind.COUNTRY, (row.country_code,)),)


def _hemisphere(row: TableRow) -> tuple[Clue, ...]:
    return (Clue(ClueKind.HEMISPHERE, ("north" if row.latitude_deg >= 0 else "south",)),)


def _land(kind: ClueKind, length: int = 3) -> _Clues:
    """What the program's own map says of the spot, the first letters of a climate."""

    def clues(row: TableRow) -> tuple[Clue, ...]:
        table = earth_table(kind)
        value = table.names[int(table.at([row.latitude_deg], [row.longitude_deg])[0])]
        return (parse_clue(f"{kind}={value[:length]}"),) if value else ()

    return clues


def _clock(row: TableRow) -> tuple[Clue, ...]:
    """A clock set right, on the day that the photo's file says, else in winter."""
    zones = earth_table("zones")
    zone = zones.names[int(zones.at([row.latitude_deg], [row.longitude_deg])[0])]
    day = day_of(_folder() / row.file) or date(2026, 1, 15)
    if not zone:
        return ()
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    ahead = noon.utcoffset()
    assert ahead is not None
    return (utc_offset_clue(ahead),)


def _clock_and_side(row: TableRow) -> tuple[Clue, ...]:
    return (*_clock(row), *_side(row))


def _surroundings(row: TableRow) -> tuple[Clue, ...]:
    return (
        *_land(ClueKind.CLIMATE, 1)(row),
        *_land(ClueKind.COAST)(row),
        *_land(ClueKind.MOUNTAINS)(row),
    )


_WAYS: dict[str, _Clues] = {
    "no clue": lambda row: (),
    "hemisphere": _hemisphere,
    "side of the road": _side,
    "side and hemisphere": lambda row: (*_side(row), *_hemisphere(row)),
    "clock": _clock,
    "clock and side": _clock_and_side,
    "coast or not": _land(ClueKind.COAST),
    "island or not": _land(ClueKind.ISLAND),
    "high mountains or not": _land(ClueKind.MOUNTAINS),
    "climate, by its first letter": _land(ClueKind.CLIMATE, 1),
    "climate, by all letters": _land(ClueKind.CLIMATE),
    "first letter, coast and mountains": _surroundings,
    "a language of the country": _language,
    "country": _country,
    "the wrong side of the road": _wrong_side,
}


def _folder() -> Path:
    return Path(os.environ["GEOGUESS_TEST_DATA"]) / "photos"


def main() -> int:
    """A row for each clue."""
    if not os.environ.get("GEOGUESS_TEST_DATA"):
        sys.stderr.write("GEOGUESS_TEST_DATA names no folder of real photos.\n")
        return 2
    folder = _folder()
    known = clue_tables().countries
    rows = [
        row
        for row in read_table(folder / "world.csv", where=["split=test"]).rows
        if row.country_code in known and known[row.country_code].languages
    ]
    predictor = load_predictor(None, "cpu")

    @cache
    def refiner(clues: tuple[Clue, ...]) -> ClueRefiner:
        return ClueRefiner(clues, predictor.bundle)

    results = list(locate([folder / row.file for row in rows], predictor))
    pairs = [(row, r) for row, r in zip(rows, results, strict=True) if isinstance(r, LocatedPhoto)]
    heads = [f"% within {km:g} km" for km in _DISTANCES_KM]
    heads += ["precise answers", "% of these within 25 km", "% contradict"]
    figures = Figures(__file__, __doc__)
    figures.add("photos", len(pairs), "photos")
    for name, clues_for in _WAYS.items():
        answers = [
            refiner(clues).refine(found) if (clues := clues_for(row)) else found
            for row, found in pairs
        ]
        for head, value in zip(heads, _figures([r for r, _ in pairs], answers), strict=True):
            figures.add(f"{name}: {head}", value, "")
    figures.save()
    return 0


def _figures(rows: list[TableRow], answers: list[LocatedPhoto]) -> list[float]:
    off_km = np.array(
        [
            great_circle_km(
                row.latitude_deg,
                row.longitude_deg,
                answer.prediction.coordinate.latitude_deg,
                answer.prediction.coordinate.longitude_deg,
            )
            for row, answer in zip(rows, answers, strict=True)
        ]
    )
    finest_km = np.array([row.finest_scorable_km for row in rows])
    shares = [off_km[finest_km <= km] <= km for km in _DISTANCES_KM]
    fine = np.array([answer.prediction.level is Level.FINE for answer in answers])
    contradict = np.mean([a.clues is not None and a.clues.contradict for a in answers])
    right = np.mean(off_km[fine & (finest_km <= 25)] <= 25) if fine.any() else float("nan")
    return [
        *(float(100 * np.mean(share)) for share in shares),
        float(fine.sum()),
        float(100 * right),
        float(100 * contradict),
    ]


if __name__ == "__main__":
    sys.exit(main())
