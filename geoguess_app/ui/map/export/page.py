"""The map as one HTML file: folium's page with our scripts, the map data and the state inside.

Nothing is fetched: Leaflet comes from the XStatic package, the scripts become modules of an import
map, and what the page would ask the program for is packed into it.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from geoguess_app.evaluation.report.error_map import leaflet, script_json
from geoguess_app.paths import resource_dir
from geoguess_app.ui.map.builder import RECIPE
from geoguess_app.ui.map.detail import WORLD, DetailFile, tiles_around
from geoguess_app.ui.map.export.snapshot import FINE_COAST_ZOOM, Caption, MapSnapshot

_ALWAYS = ("data/land-50m.json", "data/labels.json", "data/ramp.json")
_NEAR = "data/land-10m.json"
_WATERS_FROM_ZOOM = 3.0
"""Farther away lakes and rivers are hardly worth their third of a megabyte."""
_NEAR_PX = (1600, 1000)
"""What is packed around the middle of a near view."""
_LEFT_OUT = ("tiles", "buttons")
"""Tiles stay where they are; buttons are always there."""
_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; script-src 'unsafe-inline' data:; "
    "style-src 'unsafe-inline'; img-src data:; connect-src 'none'"
)
_PREFIX = "geoguess/"
_HEAD, _BODY = "<!-- geoguess: head -->", "<!-- geoguess: body -->"
_IMPORT = re.compile(r"""(\bfrom\s*|\bimport\s*)(["'])(\.{1,2}/[^"']+)\2""")


def exported_page(shot: MapSnapshot, caption: Caption) -> str:
    """The HTML text; about a second, most of it for importing folium the first time."""
    import folium

    world = folium.Map(**RECIPE["map"])
    world.default_js, world.default_css = [], []
    figure: Any = world.get_root()
    figure.title = html.escape(caption.title)
    # Put in afterwards: folium would take braces in scripts for templates of its own.
    figure.header.add_child(folium.Element(_HEAD))
    figure.html.add_child(folium.Element(_BODY))
    text: str = figure.render()
    body = f'{_banner(caption)}<script type="module">import "{_PREFIX}main.js"</script>'
    text = text.replace(_HEAD, "\n".join(_head(world.get_name(), shot)), 1).replace(_BODY, body, 1)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return text.replace("<head>", f"<head>\n    {policy}", 1)


def _head(name: str, shot: MapSnapshot) -> Iterator[str]:
    folder = resource_dir() / "map"
    leaflet_js, leaflet_css = leaflet()
    yield f'<meta name="geoguess-map" content="{name}">'
    for style in (
        leaflet_css,
        *((folder / f).read_text("utf-8") for f in ("map.css", "export.css")),
    ):
        yield f"<style>{style}</style>"
    yield f"<script>{leaflet_js}</script>"
    packed = script_json(_pack(shot))
    yield f'<script type="application/json" id="geoguess-export">{packed}</script>'
    yield f"<script>{(folder / 'export.js').read_text('utf-8')}</script>"
    yield f'<script type="importmap">{script_json({"imports": modules()})}</script>'


def _banner(caption: Caption) -> str:
    title, note = html.escape(caption.title), html.escape(caption.note)
    return f'<header class="exported"><h1>{title}</h1><p>{note}</p></header>'


def _pack(shot: MapSnapshot) -> dict[str, Any]:
    files = dict(shot.files)
    wanted = (*_ALWAYS, _NEAR) if shot.zoom >= FINE_COAST_ZOOM else _ALWAYS
    for name in wanted:
        files[name] = (resource_dir() / "map" / name).read_bytes()
    waters = [WORLD] if shot.zoom >= _WATERS_FROM_ZOOM else []
    detail = DetailFile()
    for name in (*waters, *tiles_around(shot.center, shot.zoom, *_NEAR_PX)):
        files[name] = detail.content(name)
    center = shot.center
    view = ["go", center.latitude_deg, center.longitude_deg, shot.zoom]
    return {
        "topics": [[topic, text] for topic, text in shot.topics.items() if topic not in _LEFT_OUT],
        "view": json.dumps(view),
        "files": {path: _gzip(content) for path, content in files.items()},
    }


def _gzip(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def modules() -> Mapping[str, str]:
    """The page's scripts as data addresses, by the names under which they import each other."""
    folder = resource_dir() / "map" / "js"
    found = {}
    for file in sorted(folder.rglob("*.js")):
        name = PurePosixPath(file.relative_to(folder).as_posix())
        text = _IMPORT.sub(lambda m, at=name: _rename(m, at), file.read_text("utf-8"))  # type: ignore[misc]
        encoded = base64.b64encode(text.encode()).decode()
        found[f"{_PREFIX}{name}"] = f"data:text/javascript;base64,{encoded}"
    return found


def _rename(match: re.Match[str], importer: PurePosixPath) -> str:
    """An import from "./x.js" as one from a name of the import map."""
    parts: list[str] = list(importer.parent.parts)
    for step in match[3].split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return f'{match[1]}"{_PREFIX}{"/".join(parts)}"'
