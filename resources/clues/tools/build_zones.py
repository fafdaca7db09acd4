"""Build ``resources/clues/zones.bin``: the time zone of every S2 cell of some 30 km.

    pip install timezonefinder
    python resources/clues/tools/build_zones.py     (in the project's folder)

The file is zlib-compressed: a line of JSON with the zones' names, then for each run of cells of one
zone along the curve its number and length, both as little-endian 32-bit integers.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path

import numpy as np
from timezonefinder import TimezoneFinder

sys.path.insert(0, str(Path(__file__).parents[3]))

from geoguess_app.core import cells
from geoguess_app.core.geo.time_zones import ZONE_LEVEL

OUT = Path(__file__).parents[1] / "zones.bin"


def main() -> None:
    ids = np.arange(6 << (2 * ZONE_LEVEL), dtype=np.uint64)
    ids = (ids << np.uint64(61 - 2 * ZONE_LEVEL)) | np.uint64(1 << (60 - 2 * ZONE_LEVEL))
    latitude_deg, longitude_deg = cells.centers(ids)
    finder = TimezoneFinder(in_memory=True)
    names: dict[str, int] = {}
    zones = np.array(
        [
            names.setdefault(finder.timezone_at(lat=lat, lng=lon) or "", len(names))
            for lat, lon in zip(latitude_deg.tolist(), longitude_deg.tolist(), strict=True)
        ]
    )
    starts = np.flatnonzero(np.diff(zones, prepend=-1))
    lengths = np.diff(starts, append=len(zones))
    runs = np.stack([zones[starts], lengths], axis=1).astype("<i4")
    head = json.dumps(list(names)).encode() + b"\n"
    OUT.write_bytes(zlib.compress(head + runs.tobytes(), 9))
    sys.stdout.write(f"{len(names)} zones, {len(runs)} runs, {OUT.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
