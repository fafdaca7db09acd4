"""Build ``resources/clues/countries.json``: what each country says about itself on signs and roads.

    pip install babel phonenumbers
    python resources/clues/tools/build.py

Languages, scripts and currencies come from Unicode CLDR (through Babel), calling codes from
phonenumbers. Internet domains are the ISO codes, with the two exceptions that exist. Countries that
drive on the left, and signs on number plates, are listed here.
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
PLATES = """
A:AT AFG:AF AL:AL AM:AM AND:AD AUS:AU AZ:AZ B:BE BD:BD BDS:BB BF:BF BG:BG BIH:BA BOL:BO BR:BR BRN:BH
BRU:BN BS:BS BW:BW BY:BY BZ:BZ C:CU CAM:CM CDN:CA CGO:CD CH:CH CI:CI CL:LK CO:CO CR:CR CY:CY CZ:CZ
D:DE DK:DK DOM:DO DY:BJ DZ:DZ E:ES EAK:KE EAT:TZ EAU:UG EC:EC ES:SV EST:EE ET:EG ETH:ET F:FR FIN:FI
FJI:FJ FL:LI FO:FO G:GA GB:GB GBG:GG GBJ:JE GBM:IM GBZ:GI GCA:GT GE:GE GH:GH GR:GR GUY:GY H:HU HK:HK
HKJ:JO HN:HN HR:HR I:IT IL:IL IND:IN IR:IR IRL:IE IRQ:IQ IS:IS J:JP JA:JM K:KH KS:KG KSA:SA KWT:KW
KZ:KZ L:LU LAO:LA LAR:LY LB:LR LS:LS LT:LT LV:LV M:MT MA:MA MAL:MY MC:MC MD:MD MEX:MX MGL:MN MNE:ME
MOC:MZ MS:MU MW:MW MYA:MM N:NO NAM:NA NAU:NR NEP:NP NIC:NI NL:NL NMK:MK NZ:NZ OM:OM P:PT PA:PA PE:PE
PK:PK PL:PL PNG:PG PY:PY Q:QA RA:AR RC:TW RCA:CF RCB:CG RCH:CL RG:GN RH:HT RI:ID RIM:MR RKS:XK RL:LB
RM:MG RMM:ML RN:NE RO:RO ROK:KR RP:PH RSM:SM RU:BI RUS:RU RWA:RW S:SE SD:SZ SGP:SG SK:SK SLO:SI
SME:SR SN:SN SO:SO SRB:RS SUD:SD SY:SC SYR:SY T:TH TCH:TD TG:TG TJ:TJ TM:TM TN:TN TR:TR TT:TT UA:UA
UAE:AE UK:GB USA:US UY:UY UZ:UZ V:VA VN:VN WAG:GM WAL:SL WAN:NG WD:DM WG:GD WL:LC WS:WS WV:VC YEM:YE
YV:VE Z:ZM ZA:ZA ZW:ZW
"""
"""Distinguishing signs of vehicles in international traffic, each with its country."""
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
    plates = [pair.split(":") for pair in PLATES.split()]
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
            "plates": [sign for sign, country in plates if country == code],
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
