"""Maps as pictures: the errors where they happened, and the answers beside the truths."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.format import threshold
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.evaluation.figures.base_map import base_map
from geoguess_app.evaluation.figures.theme import WIDE, FigureTheme, canvas, legend, png
from geoguess_app.evaluation.study.evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KM_PER_DEGREE = 111.195
"""Of latitude, on a sphere of 6371 km."""
LEAST_SPAN_DEG = 12.0
"""A map of the world shows at least that much of it."""
SMALLEST, GROWTH = 16.0, 9.0
"""Area of the marker of the smallest errors, and what each band adds, points²."""


def error_map(evaluation: Evaluation, theme: FigureTheme) -> bytes:
    """One marker per photo at its true position, the larger and warmer the farther off."""
    plan = _plan(evaluation, evaluation_positions(evaluation))
    figure, (ax,) = canvas(theme, size=(WIDE[0], plan.height_in(WIDE[0]) + 0.7))
    truth, said = plan.project(_truth(evaluation)), plan.project(_positions_stated(evaluation))
    plan.draw(ax, evaluation, theme)
    band = error_band(evaluation)
    if evaluation.scale.local:
        for start, end in zip(truth, said, strict=True):
            ax.plot(*np.stack([start, end]).T, color=theme.muted, lw=0.6, alpha=0.5, zorder=2)
    # The small errors on top: large markers of what lies near would hide them.
    for number in reversed(range(len(theme.bands))):
        chosen = band == number
        ax.scatter(
            truth[chosen, 0],
            truth[chosen, 1],
            s=SMALLEST + GROWTH * number,
            color=theme.bands[number],
            edgecolors=theme.background,
            linewidths=0.4,
            alpha=0.85,
            label=f"{band_name(evaluation, number)} ({int(chosen.sum())})",
            zorder=9 - number,
        )
    handles, names = ax.get_legend_handles_labels()
    options: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 4}
    legend(ax, theme, handles=handles[::-1], labels=names[::-1], **options)
    return png(figure)


def positions(evaluation: Evaluation, theme: FigureTheme) -> bytes:
    """Return where the photos were taken, and where the model put them."""
    plan = _plan(evaluation, evaluation_positions(evaluation))
    figure, axes = canvas(theme, columns=2, size=(WIDE[0], plan.height_in(WIDE[0] / 2) + 0.3))
    sides = (
        ("taken", _truth(evaluation), theme.accent),
        ("put", _positions_stated(evaluation), theme.second),
    )
    for ax, (title, points, colour) in zip(axes, sides, strict=True):
        plan.draw(ax, evaluation, theme)
        at = plan.project(points)
        ax.scatter(at[:, 0], at[:, 1], s=16, color=colour, alpha=0.55, edgecolors="none")
        ax.set_title(f"where the photos were {title}", fontsize=10, color=theme.text)
    return png(figure)


def error_band(evaluation: Evaluation) -> IntArray:
    """(n,) 0 within the first distance, 1 within the second, … 5 beyond them all."""
    limits = np.array(evaluation.scale.thresholds_km)
    return np.searchsorted(limits, evaluation.metrics.distance_km, side="left").astype(np.int64)


def band_name(evaluation: Evaluation, number: int) -> str:
    """ "within 25 km", … "farther"."""
    limits = evaluation.scale.thresholds_km
    return f"within {threshold(limits[number])}" if number < len(limits) else "farther"


def evaluation_positions(evaluation: Evaluation) -> FloatArray:
    """(2n, 2) true and said positions, degrees."""
    return np.concatenate([_truth(evaluation), _positions_stated(evaluation)])


def _truth(evaluation: Evaluation) -> FloatArray:
    rows = [answer.row for answer in evaluation.answers]
    return np.array([(row.latitude_deg, row.longitude_deg) for row in rows]).reshape(-1, 2)


def _positions_stated(evaluation: Evaluation) -> FloatArray:
    said = [answer.coordinate for answer in evaluation.answers]
    return np.array([(c.latitude_deg, c.longitude_deg) for c in said]).reshape(-1, 2)


def _plan(evaluation: Evaluation, points: FloatArray) -> _World | _Town:
    if not evaluation.scale.local:
        return _World(points)
    return _Town(points, _truth(evaluation))


class _World:
    """Latitude over longitude, with land behind, over the part that holds the points."""

    def __init__(self, points: FloatArray) -> None:
        low, high = points.min(axis=0), points.max(axis=0)
        middle, half = (low + high) / 2, np.maximum((high - low) * 0.54, LEAST_SPAN_DEG / 2)
        self._low = np.maximum(middle - half, (-90, -180))
        self._high = np.minimum(middle + half, (90, 180))
        self._aspect = 1.0 / max(0.3, float(np.cos(np.radians(middle[0] * 0.8))))

    def height_in(self, width_in: float) -> float:
        """How high a map of that width is, inches."""
        high, wide = self._high - self._low
        return float(np.clip(width_in * high * self._aspect / wide, 1.0, 6.5))

    def project(self, points: FloatArray) -> FloatArray:
        """(n, 2) x and y."""
        return points[:, ::-1]

    def draw(self, ax: Axes, evaluation: Evaluation, theme: FigureTheme) -> None:
        """Land and limits."""
        from matplotlib.collections import PolyCollection

        land = PolyCollection(
            _land_rings(), facecolors=theme.land, edgecolors=theme.coast, linewidths=0.4, zorder=1
        )
        ax.add_collection(land)
        ax.set_xlim(self._low[1], self._high[1])
        ax.set_ylim(self._low[0], self._high[0])
        ax.set_aspect(self._aspect)
        ax.grid(False)
        ax.set_xticks([])
        ax.set_yticks([])


class _Town:
    """Metres or kilometres east and north of the middle, with the training photos behind."""

    def __init__(self, points: FloatArray, truth: FloatArray) -> None:
        self._middle = np.median(truth, axis=0)
        km = self._kilometres(points)
        low, high = km.min(axis=0), km.max(axis=0)
        margin = 0.06 * max(float((high - low).max()), 1e-4)
        self._unit, self._per_km = ("km", 1.0) if (high - low).max() > 3 else ("m", 1000.0)
        self._low, self._high = low - margin, high + margin

    def height_in(self, width_in: float) -> float:
        """How high a map of that width is with its labels, inches."""
        wide, high = self._high - self._low
        return float(np.clip((width_in - 0.8) * high / wide + 0.5, 2.5, 5.5))

    def _kilometres(self, points: FloatArray) -> FloatArray:
        degrees = points - self._middle
        degrees[:, 1] = (degrees[:, 1] + 180.0) % 360.0 - 180.0
        narrower = np.cos(np.radians(self._middle[0]))
        return np.asarray(degrees[:, ::-1] * KM_PER_DEGREE * np.array([narrower, 1.0]))

    def project(self, points: FloatArray) -> FloatArray:
        """(n, 2) x and y."""
        return self._kilometres(points) * self._per_km

    def draw(self, ax: Axes, evaluation: Evaluation, theme: FigureTheme) -> None:
        """Training photos, axes and limits."""
        known = training_points(evaluation)
        if len(known):
            at = self.project(known)
            what = (
                "training photos" if evaluation.model.bank is not None else "mean points of cells"
            )
            label = f"{what} ({len(known)})"
            ax.scatter(
                at[:, 0],
                at[:, 1],
                s=10,
                color=theme.muted,
                alpha=0.45,
                edgecolors="none",
                zorder=1,
                label=label,
            )
        ax.set_xlim(self._low[0] * self._per_km, self._high[0] * self._per_km)
        ax.set_ylim(self._low[1] * self._per_km, self._high[1] * self._per_km)
        ax.set_aspect("equal")
        ax.set_xlabel(f"{self._unit} east")
        ax.set_ylabel(f"{self._unit} north")


def training_points(evaluation: Evaluation) -> FloatArray:
    """(m, 2) where the model's training photos lie, as far as its bundle tells; degrees."""
    model = evaluation.model
    if model.bank is not None:
        return np.stack([model.bank.latitude_deg, model.bank.longitude_deg], axis=1)
    if model.partitions:
        finest = model.partitions[-1]
        return np.stack([finest.mean_latitude_deg, finest.mean_longitude_deg], axis=1)
    return np.zeros((0, 2))


@cache
def _land_rings() -> tuple[FloatArray, ...]:
    """Rings (k, 2) of longitude and latitude."""
    base = base_map()
    rings = []
    for ring in base["land"]:
        points = np.cumsum(np.array(ring, dtype=np.int64).reshape(-1, 2), axis=0) / base["grid"]
        latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * points[:, 1]))))
        rings.append(np.stack([points[:, 0] * 360 - 180, latitude], axis=1))
    return tuple(rings)
