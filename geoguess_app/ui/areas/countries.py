"""The countries that can be searched."""

from __future__ import annotations


def countries() -> list[tuple[str, str]]:
    """Codes and names of all countries, by name; reads the gazetteer."""
    from geoguess_app.core.geo.gazetteer import fold, load_gazetteer

    gazetteer = load_gazetteer()
    names = gazetteer.country_names
    codes = {code: names.get(code, code) for code in set(gazetteer.country_code) if code}
    return sorted(codes.items(), key=lambda item: fold(item[1]))
