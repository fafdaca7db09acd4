"""Builds the map page with folium, once, with every link pointing at the program's own scheme."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from geoguess_app.ui.map.scheme import BASE_URL

_SCRIPTS = [
    ("qwebchannel", "qrc:///qtwebchannel/qwebchannel.js"),
    ("leaflet", BASE_URL + "leaflet/leaflet.js"),
]
_STYLES = [
    ("leaflet_css", BASE_URL + "leaflet/leaflet.css"),
    ("map_css", BASE_URL + "map.css"),
]
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def build_page() -> str:
    """The HTML of the map page: a bare folium map, our scripts, a strict content policy.

    Takes about a second the first time, because folium imports much; safe in any thread.
    """
    import folium

    world = folium.Map(
        location=[25.0, 10.0],
        zoom_start=2,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_animation=False,
        scroll_wheel_zoom=False,
        double_click_zoom=False,
        box_zoom=False,
        keyboard=False,
        zoom_snap=0,
        max_zoom=17,
        max_bounds_viscosity=1,
    )
    world.default_js = _SCRIPTS
    world.default_css = _STYLES
    figure: Any = world.get_root()
    figure.title = "Map"
    figure.header.add_child(
        folium.Element(f'<meta name="geoguess-map" content="{world.get_name()}">')
    )
    figure.html.add_child(folium.Element('<script type="module" src="js/main.js"></script>'))
    return with_content_policy(figure.render())


def with_content_policy(html: str) -> str:
    """The page with a policy that allows its own inline scripts by hash, and our scheme alone."""
    hashes = " ".join(
        "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
        for script in _INLINE_SCRIPT.findall(html)
    )
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src 'self' qrc: {hashes}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return html.replace("<head>", f"<head>\n    {meta}", 1)
