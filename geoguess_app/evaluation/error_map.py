"""The map of errors inside a report: folium's map with everything it needs in the page itself.

Leaflet's script and style come from the XStatic package and the base map from the program's own
data, so the map works from a file with no network.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.evaluation.evaluation import Evaluation
from geoguess_app.paths import resource_dir

BASE_GRID = 1 << 14
"""Steps across the world that the base map keeps: one pixel at zoom 6, enough for errors."""
ZOOM_CLOSEST = 12


@dataclass(frozen=True)
class MapParts:
    """Pieces of HTML to be put into a page's head, body and end, in that order."""

    head: str
    body: str
    script: str


def error_map(evaluation: Evaluation) -> MapParts:
    """The map: one marker per answer at the true position, its size and colour by the error."""
    import folium

    world = folium.Map(
        location=[20, 10],
        zoom_start=2,
        min_zoom=1,
        max_zoom=ZOOM_CLOSEST,
        tiles=None,
        prefer_canvas=True,
        zoom_snap=0.25,
        world_copy_jump=False,
    )
    world.default_js, world.default_css = [], []
    figure: Any = world.get_root()
    figure.render()
    leaflet_js, leaflet_css = leaflet()
    drawing = (resource_dir() / "report" / "error_map.js").read_text(encoding="utf-8")
    call = (
        f"geoguessErrorMap({world.get_name()}, {script_json(base_map())}, "
        f"{script_json(map_photos(evaluation))});"
    )
    return MapParts(
        head=f"<style>{leaflet_css}</style>\n{_own_styles(figure.header.render())}",
        body=figure.html.render(),
        script=(
            f"<script>{leaflet_js}</script>\n<script>{figure.script.render()}\n{drawing}\n"
            f"{call}</script>"
        ),
    )


def map_photos(evaluation: Evaluation) -> list[dict[str, Any]]:
    """What the map knows of each answer, in the order of the answers."""
    return [
        {
            "file": answer.row.file,
            "true": _rounded(answer.row.latitude_deg, answer.row.longitude_deg),
            "said": _rounded(answer.coordinate.latitude_deg, answer.coordinate.longitude_deg),
            "km": round(float(km), 3),
            "r80": round(answer.radii.r80_km, 2),
            "confidence": round(answer.confidence, 4),
            "level": str(answer.level),
            "place": ", ".join(part for part in (answer.place.city, answer.place.country) if part),
        }
        for answer, km in zip(evaluation.answers, evaluation.metrics.distance_km, strict=True)
    ]


@cache
def leaflet() -> tuple[str, str]:
    """Leaflet's script and style without references to files beside them."""
    from xstatic.pkg import leaflet as package

    folder = Path(package.BASE_DIR)
    script = (folder / "leaflet.js").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=.*", "", script)
    style = (folder / "leaflet.css").read_text(encoding="utf-8")
    return script, re.sub(r"url\([^)]*\)", "none", style)


@cache
def base_map() -> dict[str, Any]:
    """Land and borders on a coarse grid; empty where the program's map data is missing.

    Same form as the data itself: flat lists x, y, dx, dy, … on a Web Mercator grid.
    """
    path = resource_dir() / "map" / "data" / "land-50m.json"
    if not path.is_file():
        return {"grid": BASE_GRID, "land": [], "borders": []}
    data = json.loads(path.read_text(encoding="utf-8"))
    step = data["grid"] / BASE_GRID
    land = [_coarser(ring, step) for ring in data["land"]]
    borders = [_coarser(line, step) for line in data["borders"]]
    return {
        "grid": BASE_GRID,
        "land": [ring for ring in land if len(ring) >= 8],
        "borders": [line for line in borders if len(line) >= 4],
    }


def _coarser(steps: list[int], step: float) -> list[int]:
    points = np.cumsum(np.array(steps, dtype=np.int64).reshape(-1, 2), axis=0)
    grid = np.rint(points / step).astype(np.int64)
    moved = np.concatenate([[True], np.any(np.diff(grid, axis=0) != 0, axis=1)])
    grid = grid[moved]
    grid[1:] = np.diff(grid, axis=0)
    return [int(value) for value in grid.ravel()]


def script_json(value: Any) -> str:
    """JSON that may stand inside a script element whatever texts it holds."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _own_styles(header: str) -> str:
    """Folium's styles for the map's own element, without those that make it fill the page."""
    styles = re.findall(r"<style>(.*?)</style>", header, flags=re.DOTALL)
    return "".join(f"<style>{style}</style>" for style in styles if "#map_" in style)


def _rounded(latitude_deg: float, longitude_deg: float) -> list[float]:
    return [round(latitude_deg, 5), round(longitude_deg, 5)]
