"""Tables of positions: many photos of the world, and estimates with their truths."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from geoguess_app.core.decision.scenes import scene_table
from tests.inputs.pictures import DATA

PHOTOS = 100_000
ESTIMATES = 50
EARTH_RADIUS_KM = 6371.0
SCORE_SCALE_KM = 1492.7
"""Of the guessing game's score: 5000 · exp(-distance / scale)."""


def make_tables(folder: Path) -> Path:
    """Write positions, estimates and the program's own list of scenes. Returns `folder`."""
    for part in ("osv5m", "places365"):
        (folder / part).mkdir(parents=True)
    lines = [f"/{name[0]}/{name} {n}\n" for n, name in enumerate(scene_table().categories)]
    (folder / "places365" / "categories_places365.txt").write_text("".join(lines))
    latitude, longitude = positions(PHOTOS)
    np.savetxt(
        folder / "coordinates_100K.csv",
        np.stack([latitude, longitude], axis=1),
        fmt="%.6f",
        delimiter=",",
        header="LAT,LON",
        comments="",
    )
    _write_estimates(folder / "osv5m" / "evaluation_sample.csv")
    return folder


def write_bursts(path: Path, count: int, burst: int = 4) -> Path:
    """Write a table of `count` photos, `burst` at each spot; of each burst the first is dated."""
    latitude, longitude = positions(-(-count // burst))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "latitude", "longitude", "taken", "split"])
        for number in range(count):
            spot = number // burst
            where = (f"{latitude[spot]:.5f}", f"{longitude[spot]:.5f}")
            file = f"world/{number * 7919 % 100_003:05d}.jpg"
            date = f"{2010 + spot % 15}-{1 + spot % 12:02d}-{1 + spot % 28:02d}"
            time = f"{spot % 24:02d}:{spot % 60:02d}:{number % 60:02d}"
            taken = "" if number % burst else f"{date} {time}"
            writer.writerow([file, *where, taken, "train"])
    return path


def cities() -> list[dict[str, str]]:
    """Rows of `tests/data/cities.csv`."""
    with (DATA / "cities.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def positions(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Latitudes and longitudes in degrees (n), crowded around cities as public photos are."""
    random = np.random.default_rng(2024)
    rows = cities()
    weight = np.array([float(row["weight"]) for row in rows])
    chosen = random.choice(len(rows), count, p=weight / weight.sum())
    latitude = np.array([float(row["latitude"]) for row in rows])[chosen]
    longitude = np.array([float(row["longitude"]) for row in rows])[chosen]
    # Half within some 10 km of the centre, a few hundreds of kilometres away.
    km = np.exp(random.normal(2.3, 1.5, count)).clip(0.05, 1500.0)
    angle = random.uniform(0.0, 2 * np.pi, count)
    latitude = latitude + km / 111.2 * np.sin(angle)
    shrink = np.cos(np.radians(latitude.clip(-85.0, 85.0)))
    longitude = longitude + km / 111.2 * np.cos(angle) / shrink
    return latitude.clip(-85.0, 85.0), (longitude + 180.0) % 360.0 - 180.0


def _write_estimates(path: Path) -> None:
    """Truths in cities, estimates some way off; distance and score in plain arithmetic."""
    random = np.random.default_rng(5)
    rows = cities()
    columns = ["id", "pred_lat", "pred_lon", "true_lat", "true_lon", "city", "country"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*columns, "distance", "score"])
        for number in range(ESTIMATES):
            row = rows[2 * number % len(rows)]
            truth = tuple(
                float(row[n]) + random.uniform(-0.01, 0.01) for n in ("latitude", "longitude")
            )
            off = random.normal(0.0, 1.0, 2) * 10.0 ** random.uniform(-3, 1.2)
            guess = (
                max(-89.0, min(89.0, truth[0] + off[0])),
                (truth[1] + off[1] + 180) % 360 - 180,
            )
            km = _distance_km(*truth, *guess)
            score = 5000.0 * math.exp(-km / SCORE_SCALE_KM)
            place = (row["city"], row["country_code"])
            writer.writerow([290_000_000 + 7919 * number, *guess, *truth, *place, km, score])


def _distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The great circle by Vincenty's formula for a sphere, exact at every distance."""
    a, b = math.radians(lat1), math.radians(lat2)
    turn = math.radians(lon2 - lon1)
    across = math.hypot(
        math.cos(b) * math.sin(turn),
        math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(turn),
    )
    along = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    return EARTH_RADIUS_KM * math.atan2(across, along)
