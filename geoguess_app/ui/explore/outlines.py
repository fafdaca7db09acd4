"""Outlines of what is chosen, as lines on the flat world of the map page."""

from __future__ import annotations

from typing import Any

from geoguess_app.ui.explore.explorer import Explorer, Spot

_AROUND = 0.3
"""What is shown on each side of a cell that the map goes to, in its own size."""
_LEAST_AROUND = 1e-6
"""The same for the smallest cells, in widths of the world: some 40 m."""


def chosen_payload(explorer: Explorer) -> dict[str, Any] | None:
    """Outlines of the chosen cell and of the one around it, and the place that counts."""
    from geoguess_app.core.cells.rings import cell_rings
    from geoguess_app.core.geo.mercator import world_points

    cells, chosen = explorer.cells, explorer.chosen
    if cells is None or chosen is None:
        return None
    import numpy as np

    if isinstance(chosen, Spot):
        ids = [] if chosen.cell_id is None else [(chosen.cell_id, "asked")]
        mark = chosen.coordinate
    else:
        ids = [(cells.cell_id(chosen), "cell")]
        parents = [parent.ref for parent in cells.parents(chosen) if parent.holds]
        ids += [(cells.cell_id(parent), "parent") for parent in parents[-1:]]
        mark = cells.facts(chosen).mean(chosen.cell)
    outlines = cell_rings(np.array([cell_id for cell_id, _ in ids], dtype=np.uint64))
    at = world_points(mark.latitude_deg, mark.longitude_deg)
    return {
        "rings": [
            {"ring": ring.round(9).ravel().tolist(), "role": role}
            for ring, (_, role) in zip(outlines, ids, strict=True)
        ],
        "mark": {"at": at.tolist()},
    }


def box_around(cell_id: int) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in the flat world of a cell with something around it."""
    import numpy as np

    from geoguess_app.core.cells.rings import cell_rings

    ring = cell_rings(np.array([cell_id], dtype=np.uint64))[0]
    low, high = ring.min(axis=0), ring.max(axis=0)
    air = np.maximum(_AROUND * (high - low), _LEAST_AROUND)
    left, top, right, bottom = (float(value) for value in (*(low - air), *(high + air)))
    return left, max(0.0, top), right, min(1.0, bottom)
