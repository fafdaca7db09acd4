"""A world of located photos, towns, labelled scenes and camera files, as folders with tables."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.inputs.pictures import DATA, free_picture, panorama, view

Row = dict[str, str]

VIEWS = 10
"""Photos of each place of the world."""
CAMPUS = (34.0212, -118.2862)
"""The middle of the set "campus": latitude and longitude in degrees."""
TOWNS = {"campus": (*CAMPUS, 67), "away": (33.6430, -117.8420, 6), "town": (37.7750, -122.4190, 50)}
"""Local set → its middle in degrees, and how many photos it has. The second lies 60 km from the
first, the third 550 km."""
TOWN_SIZE_DEG = 0.008
SCENES = (
    ("abbey", "urban", "0"),
    ("bar", "indoor", "0"),
    ("coffee_shop", "indoor", "0"),
    ("living_room", "indoor", "0"),
    ("office", "indoor", "0"),
    ("staircase", "indoor", "1"),
    ("mountain", "natural", "0"),
    ("valley", "natural", "0"),
    ("botanical_garden", "natural", "1"),
    ("desert/sand", "natural", "0"),
    ("palace", "urban", "0"),
    ("bridge", "urban", "1"),
    ("skyscraper", "urban", "0"),
    ("church/outdoor", "urban", "0"),
    ("courtyard", "urban", "0"),
)
"""Category, coarse group, and whether the group is doubtful; "abbey" is not among the 365."""
SCENE_TRAIN, SCENE_TEST = 6, 2
PRECISIONS = ("landmark", "exact", "city", "exact", "place", "area", "exact", "landmark")
TEST_PLACES = ("coffee", "operaHouse", "monument2", "greatWall")
VAL_PLACES = ("tajMahal", "colosseum", "usCapitol", "greatPyramid")


def make_photos(folder: Path) -> Path:
    """Write every set below `folder`: about 500 small photos, a few seconds. Returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(DATA / "camera", folder / "exif")
    camera = sorted(path.name for path in (DATA / "camera").iterdir())
    free = {"source": "tests/data", "licence": "public domain"}
    write_rows(folder / "exif.csv", [{"file": f"exif/{name}", **free} for name in camera])
    world, local, scenes = _world(folder), _local(folder), _scenes(folder)
    write_rows(folder / "world.csv", world)
    again = [row | {"source": "tests/data/more"} for row in world if row["split"] == "train"][:12]
    write_rows(folder / "more.csv", again)
    write_rows(folder / "local.csv", local)
    write_rows(folder / "scenes.csv", scenes)
    (folder / "teacher").mkdir()
    for name, rows in (("world", world), ("local", local), ("scenes", scenes)):
        _teach(folder / "teacher" / f"{name}.npz", rows)
    return folder


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write a CSV table with the first row's columns."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def large_jpegs(folder: Path, count: int = 9) -> list[Path]:
    """Photos of 2 to 4 megapixels, full of detail, stored as cameras store theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    files = tuple(sorted(f"monuments/{path.name}" for path in (DATA / "monuments").iterdir()))
    paths = []
    for number in range(count):
        turned = files[number:] + files[:number]
        path = folder / f"large_{number}.jpg"
        picture = panorama(turned, 6, 300).crop((0, 0, 1504 + 32 * number, 1104 + 8 * number))
        picture.save(path, quality=80 + 2 * number, subsampling=number % 3)
        paths.append(path)
    return paths


def _places() -> list[Row]:
    """The places of the world: the monuments and a café."""
    with (DATA / "monuments.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    cafe = {"file": "pictures/coffee.jpg", "latitude": "45.509", "longitude": "-73.573"}
    cafe |= {"place": "A café, Montreal", "country_code": "CA", "continent": "NA"}
    return [*rows, cafe | {"scene": "indoor", "licence": "CC0 1.0"}]


def _world(folder: Path) -> list[Row]:
    """Views of each place, the first of every place first, then the second, and so on."""
    (folder / "world").mkdir()
    rows = []
    for number in range(VIEWS):
        for place, known in enumerate(_places()):
            random = np.random.default_rng((place, number))
            picture = view(free_picture(known["file"]), random, 180)
            rows.append(_world_row(known, place, number, random))
            picture.save(folder / rows[-1]["file"], quality=88)
    return rows


def _world_row(known: Row, place: int, number: int, random: np.random.Generator) -> Row:
    name = Path(known["file"]).stem
    split = "test" if name in TEST_PLACES else "val" if name in VAL_PLACES else "train"
    latitude, longitude = float(known["latitude"]), float(known["longitude"])
    latitude += random.normal(0.0, 0.001)
    longitude += random.normal(0.0, 0.001)
    taken = f"20{10 + number}-05-{1 + place:02d} {8 + number}:30:{place:02d}"
    # The letter keeps a test place's source apart from every other source.
    letter = name[0].upper() if split == "test" else "ABC"[place % 3]
    return {
        "file": f"world/{_code(name, number)}.jpg",
        "latitude": f"{latitude:.5f}",
        "longitude": f"{longitude:.5f}",
        "precision": PRECISIONS[(place + number) % len(PRECISIONS)],
        "place": known["place"],
        "country_code": known["country_code"],
        "continent": known["continent"],
        "scene": known["scene"] if number % 3 else "",
        "taken": taken if number % 4 == 0 else "",
        "group": f"{latitude:.2f},{longitude:.2f}",
        "split": split,
        "source": f"{split}/{letter}",
        "licence": known["licence"],
    }


def _local(folder: Path) -> list[Row]:
    """Towns that are panoramas: photos of neighbouring spots show neighbouring parts."""
    files = tuple(sorted(f"monuments/{path.name}" for path in (DATA / "monuments").iterdir()))
    rows = []
    for town, (name, (latitude, longitude, count)) in enumerate(TOWNS.items()):
        (folder / "local" / name).mkdir(parents=True)
        random = np.random.default_rng(town)
        ground = panorama(files[8 * town :] + files[: 8 * town], 5)
        if name == "town":  # by night, so that even untrained networks tell it from the campus
            ground = Image.blend(ground, Image.new("RGB", ground.size, (10, 20, 60)), 0.6)
        wide, high = 240, 180
        for number in range(count):
            across, down = random.random(2)
            left = round(across * (ground.width - wide))
            top = round(down * (ground.height - high))
            file = f"local/{name}/{_code(name, number)}.jpg"
            ground.crop((left, top, left + wide, top + high)).save(folder / file, quality=88)
            row = {"file": file, "latitude": f"{latitude + TOWN_SIZE_DEG * (0.5 - down):.6f}"}
            row |= {"longitude": f"{longitude + TOWN_SIZE_DEG * (across - 0.5):.6f}", "set": name}
            rows.append(row | {"source": "tests/data", "licence": "public domain"})
    return rows


def _scenes(folder: Path) -> list[Row]:
    shown = {
        "indoor": ("pictures/coffee.jpg", "pictures/cat.jpg"),
        "natural": ("monuments/greatWall.webp", "monuments/mountRushmore.webp"),
        "urban": ("monuments/cathedral.webp", "monuments/empireState.webp"),
    }
    rows = []
    for place, (category, group, doubtful) in enumerate(SCENES):
        (folder / "scenes" / category).mkdir(parents=True)
        for number in range(SCENE_TRAIN + SCENE_TEST):
            random = np.random.default_rng((place, number, 1))
            file = f"scenes/{category}/{_code(category, number)}.jpg"
            picture = view(free_picture(shown[group][number % 2]), random, 128)
            picture.crop((0, 0, 128, 128)).save(folder / file, quality=88)
            split = "train" if number < SCENE_TRAIN else "test"
            row = {"file": file, "category": category, "s3": group, "ambiguous": doubtful}
            rows.append(row | {"split": split, "source": "tests/data"})
    return rows


def _teach(path: Path, rows: Sequence[Row]) -> None:
    """Soft labels out of nothing but chance: (n) files and their (n × 365) probabilities."""
    random = np.random.default_rng(len(rows))
    probabilities = random.dirichlet(np.full(365, 0.05), len(rows)).astype(np.float16)
    np.savez(path, files=np.array([row["file"] for row in rows]), probabilities=probabilities)


def _code(name: str, number: int) -> str:
    """A file name of digits that says nothing and mixes the places when sorted."""
    return str(int(hashlib.sha256(f"{name} {number}".encode()).hexdigest(), 16))[-14:]
