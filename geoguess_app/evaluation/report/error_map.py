"""The maps of errors inside a report: folium's maps with everything they need in the page itself.

Leaflet's script and style come from the XStatic package and the base map from the program's own
data, so the maps work from a file with no network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from geoguess_app.core.format import distance, percent, threshold
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.types import Coordinate
from geoguess_app.evaluation.answers.collect import EvaluatedAnswer
from geoguess_app.evaluation.figures.base_map import base_map
from geoguess_app.evaluation.figures.maps import training_points
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.paths import resource_dir

ZOOM_CLOSEST = 12
ZOOM_CLOSEST_LOCAL = 20
MOST_TRAINING_POINTS = 5000


@dataclass(frozen=True)
class MapParts:
    """Pieces of HTML to be put into a page: head, one body per map by key, and end."""

    head: str
    bodies: Mapping[str, str]
    script: str


def error_maps(evaluations: Mapping[str, Evaluation]) -> MapParts | None:
    """A map for each evaluation: one marker per answer at the true position, sized and coloured
    by the error. None without any."""
    if not evaluations:
        return None
    leaflet_js, leaflet_css = leaflet()
    drawing = (resource_dir() / "report" / "error_map.js").read_text(encoding="utf-8")
    heads, bodies, calls = [], {}, []
    for key, evaluation in evaluations.items():
        head, body, call = _one_map(key, evaluation)
        heads.append(head)
        bodies[key] = body
        calls.append(call)
    everywhere = all(evaluation.scale.local for evaluation in evaluations.values())
    base = {"grid": 1, "land": [], "borders": []} if everywhere else base_map()
    joined = "\n".join(calls)
    return MapParts(
        head=f"<style>{leaflet_css}</style>\n{''.join(heads)}",
        bodies=bodies,
        script=(
            f"<script>{leaflet_js}</script>\n<script>{drawing}\n"
            f"const geoguessBase = {script_json(base)};\n{joined}</script>"
        ),
    )


def _one_map(key: str, evaluation: Evaluation) -> tuple[str, str, str]:
    """Styles, element and script of one map."""
    import folium

    world = folium.Map(
        location=[20, 10],
        zoom_start=2,
        min_zoom=1,
        max_zoom=ZOOM_CLOSEST_LOCAL if evaluation.scale.local else ZOOM_CLOSEST,
        tiles=None,
        prefer_canvas=True,
        zoom_snap=0.25,
        world_copy_jump=False,
    )
    world.default_js, world.default_css = [], []
    figure: Any = world.get_root()
    figure.render()
    options = {
        "key": key,
        "bands": list(evaluation.scale.thresholds_km),
        "names": [*(f"within {threshold(km)}" for km in evaluation.scale.thresholds_km), "farther"],
        "local": evaluation.scale.local,
        "dots": "training photos" if evaluation.model.bank is not None else "mean points of cells",
        "known": _known_facts(evaluation) if evaluation.scale.local else [],
    }
    call = (
        f"geoguessErrorMap({world.get_name()}, geoguessBase, "
        f"{script_json(map_photos(evaluation))}, {script_json(options)});"
    )
    return (
        _own_styles(figure.header.render()),
        figure.html.render(),
        f"{figure.script.render()}\n{call}",
    )


def map_photos(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return what the map knows of each answer, in the order of the answers."""
    return [
        {
            "file": answer.row.file,
            "true": _round(answer.row.latitude_deg, answer.row.longitude_deg),
            "said": _round(answer.coordinate.latitude_deg, answer.coordinate.longitude_deg),
            "km": round(float(km), 4),
            "r80": round(answer.radii.r80_km, 4),
            "off": f"{distance(float(km))} off",
            "lines": _popup_lines(answer, evaluation.scale.local),
        }
        for answer, km in zip(evaluation.answers, evaluation.metrics.distance_km, strict=True)
    ]


def _popup_lines(answer: EvaluatedAnswer, local: bool) -> list[str]:
    """Answer, truth and what the model promised; at town scale every answer is within 25 km."""
    digits = 6 if local else 4
    place = ", ".join(part for part in (answer.place.city, answer.place.country) if part)
    truth = Coordinate(answer.row.latitude_deg, answer.row.longitude_deg)
    radius = f"80% radius {distance(answer.radii.r80_km)}"
    sure = f"Confidence {percent(answer.confidence)}, level {answer.level}, "
    return [
        f"Answer{f': near {place}' if place else ''} ({decimal(answer.coordinate, digits)})",
        f"True position: {decimal(truth, digits)}",
        radius if local else sure + radius,
    ]


def _known_facts(evaluation: Evaluation) -> list[list[float]]:
    """Where training photos lie: at town scale, where no base map is, they show the streets."""
    points = training_points(evaluation)[:MOST_TRAINING_POINTS]
    return [_round(latitude, longitude) for latitude, longitude in points.tolist()]


@cache
def leaflet() -> tuple[str, str]:
    """Leaflet's script and style without references to files beside them."""
    from xstatic.pkg import leaflet as package

    folder = Path(package.BASE_DIR)
    script = (folder / "leaflet.js").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=.*", "", script)
    style = (folder / "leaflet.css").read_text(encoding="utf-8")
    return script, re.sub(r"url\([^)]*\)", "none", style)


def script_json(value: Any) -> str:
    """JSON that may stand inside a script element whatever texts it holds."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _own_styles(header: str) -> str:
    """Folium's styles for the map's own element, without those that make it fill the page."""
    styles = re.findall(r"<style>(.*?)</style>", header, flags=re.DOTALL)
    return "".join(f"<style>{style}</style>" for style in styles if "#map_" in style)


def _round(latitude_deg: float, longitude_deg: float) -> list[float]:
    return [round(latitude_deg, 6), round(longitude_deg, 6)]
