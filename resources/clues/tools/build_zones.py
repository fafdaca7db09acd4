"""Build ``resources/clues/zones.earth``: the time zone of every S2 cell of some 30 km.

pip install timezonefinder
python resources/clues/tools/build_zones.py     (in the project's folder)
"""

from __future__ import annotations

import numpy as np
from earth_table import all_cells, write
from timezonefinder import TimezoneFinder

from geoguess_app.core import cells

ZONE_LEVEL = 8


def main() -> None:
    ids = all_cells(ZONE_LEVEL)
    latitude_deg, longitude_deg = cells.centers(ids)
    finder = TimezoneFinder(in_memory=True)
    names: dict[str, int] = {}
    zones = [
        names.setdefault(finder.timezone_at(lat=lat, lng=lon) or "", len(names))
        for lat, lon in zip(latitude_deg.tolist(), longitude_deg.tolist(), strict=True)
    ]
    write("zones", list(names), ids, np.array(zones))


if __name__ == "__main__":
    main()
