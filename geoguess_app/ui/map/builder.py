"""The builder of the map page: folium, once, with every link pointing at the program's own
scheme."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from geoguess_app.ui.map.scheme import BASE_URL

RECIPE: dict[str, Any] = {
    "scripts": [
        ("qwebchannel", "qrc:///qtwebchannel/qwebchannel.js"),
        ("leaflet", BASE_URL + "leaflet/leaflet.js"),
    ],
    "styles": [
        ("leaflet_css", BASE_URL + "leaflet/leaflet.css"),
        ("map_css", BASE_URL + "map.css"),
    ],
    # The page moves and zooms by itself (motion.js), so Leaflet's own ways are off.
    "map": {
        "location": [20.0, 12.0],
        "zoom_start": 2,
        "tiles": None,
        "zoom_control": False,
        "attribution_control": False,
        "zoom_animation": False,
        "scroll_wheel_zoom": False,
        "double_click_zoom": False,
        "box_zoom": False,
        "keyboard": False,
        "zoom_snap": 0,
        "max_zoom": 17,
        "max_bounds_viscosity": 1,
    },
    "main": '<script type="module" src="js/main.js"></script>',
    # Scripts of the page itself are allowed by hash; folium and Leaflet set styles in the page.
    "policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'self' qrc: {hashes}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
    ),
}
"""All that goes into the page beside folium itself; see ``page_cache``."""

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def build_page() -> str:
    """The HTML of the map page: a bare folium map, our scripts, a strict content policy.

    Takes about a second the first time, because folium imports much; safe in any thread.
    """
    import folium

    world = folium.Map(**RECIPE["map"])
    world.default_js = RECIPE["scripts"]
    world.default_css = RECIPE["styles"]
    figure: Any = world.get_root()
    figure.title = "Map"
    name = f'<meta name="geoguess-map" content="{world.get_name()}">'
    figure.header.add_child(folium.Element(name))
    figure.html.add_child(folium.Element(RECIPE["main"]))
    return _with_content_policy(figure.render()).rstrip()


def _with_content_policy(html: str) -> str:
    """The page with a policy that allows its own inline scripts by hash, and our scheme alone."""
    hashes = " ".join(
        "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
        for script in _INLINE_SCRIPT.findall(html)
    )
    policy = RECIPE["policy"].format(hashes=hashes)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace("<head>", f"<head>\n    {meta}", 1)
