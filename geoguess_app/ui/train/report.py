"""The report of the trainer about a set of photos, read from the files it wrote."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, great_circle_km, unit_vectors
from geoguess_app.core.types import FloatArray
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr

FEWEST_PHOTOS, FEWEST_SPOTS = 30, 5
"""The trainer refuses fewer."""
NEAR_M = 25.0
"""Photos so near to one another show one spot."""
_MIDDLES = 200
_WORTH_SAYING = 0.05


@dataclass(frozen=True, slots=True)
class Spread:
    """Distances in km from the middle photo: half of the photos, and 95%, lie within."""

    half_km: float
    most_km: float
    width_km: float
    height_km: float
    """Of the smallest box around 98% of them, so that one stray photo does not count."""


@dataclass(frozen=True, eq=False)
class DataReport:
    """Photos that were found, those that serve (names and degrees, n), and why others do not."""

    found: int
    dropped: Mapping[str, int]
    names: tuple[str, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    root: Path | None
    """The folder that the names begin in; None: no pictures were found beside a table."""
    folder: Path
    """The report's own: report.md, map.html, dropped.csv."""
    dropped_files: tuple[tuple[str, str, str], ...] = ()
    """File, reason, detail of some of those that do not serve."""
    doubts: tuple[str, ...] = ()
    """Sentences that the user should read before training."""
    left_out: tuple[str, ...] = ()
    """Sentences about what the folder holds besides photos that can be read."""
    near_copies: float = 0.0
    """Share of photos that are nearly the same as another one, as the trainer estimates."""

    @property
    def kept(self) -> int:
        """Return how many photos serve."""
        return len(self.names)

    @cached_property
    def beside_another(self) -> int:
        """Return how many photos were taken so near to another one that they show the same spot."""
        if self.kept < 2:
            return 0
        from scipy.spatial import cKDTree

        vectors = unit_vectors(self.latitude_deg, self.longitude_deg)
        apart = cKDTree(vectors).query(vectors, k=2)[0][:, 1]
        return int((apart * EARTH_RADIUS_KM * 1000.0 <= NEAR_M).sum())

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how alike the photos are, and what the test makes of it."""
        said = []
        share = self.beside_another / max(self.kept, 1)
        if share >= _WORTH_SAYING:
            said.append(
                tr(
                    "{count} of them were taken within {near} of another. The test is "
                    "about new spots: photos of one spot are never used for both "
                    "training and testing."
                ).format(count=f"{self.beside_another:,}", near=words.threshold(NEAR_M / 1000))
            )
        if self.near_copies >= _WORTH_SAYING:
            said.append(
                tr(
                    "About {share} of them are near-duplicates of another. These are "
                    "kept together, so none is used for both training and testing."
                ).format(share=words.percent(self.near_copies))
            )
        return (*said, *self.left_out)

    @cached_property
    def from_middle_km(self) -> FloatArray:
        """Distance (n) of each photo from the middle one, as the trainer reckons."""
        lat, lon = self.latitude_deg, self.longitude_deg
        pick = np.linspace(0, lat.size - 1, min(_MIDDLES, lat.size)).astype(np.int64)
        apart = great_circle_km(lat[pick][:, None], lon[pick][:, None], lat, lon)
        return np.asarray(apart[int(np.median(apart, axis=1).argmin())])

    @cached_property
    def spots(self) -> int:
        """Return how many spots the photos show, counted up to ``FEWEST_SPOTS``."""
        lat, lon, count = self.latitude_deg, self.longitude_deg, 0
        while lat.size and count < FEWEST_SPOTS:
            far = 1000.0 * great_circle_km(lat[0], lon[0], lat, lon) > NEAR_M
            lat, lon, count = lat[far], lon[far], count + 1
        return count

    @property
    def shortage(self) -> str:
        """Say what the photos lack for any training; empty where nothing."""
        if self.kept < FEWEST_PHOTOS:
            return tr("At least 30 usable photos are needed; see the report.")
        if self.spots < FEWEST_SPOTS:
            spots = words.count(self.spots, tr("spot"), tr("spots"))
            return tr("The photos were taken at {spots}; at least {least} are needed.").format(
                spots=spots, least=FEWEST_SPOTS
            )
        return ""

    @cached_property
    def spread(self) -> Spread:
        """Return how far apart the photos lie; there must be some."""
        apart = self.from_middle_km
        near = apart <= np.quantile(apart, 0.98, method="higher")
        lat, lon = self.latitude_deg[near], self.longitude_deg[near]
        # Seen from the middle one, a set across the antimeridian is as small as it is.
        turned = (lon - self.longitude_deg[int(apart.argmin())] + 180.0) % 360.0
        middle = (lat.min() + lat.max()) / 2
        width = great_circle_km(middle, turned.min(), middle, turned.max())
        height = great_circle_km(lat.min(), 0.0, lat.max(), 0.0)
        half, most = np.quantile(apart, (0.5, 0.95))
        return Spread(float(half), float(most), float(width), float(height))

    def has_beside_photos(self, path: Path) -> bool:
        """Tell whether a file would lie in one of the photos' own folders."""
        if self.root is None:
            return False
        folders = {os.path.dirname(name) for name in self.names}  # noqa: PTH120 - many, so quick
        return path.resolve().parent in {(self.root / name).resolve() for name in folders}

    def within(self, km: float) -> int:
        """Return how many photos lie so near to the middle one."""
        return int((self.from_middle_km <= km).sum())


def read_report(table: Path, folder: Path, split: Path | None = None) -> DataReport:
    """Read the report of ``geoguess-train photos``, and of ``split`` where that has run; raises
    OSError, ValueError."""
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    names, degrees = _positions(table) if data["kept"] else ((), np.empty((0, 2)))
    root = data.get("photos_folder")
    return DataReport(
        found=int(data["photos"]),
        dropped={str(name): int(count) for name, count in data["dropped"].items()},
        names=names,
        latitude_deg=degrees[:, 0],
        longitude_deg=degrees[:, 1],
        root=Path(root) if root else None,
        folder=folder,
        dropped_files=tuple(
            (entry["file_name"], entry["reason"], entry["detail"])
            for entry in data.get("dropped_files", ())
        ),
        doubts=tuple(_doubts(data)),
        left_out=tuple(str(sentence) for sentence in data.get("left_out", ())),
        near_copies=_near_copies(_split_report(split)),
    )


def _positions(table: Path) -> tuple[tuple[str, ...], FloatArray]:
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    degrees = np.array([(float(row["latitude"]), float(row["longitude"])) for row in rows])
    return tuple(row["file_name"] for row in rows), degrees.reshape(-1, 2)


def _split_report(folder: Path | None) -> Mapping[str, Any]:
    if folder is None or not (folder / "report.json").is_file():
        return {}
    read: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return read


def _doubts(data: Mapping[str, Any]) -> list[str]:
    doubts = []
    if data.get("looks_swapped"):
        doubts.append(
            tr("Latitude and longitude may be swapped: {why}.").format(why=data["looks_swapped"])
        )
    if data.get("malformed_rows"):
        doubts.append(
            tr("{count} rows of the table could not be read.").format(
                count=f"{len(data['malformed_rows']):,}"
            )
        )
    if not data.get("photos_folder"):
        doubts.append(
            tr("No photos found next to the table. Choose the folder that contains them.")
        )
    return doubts


def _near_copies(split: Mapping[str, Any]) -> float:
    """Share of photos put aside by chance that are nearly the same as one that is learned from."""
    for leak in split.get("leaks", ()):
        if leak.get("kind") == "pictures" and (leak["source"], leak["into"]) == ("train", "test"):
            return float(leak["photos"] / leak["of"]) if leak["of"] else 0.0
    return 0.0
