"""Distances and shares as people read them, rounded no finer than is honest.

A number keeps together with its unit: between them stands a no-break space.
"""

from __future__ import annotations


def distance(km: float) -> str:
    """``800 m``, ``1.2 km``, ``12 km``, ``1,200 km``: two figures."""
    if km < 0.995:
        return f"{max(10, round(km * 100) * 10)}\u00a0m"
    if km < 9.95:
        return f"{km:.1f}\u00a0km"
    if km < 99.5:
        return f"{km:.0f}\u00a0km"
    step = 10 if km < 995 else 100
    return f"{round(km / step) * step:,}\u00a0km"


def percent(share: float) -> str:
    """``83 %``; small shares keep a digit, and nothing possible is called 0 % or 100 %."""
    value = share * 100.0
    if value >= 99.5:
        return ">\u00a099\u00a0%" if value < 99.995 else "100\u00a0%"
    if value >= 9.95:
        return f"{value:.0f}\u00a0%"
    if value >= 0.1:
        return f"{value:.1f}\u00a0%"
    return "0\u00a0%" if value == 0 else "<\u00a00.1\u00a0%"
