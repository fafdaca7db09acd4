"""Build ``resources/clues/countries.json``: what each country says about itself on signs and roads.

    pip install babel phonenumbers
    python resources/clues/tools/build.py

Languages, scripts and currencies come from Unicode CLDR (through Babel), calling codes from
phonenumbers. Internet domains are the ISO codes, with the two exceptions that exist. Countries that
drive on the left are listed here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import phonenumbers
from babel.core import Locale, get_global
from babel.numbers import get_territory_currencies

OUT = Path(__file__).parents[1] / "countries.json"
LEFT = (
    "AG AI AU BB BD BM BN BS BT BW CC CK CX CY DM FJ FK GB GD GG GY HK ID IE IM IN JE JM JP KE KI "
    "KN KY LC LK LS MO MS MT MU MV MW MY MZ NA NF NP NR NU NZ PG PK PN SB SC SG SH SR SZ TC TH TK "
    "TL TO TT TV TZ UG VC VG VI WS ZA ZM ZW"
)
DOMAINS = {"GB": "uk"}
OFFICIAL = ("official", "de_facto_official", "official_regional")
"""Languages that stand on signs: those that are official, in the country or in a region."""
WRITTEN = {
    "Jpan": ("Hira", "Kana", "Hani"),
    "Kore": ("Hang",),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
}
"""Scripts as they are recognised: CLDR joins those that Japanese or Korean mixes."""


def main() -> None:
    likely = get_global("likely_subtags")
    territories = get_global("territory_languages")
    names = Locale.parse("en")
    rows, scripts_used, languages_used, currencies_used = {}, set(), set(), set()
    for code in sorted(phonenumbers.SUPPORTED_REGIONS | {"AQ", "GS", "PN", "TF", "HM", "BV", "UM"}):
        if len(code) != 2 or not code.isalpha():
            continue
        spoken, scripts = [], []
        known = {k: v for k, v in territories.get(code, {}).items() if k != "und"}
        most = max(known, key=lambda k: known[k].get("population_percent") or 0.0, default="")
        official = {k for k, v in known.items() if v.get("official_status") in OFFICIAL}
        for language in sorted(official or ({most} - {""})):
            plain, *rest = language.split("_")
            spoken.append(plain)
            written = [part for part in rest if len(part) == 4]
            full = likely.get(f"{plain}_{code}") or likely.get(plain) or ""
            for script in written or [part for part in full.split("_") if len(part) == 4]:
                scripts += WRITTEN.get(script, (script,))
        calling = phonenumbers.country_code_for_region(code)
        currencies = get_territory_currencies(code, date(2026, 1, 1))
        scripts_used |= set(scripts)
        languages_used |= set(spoken)
        currencies_used |= set(currencies)
        rows[code] = {
            "drives_on": "left" if code in LEFT.split() else "right",
            "languages": list(dict.fromkeys(spoken)),
            "scripts": list(dict.fromkeys(scripts)),
            "currencies": currencies,
            "phone": str(calling) if calling else "",
            "domain": DOMAINS.get(code, code.lower()),
        }
    tables = {
        "countries": rows,
        "languages": {
            c: names.languages[c] for c in sorted(languages_used) if c in names.languages
        },
        "scripts": _named(scripts_used, names.scripts),
        "currencies": _named(currencies_used, names.currencies),
    }
    OUT.write_text(json.dumps(tables, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def _named(codes: set[str], names: Mapping[str, str]) -> dict[str, str]:
    return {code: names[code] for code in sorted(codes) if code in names}


if __name__ == "__main__":
    main()
