"""Clues of files: how often a clock, or a name that people gave, fits where the photo was taken.

Run as `GEOGUESS_TEST_DATA=FOLDER python -m benchmarks file_clues`, with the folder of real sets
that `tests/data/README.md` describes. Clocks are those of its camera files (`exif`) that have a
position; names are the words for places in the tables of photos, each once, without test photos.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.results import Figures
from geoguess_app.core.area.areas import Ring, UtcOffset
from geoguess_app.core.area.tables import holds
from geoguess_app.core.clues.clue import Clue, utc_offset_clue
from geoguess_app.core.clues.names import NamedPlace, places_in
from geoguess_app.core.errors import PhotoError
from geoguess_app.locating.clocks import offset_by_gps
from geoguess_app.photos.metadata import read_metadata

_TABLES = ("world.csv", "more.csv")


def main() -> int:
    """Measure; 2 without the photos."""
    folder = os.environ.get("GEOGUESS_TEST_DATA")
    if not folder:
        sys.stderr.write("Name the folder of real sets in GEOGUESS_TEST_DATA.\n")
        return 2
    fits: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for kind, is_right in (*_clocks(Path(folder)), *_names(Path(folder))):
        tried[kind] += 1
        fits[kind] += is_right
    figures = Figures(__file__, __doc__)
    for kind, count in sorted(tried.items()):
        figures.add(f"{kind}: found", count, "clues")
        figures.add(f"{kind}: fit", 100 * fits[kind] / count, "%")
    figures.save()
    return 0


def _clocks(folder: Path) -> Iterator[tuple[str, bool]]:
    for photo in sorted((folder / "exif").iterdir()):
        try:
            said = read_metadata(photo)
        except PhotoError:
            continue
        here = said.coordinate
        offsets = (("offset in the file", said.utc_offset), ("GPS time", offset_by_gps(said)))
        for kind, offset in offsets:
            if offset is not None and here is not None and said.taken is not None:
                area = utc_offset_clue(offset).area(said.taken.date())
                assert isinstance(area, UtcOffset)
                yield kind, holds(area, here.latitude_deg, here.longitude_deg)


def _names(folder: Path) -> Iterator[tuple[str, bool]]:
    for table in _TABLES:
        with (folder / table).open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["split"] != "test"]
        for row in {row["place"]: row for row in reversed(rows) if row["place"]}.values():
            places = places_in(row["place"])
            yield "any city or country named", bool(places)
            if places:
                yield _kind(places[0]), _name_fits(places[0], row)


def _kind(place: NamedPlace) -> str:
    if place.is_country:
        return "country"
    return "city, name shared with another country" if place.is_shared else "city, name of its own"


def _name_fits(place: NamedPlace, row: dict[str, str]) -> bool:
    if place.is_country:
        return place.country_code == row["country_code"]
    return _reaches(place.clue, float(row["latitude"]), float(row["longitude"]))


def _reaches(clue: Clue, latitude_deg: float, longitude_deg: float) -> bool:
    """Whether a spot lies in the ring around a named place."""
    area = clue.area()
    assert isinstance(area, Ring)
    return bool(area.holds(np.array([latitude_deg]), np.array([longitude_deg]))[0])


if __name__ == "__main__":
    sys.exit(main())
