"""What a bundle measured, in a few lines; ``geoguess info --json`` has every figure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_LABEL = 16
_DISTANCES = ("1", "25", "200", "750", "2500")
_ROWS = (
    ("all photos", ("accuracy",)),
    ("surest quarter", ("most_confident", "quarter")),
    ("surest tenth", ("most_confident", "tenth")),
    ("floor", ("floor",)),
    ("ceiling", ("ceiling_cells",)),
)
_SCENES = (
    ("indoor/natural/urban", "s3"),
    ("16 groups", "s16"),
    ("first of 365", "top1"),
    ("among the first five", "top5"),
)


def measured(figures: Mapping[str, Any]) -> Iterator[str]:
    """Lines about how often or how far a model was right on photos it never saw."""
    if not figures:
        yield _line("measured", "nothing is stated")
    elif "median_m" in figures:
        yield from _metres(figures)
    elif isinstance(figures.get("accuracy"), Mapping):
        yield from _world(figures)
    else:
        yield from _every(figures)


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}".rstrip()


def _world(figures: Mapping[str, Any]) -> Iterator[str]:
    photos = figures.get("photos")
    count = f"{photos:,} photos" if isinstance(photos, int) else "photos"
    yield _line("measured", f"on {count} that it never saw, % within")
    yield _line("", f"{'':<16}" + "".join(f"{distance + ' km':>9}" for distance in _DISTANCES))
    for name, keys in _ROWS:
        shares: Any = figures
        for key in keys:
            shares = shares.get(key) if isinstance(shares, Mapping) else None
        if isinstance(shares, Mapping):
            cells = (_percent(shares.get(distance)) for distance in _DISTANCES)
            yield _line("", f"{name:<16}" + "".join(f"{cell:>9}" for cell in cells))
    if isinstance(median := figures.get("median_km"), int | float):
        yield _line("", f"median error {median:,.0f} km")
    yield from _promises(figures)


def _promises(figures: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(coverage := figures.get("coverage"), Mapping):
        held = ", ".join(f"{share} %: {_percent(coverage[share])}" for share in coverage)
        yield _line("radii", f"held the truth in % of the photos: {held}")
    if isinstance(scenes := figures.get("scenes"), Mapping):
        right = (f"{name} {_percent(scenes[key])}" for name, key in _SCENES if key in scenes)
        yield _line("scenes", f"% right: {', '.join(right)}")
    yield _line("", "--json shows every figure")


def _percent(share: Any) -> str:
    return f"{100.0 * share:.1f}" if isinstance(share, int | float) else "–"


def _metres(figures: Mapping[str, Any]) -> Iterator[str]:
    """The error of a local model on its test photos, beside the floor."""
    floor = figures.get("floor_mean_point")
    yield _line(
        "error",
        f"median {figures['median_m']:.0f} m, mean {figures['mean_m']:.0f} m on "
        f"{figures['photos']:,} test photos",
    )
    if isinstance(floor, Mapping):
        yield _line(
            "",
            "floor (the middle of its photos for every photo): median "
            f"{floor['median_m']:.0f} m, mean {floor['mean_m']:.0f} m",
        )
    yield from _promises(figures)


def _every(figures: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every figure, nested names joined by dots."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _every(value, f"{prefix}{name}.")
        else:
            yield _line("measured", f"{prefix}{name} = {_short(value)}")


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return json.dumps(value, ensure_ascii=False)
