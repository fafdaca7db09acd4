"""Maps of one answer as SVG: its cells, its radius and its point, drawn without a network.

Light, and readable on paper: what a colour says is said by a shape or a number as well.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from geoguess_app.core.format import threshold
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.geo.sphere import circle
from geoguess_app.core.types import Coordinate, FloatArray
from geoguess_app.paths import resource_dir
from geoguess_app.report.land import MapWindow, borders, coasts, line_path

WIDTH_PX, HEIGHT_PX = 720, 350
EARTH_ROUND_KM = 40_030.2
_ROOM = 1.3
"""A map shows so many times the extent of what it is about."""
_LEAST_SPAN, _LEAST_NEAR_SPAN = 0.12, 0.0008
"""World units: some 43 and 0.3 degrees of longitude."""
_WHOLE = (0.145, 0.69)
"""From and to: the part of the square world that people live in, top to bottom."""
_EDGE = 0.02
"""World units that stay free above and below what lies outside of that part."""
_FINE_FROM_PER_PX = 0.00008
"""World units for each pixel, from which on coasts are drawn from the finer data."""
_POWERS = 4
"""Powers of ten between the least and the most likely colour."""
_DARKEST = 0.8
"""The darkest colours are left out: coasts and names must stay readable on them."""
_LETTER_PX, _LINE_PX = 6.3, 14.0
_MOST_NAMES = 9


@dataclass(frozen=True, slots=True)
class DrawnAnswer:
    """One answer as maps draw it."""

    point: Coordinate
    r80_km: float
    certain: bool
    """Whether the model recognises the place; else its point is a best guess."""
    cells: Sequence[tuple[FloatArray, float]] = ()
    """Open rings (m, 2) in world coordinates, and the probability of a km² in each."""
    others: Sequence[Coordinate] = ()
    """The alternatives, from the second on."""
    known: Coordinate | None = None
    """The position that the file gives."""


def overview(answer: DrawnAnswer) -> str:
    """Draw all of the answer: cells, radius, alternatives, on as much of the world as they need."""
    points = [_world(c) for c in (answer.point, *answer.others)]
    points += [ring for ring, _ in answer.cells]
    if answer.certain:
        points.append(_ring_of(answer))
    return _svg(answer, _window(points, answer.point, _LEAST_SPAN), "overview")


def close_up(answer: DrawnAnswer) -> str:
    """Draw the surroundings of the answer; empty where the overview shows them as well."""
    if not answer.certain:
        return ""
    points = [_ring_of(answer)]
    window = _window(points, answer.point, _LEAST_NEAR_SPAN)
    if window.per_px * WIDTH_PX > _LEAST_SPAN / 3:
        return ""
    return _svg(answer, window, "close-up")


def heat_colours() -> list[str]:
    """List the colours of cells, from the least to the most likely, as the window has them."""
    path = resource_dir() / "map" / "data" / "ramp.json"
    colours: list[str] = json.loads(path.read_text(encoding="utf-8"))["colors"]
    return colours


def _world(coordinate: Coordinate) -> FloatArray:
    return world_points([coordinate.latitude_deg], [coordinate.longitude_deg])


def _ring_of(answer: DrawnAnswer) -> FloatArray:
    ring = circle(answer.point, max(answer.r80_km, 0.01))
    return world_points(ring[:, 0], ring[:, 1])


def _window(parts: Sequence[FloatArray], middle: Coordinate, least: float) -> MapWindow:
    """The smallest window with room around all parts; the whole world where they need it."""
    x0 = float(_world(middle)[0, 0])
    moved = [part + np.array([np.round(x0 - part[:, 0].mean()), 0.0]) for part in parts]
    low = np.min([part.min(axis=0) for part in moved], axis=0)
    high = np.max([part.max(axis=0) for part in moved], axis=0)
    centre = (low + high) / 2
    ratio = WIDTH_PX / HEIGHT_PX
    width = float(max(_ROOM * (high[0] - low[0]), _ROOM * (high[1] - low[1]) * ratio, least))
    if width > 0.75:
        # Whole world, Greenwich in the middle as people know it.
        per_px = 1.0 / WIDTH_PX
        top = max(0.0, min(_WHOLE[0], float(low[1]) - _EDGE))
        bottom = min(1.0, max(_WHOLE[1], float(high[1]) + _EDGE))
        return MapWindow(0.0, top, per_px, WIDTH_PX, round((bottom - top) / per_px))
    per_px = width / WIDTH_PX
    top = float(centre[1]) - per_px * HEIGHT_PX / 2
    return MapWindow(float(centre[0]) - width / 2, top, per_px, WIDTH_PX, HEIGHT_PX)


def _svg(answer: DrawnAnswer, window: MapWindow, kind: str) -> str:
    fine = window.per_px < _FINE_FROM_PER_PX
    land = coasts(window, fine=fine)
    inside = [
        f'<rect class="sea" width="{window.width_px}" height="{window.height_px}"/>',
        f'<defs><path id="land-{kind}" d="{land}"/></defs>',
        f'<use class="land" href="#land-{kind}"/>',
        f'<clipPath id="inland-{kind}"><use href="#land-{kind}" clip-rule="evenodd"/></clipPath>',
        f'<g clip-path="url(#inland-{kind})">{"".join(_cells(answer, window))}</g>',
        f'<use class="coast" href="#land-{kind}"/>',
        f'<path class="border" d="{borders(window, fine=fine)}"/>',
        *_radius(answer, window),
        *_names(answer, window, towns=kind == "close-up"),
        *_marks(answer, window),
        _scale_bar(window),
    ]
    about = html.escape(_spoken(answer, kind))
    return (
        f'<svg class="map {kind}" role="img" aria-label="{about}" '
        f'viewBox="0 0 {window.width_px} {window.height_px}" '
        f'width="{window.width_px}" height="{window.height_px}">{"".join(inside)}</svg>'
    )


def _spoken(answer: DrawnAnswer, kind: str) -> str:
    what = "the answer" if answer.certain else "the best guess"
    if kind == "close-up":
        return f"Map of the surroundings of {what}, with the circle of its radius."
    seen = "and the cells that the model thinks likely" if answer.cells else "and its alternatives"
    return f"Map of where {what} lies, {seen}."


def _cells(answer: DrawnAnswer, window: MapWindow) -> Iterator[str]:
    for ring, colour in _coloured(answer.cells, heat_colours()):
        points = window.pixels(ring)
        if window.shows(points) and not _covers(points, window):
            yield f'<path class="cell" fill="{colour}" d="{line_path(points)}Z"/>'


def _covers(points: FloatArray, window: MapWindow) -> bool:
    """Whether a cell is larger than the map: its colour would say nothing there."""
    wide, high = np.ptp(points, axis=0)
    return bool(wide > window.width_px and high > window.height_px)


def _coloured(
    cells: Sequence[tuple[FloatArray, float]], colours: Sequence[str]
) -> Iterator[tuple[FloatArray, str]]:
    """Each cell's ring and its colour: logarithmic, over some powers of ten; the likeliest last."""
    most = max((value for _, value in cells), default=1.0)
    for ring, value in sorted(cells, key=lambda cell: cell[1]):
        share = 1.0 + math.log10(max(value / most, 10.0**-_POWERS)) / _POWERS
        yield ring, colours[round(share * (len(colours) - 1) * _DARKEST)]


def _radius(answer: DrawnAnswer, window: MapWindow) -> Iterator[str]:
    if answer.certain:
        path = f"{line_path(window.pixels(_ring_of(answer)))}Z"
        yield f'<path class="halo" d="{path}"/><path class="radius" d="{path}"/>'


def _marks(answer: DrawnAnswer, window: MapWindow) -> Iterator[str]:
    for rank, other in enumerate(answer.others, start=2):
        (x, y), *_ = window.pixels(_world(other)).tolist()
        if 0 < x < window.width_px and 0 < y < window.height_px:
            yield (
                f'<circle class="other" cx="{x:.1f}" cy="{y:.1f}" r="8"/>'
                f'<text class="rank" x="{x:.1f}" y="{y + 3.8:.1f}">{rank}</text>'
            )
    if answer.known is not None:
        (x, y), *_ = window.pixels(_world(answer.known)).tolist()
        square = f"M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8Z"
        yield f'<path class="known" d="{square}"/>'
    (x, y), *_ = window.pixels(_world(answer.point)).tolist()
    kind = "answer" if answer.certain else "guess"
    yield (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="9"/>'
        f'<text class="rank" x="{x:.1f}" y="{y + 3.8:.1f}">1</text>'
    )


def _names(answer: DrawnAnswer, window: MapWindow, *, towns: bool) -> Iterator[str]:
    """Names that cover neither each other nor marks."""
    taken: list[tuple[float, ...]] = [(0, window.height_px - 34, 190, window.height_px)]
    for marked in (answer.point, *answer.others, *([answer.known] if answer.known else [])):
        (x, y), *_ = window.pixels(_world(marked)).tolist()
        taken.append((x - 11, y - 11, x + 11, y + 11))
    drawn = 0
    for name, world in _towns(window) if towns else _countries():
        (x, y), *_ = window.pixels(world).tolist()
        width = _LETTER_PX * len(name)
        left = x + 6 if towns else x - width / 2
        box = (left - 4, y - _LINE_PX / 2, left + width + 4, y + _LINE_PX / 2)
        inside = (
            box[0] > 0 and box[1] > 0 and box[2] < window.width_px and box[3] < window.height_px
        )
        if not inside or any(_meet(box, other) for other in taken):
            continue
        taken.append(box)
        if towns:
            yield f'<circle class="town" cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>'
        anchor = "" if towns else " country"
        at = left if towns else x
        yield f'<text class="name{anchor}" x="{at:.1f}" y="{y + 4:.1f}">{html.escape(name)}</text>'
        drawn += 1
        if drawn == _MOST_NAMES:
            return


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _towns(window: MapWindow) -> Iterator[tuple[str, FloatArray]]:
    """Towns in the window by falling population."""
    from geoguess_app.core.geo.gazetteer import load_gazetteer

    gazetteer = load_gazetteer()
    world = world_points(gazetteer.latitude_deg, gazetteer.longitude_deg)
    right = window.left + window.width_px * window.per_px
    bottom = window.top + window.height_px * window.per_px
    from_left = np.mod(world[:, 0] - window.left, 1.0)
    near = (from_left < right - window.left) & (world[:, 1] > window.top) & (world[:, 1] < bottom)
    for row in np.flatnonzero(near).tolist():
        yield gazetteer.city[row], world[row : row + 1]


@cache
def _countries() -> tuple[tuple[str, FloatArray], ...]:
    """Names of countries, the largest first, and where they stand on maps."""
    path = resource_dir() / "map" / "data" / "labels.json"
    labels = json.loads(path.read_text(encoding="utf-8"))["countries"]
    return tuple((name, world_points([lat], [lon])) for name, lat, lon, *_ in labels)


def _scale_bar(window: MapWindow) -> str:
    """A bar of a round length, true at the middle of the map."""
    middle_y = window.top + window.per_px * window.height_px / 2
    shrunk = 1.0 / math.cosh(math.pi * (1.0 - 2.0 * middle_y))
    km_per_px = window.per_px * EARTH_ROUND_KM * shrunk
    power = 10.0 ** math.floor(math.log10(120 * km_per_px))
    length = max(step * power for step in (1, 2, 5) if step * power <= 120 * km_per_px)
    px, y = length / km_per_px, window.height_px - 12
    return (
        f'<path class="scale" d="M14 {y - 5}v5h{px:.1f}v-5"/>'
        f'<text class="name" x="{px + 22:.1f}" y="{y + 1}">{html.escape(threshold(length))}</text>'
    )
