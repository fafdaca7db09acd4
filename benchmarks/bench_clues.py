"""Clues: how many more photos are placed right when a true clue is given.

Run as `GEOGUESS_TEST_DATA=FOLDER python -m benchmarks clues`, with the folder of real sets that
`tests/data/README.md` describes; prints a Markdown table over the test photos of `world.csv`, which
the starter has not seen. "Contradict" counts answers of which clue and picture contradict each
other, although the clue is true; the last row gives the side of the road wrongly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from geoguess_app.core.clues.clue import Clue, ClueKind
from geoguess_app.core.clues.tables import clue_tables
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import Level, LocatedPhoto
from geoguess_app.evaluation.answers.table import TableRow, read_table
from geoguess_app.locating.clues import ClueRefiner
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


_WAYS: dict[str, _Clues] = {
    "no clue": lambda row: (),
    "hemisphere": _hemisphere,
    "side of the road": _side,
    "side and hemisphere": lambda row: (*_side(row), *_hemisphere(row)),
    "a language of the country": _language,
    "country": _country,
    "the wrong side of the road": _wrong_side,
}


def main() -> int:
    """A row for each clue."""
    named = os.environ.get("GEOGUESS_TEST_DATA")
    if not named:
        sys.stderr.write("GEOGUESS_TEST_DATA names no folder of real photos.\n")
        return 2
    folder = Path(named) / "photos"
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
    heads = [f"{km:g} km" for km in _DISTANCES_KM]
    _row(f"{len(pairs)} photos, % within", *heads, "fine", "right in 25 km", "contradict")
    _row(*["---"] * 9)
    for name, clues_for in _WAYS.items():
        answers = [
            refiner(clues).refine(found) if (clues := clues_for(row)) else found
            for row, found in pairs
        ]
        _row(name, *_figures([row for row, _ in pairs], answers))
    return 0


def _figures(rows: list[TableRow], answers: list[LocatedPhoto]) -> list[str]:
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
        *(f"{100 * np.mean(share):.1f}" for share in shares),
        str(int(fine.sum())),
        f"{100 * right:.1f}",
        f"{100 * contradict:.1f}",
    ]


def _row(*cells: str) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
