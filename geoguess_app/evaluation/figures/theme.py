"""Colours and the empty canvas of the figures, for light and for dark pages.

Colours come from scales that stay apart for colour-blind readers. Figures are drawn with
matplotlib's Agg canvas directly: no window system, no global state.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geoguess_app.core.format import threshold
from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.figures import error_colours
from geoguess_app.evaluation.metrics.distances import Share
from geoguess_app.evaluation.metrics.scale import Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 160
WIDE = (8.6, 4.3)
HALF = (6.0, 4.2)
"""Sizes in inches, so that letters are as large as the text around a figure in the report."""


@dataclass(frozen=True)
class FigureTheme:
    """One set of colours (CSS notation); ``ramp`` runs from the finest distance to the farthest."""

    background: str
    text: str
    muted: str
    grid: str
    accent: str
    second: str
    land: str
    coast: str
    ramp: tuple[str, ...]
    bands: tuple[str, ...]
    """Of errors on maps: within each of the five distances, and farther; as in the page."""

    def line(self, number: int) -> dict[str, str]:
        """Colour and dashes of the n-th of several lines in one diagram: two that share one of
        them differ in the other, so that nobody needs to tell many colours apart."""
        colours = (self.accent, self.second, self.text, self.muted)
        dashes = ("-", "--", ":", "-.")
        return {"color": colours[number % 4], "ls": dashes[number // 4 % 4]}


LIGHT = FigureTheme(
    background="#ffffff",
    text="#1d2733",
    muted="#64748b",
    grid="#e3e8ee",
    accent="#1f6feb",
    second="#c2570c",
    land="#f1f0ea",
    coast="#b9c4cf",
    ramp=("#d99a00", "#5aae4a", "#21918c", "#3b6fb5", "#6a2c91"),
    bands=error_colours.LIGHT,
)
DARK = FigureTheme(
    background="#161d26",
    text="#e6edf3",
    muted="#93a1b1",
    grid="#2b3644",
    accent="#6cb6ff",
    second="#f0a35e",
    land="#26313d",
    coast="#46566a",
    ramp=("#fde725", "#7ad151", "#2fb47c", "#5f9bd1", "#b48ad8"),
    bands=error_colours.DARK,
)


def canvas(
    theme: FigureTheme, *, columns: int = 1, size: tuple[float, float] = WIDE
) -> tuple[Figure, Sequence[Axes]]:
    """An empty figure (inches) with that many axes side by side, in the theme's colours."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI, facecolor=theme.background, layout="constrained")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(1, columns, squeeze=False)[0])
    for ax in axes:
        style(ax, theme)
    return figure, axes


def style(ax: Axes, theme: FigureTheme) -> None:
    """Quiet axes: a light grid behind the data, no box."""
    ax.set_facecolor(theme.background)
    ax.set_axisbelow(True)
    ax.grid(True, color=theme.grid, linewidth=0.8)
    ax.tick_params(colors=theme.muted, labelsize=9, length=0)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(theme.grid)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_color(theme.text)
        label.set_fontsize(9.5)


def legend(ax: Axes, theme: FigureTheme, **options: Any) -> None:
    """A frameless legend in the theme's text colour."""
    ax.legend(frameon=False, labelcolor=theme.text, fontsize=9, **options)


def percent_axis(ax: Axes, *, vertical: bool = True) -> None:
    """0 to 100% along one axis, for data from 0 to 1."""
    from matplotlib.ticker import PercentFormatter

    axis = ax.yaxis if vertical else ax.xaxis
    axis.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=" %"))


def distance_axis(ax: Axes, scale: Scale, *, vertical: bool = False, sparse: bool = False) -> None:
    """A logarithmic axis of distances with plain numbers, over the range that the scale shows.

    ``sparse``: a number at every second power of ten, for narrow axes.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low, high = scale.shown_km
    if vertical:
        ax.set_yscale("log")
        ax.set_ylim(low, high)
    else:
        ax.set_xscale("log")
        ax.set_xlim(low, high)
    axis = ax.yaxis if vertical else ax.xaxis
    powers = (0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000)
    ticks = [km for km in powers if low <= km <= high]
    axis.set_major_locator(FixedLocator(ticks[:: 2 if sparse else 1]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: threshold(value)))


def legend_above(ax: Axes, theme: FigureTheme, *, columns: int, title: str = "") -> None:
    """A legend between figure and axes, where it can hide no data."""
    legend(
        ax,
        theme,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=columns,
        title=title or None,
    )
    drawn = ax.get_legend()
    if drawn is not None and title:
        drawn.get_title().set_color(theme.text)


def whiskers(shares: Sequence[Share]) -> FloatArray:
    """(2, n) lengths below and above, zero where nothing is judged."""
    ends = [(s.value - s.low, s.high - s.value) if s.photos else (0.0, 0.0) for s in shares]
    return np.clip(np.array(ends, dtype=np.float64).reshape(-1, 2).T, 0.0, None)


def plain(text: str) -> str:
    """A text from a table or model as it stands: a dollar sign would start a formula."""
    return text.replace("$", r"\$")


def png(figure: Figure) -> bytes:
    """The figure as a PNG file."""
    buffer = io.BytesIO()
    drawing: Any = figure.canvas  # the Agg canvas of ``canvas``
    drawing.print_png(buffer)  # what savefig writes, drawn once instead of twice
    return buffer.getvalue()
