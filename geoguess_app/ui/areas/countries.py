"""The countries that can be searched."""

from __future__ import annotations


def countries() -> list[tuple[str, str]]:
    """Codes and names of all countries, by name; reads the gazetteer."""
    from geoguess_app.core.geo.earth_table import earth_table
    from geoguess_app.core.geo.gazetteer import fold, load_gazetteer

    names = load_gazetteer().country_names
    codes = {code: names.get(code, code) for code in earth_table("countries").names if code}
    return sorted(codes.items(), key=lambda item: fold(item[1]))
