"""The points of a photo table to look at: a picture, and a map in a page that needs no network."""

from __future__ import annotations

import functools
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.cells import leaf_ids, parents
from geoguess_app.core.format import count
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.types import Coordinate, FloatArray, IdArray
from geoguess_app.evaluation.figures.base_map import base_map
from geoguess_app.evaluation.figures.theme import LIGHT, canvas, png
from geoguess_app.evaluation.report.error_map import leaflet, script_json
from geoguess_app.paths import resource_dir

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_MARKERS = 20_000
_LOCAL_DEG = 20.0
"""A set narrower than this gets the finer coastline."""
_SMALL_SET = 5000
_REGION_LEVEL = 5
"""S2 level of the region shown closely: about 300 km."""

Window = tuple[float, float, float, float]
"""South, north, west, east in degrees."""
_WORLD: Window = (-60.0, 80.0, -180.0, 180.0)


@dataclass(frozen=True, eq=False)
class PointGroup:
    """Points of one kind, drawn in one colour (CSS notation)."""

    name: str
    colour: str
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    labels: Sequence[str] | None = None


def point_picture(groups: Sequence[PointGroup], title: str) -> bytes:
    """A PNG: left all points on the world map, right their scatter where most photos are."""
    figure, (world, close) = canvas(LIGHT, columns=2, size=(13.0, 4.0))
    latitude = np.concatenate([group.latitude_deg for group in groups])
    longitude = np.concatenate([group.longitude_deg for group in groups])
    crowded = latitude.size >= _SMALL_SET
    for ax, window in ((world, _WORLD), (close, _window(latitude, longitude))):
        _draw_land(ax, window)
        for group in groups:
            ax.scatter(
                group.longitude_deg,
                group.latitude_deg,
                s=1.5 if crowded else 9.0,
                color=group.colour,
                linewidths=0,
                alpha=0.5 if crowded else 0.8,
                label=f"{group.name} ({group.latitude_deg.size:,})",
                zorder=3,
            )
        ax.tick_params(labelsize=8)
    for ax, text in ((world, title), (close, "where most photos are")):
        ax.set_title(text, fontsize=10, color=LIGHT.text, loc="left")
    figure.legend(
        *world.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=9,
        labelcolor=LIGHT.text,
        markerscale=4 if crowded else 2,
    )
    return png(figure)


def _window(latitude: FloatArray, longitude: FloatArray) -> Window:
    """Around all but the outermost hundredth; of a wide set around its most crowded region."""
    if not latitude.size:
        return _WORLD
    window = _bounds(latitude, longitude)
    if max(window[1] - window[0], window[3] - window[2]) <= _LOCAL_DEG:
        return window
    _, region, counts = np.unique(
        parents(leaf_ids(latitude, longitude), _REGION_LEVEL),
        return_inverse=True,
        return_counts=True,
    )
    crowd = region == counts.argmax()
    return _bounds(latitude[crowd], longitude[crowd])


def _bounds(latitude: FloatArray, longitude: FloatArray) -> Window:
    south, north = np.percentile(latitude, [0.5, 99.5])
    west, east = np.percentile(longitude, [0.5, 99.5])
    margin = max(0.05 * (north - south), 0.05 * (east - west), 0.002)
    return south - margin, north + margin, west - margin, east + margin


def _draw_land(ax: Axes, window: Window) -> None:
    from matplotlib.collections import PolyCollection

    south, north, west, east = window
    fine = max(north - south, east - west) < _LOCAL_DEG
    rings = _land("land-10m.json" if fine else "land-50m.json")
    near = [
        ring
        for ring in rings
        if ring[:, 0].max() >= west
        and ring[:, 0].min() <= east
        and ring[:, 1].max() >= south
        and ring[:, 1].min() <= north
    ]
    ax.set_facecolor("#e8eef4")
    ax.add_collection(
        PolyCollection(near, facecolors="#fbfaf6", edgecolors="#b9c4cf", linewidths=0.5, zorder=1)
    )
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    # A degree of longitude is shorter than one of latitude; equal kilometres must look equal.
    middle = 0.0 if window == _WORLD else np.radians((south + north) / 2)
    ax.set_aspect(1 / max(np.cos(middle), 0.1), adjustable="box", anchor="W")


@functools.cache
def _land(name: str) -> list[FloatArray]:
    """Rings (n, 2) of longitude and latitude in degrees; none where the data is missing."""
    path = resource_dir() / "map" / "data" / name
    if not path.is_file():
        return []
    data = json.loads(path.read_text(encoding="utf-8"))
    rings = []
    for flat in data["land"]:
        x, y = np.cumsum(np.array(flat, dtype=np.int64).reshape(-1, 2), axis=0).T / data["grid"]
        lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y))))
        rings.append(np.stack([360 * x - 180, lat], axis=1))
    return rings


def point_page(groups: Sequence[PointGroup], title: str, summary: str) -> str:
    """One HTML page with Leaflet, the base map and the points inside it."""
    folder = resource_dir() / "report"
    script, style = leaflet()
    parts = {
        "title": html.escape(title),
        "summary": html.escape(summary),
        "leaflet_css": style,
        "leaflet_js": script,
        "drawing": (folder / "point_map.js").read_text(encoding="utf-8"),
        "base": script_json(base_map()),
        "groups": script_json([_group_json(group, len(groups)) for group in groups]),
    }
    page = (folder / "point_map.html").read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace(f"{{{{ {name} }}}}", text)
    return page


def _group_json(group: PointGroup, groups: int) -> dict[str, Any]:
    first, counts = _thin(group.latitude_deg, group.longitude_deg, _MOST_MARKERS // groups)
    return {
        "colour": group.colour,
        "text": f"{group.name} ({group.latitude_deg.size:,})",
        "points": [
            _point_json(group, row, number)
            for row, number in zip(first.tolist(), counts.tolist(), strict=True)
        ],
    }


def _point_json(group: PointGroup, row: int, photos: int) -> list[Any]:
    """Latitude, longitude, number of photos, and the two lines of the card."""
    place = Coordinate(float(group.latitude_deg[row]), float(group.longitude_deg[row]))
    label = group.labels[row] if group.labels else ""
    return [
        round(place.latitude_deg, 6),
        round(place.longitude_deg, 6),
        photos,
        label if photos == 1 else count(photos, "photo", "photos"),
        f"{decimal(place)}: {group.name}",
    ]


def _thin(latitude: FloatArray, longitude: FloatArray, most: int) -> tuple[Any, Any]:
    """One row per place and how many there are: the finest S2 level with at most that many."""
    leaves: IdArray = leaf_ids(latitude, longitude)
    for level in range(30, -1, -2):
        _, first, counts = np.unique(parents(leaves, level), return_index=True, return_counts=True)
        if first.size <= most:
            break
    return first, counts
