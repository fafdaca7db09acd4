"""S2 cells: ids and their tree (``cell_ids``), outlines and areas (``cell_shapes``).

Everything takes and gives arrays; ids are uint64, angles degrees.
"""

from geoguess_app.core.cells.ids import (
    MAX_LEVEL,
    are_valid,
    children,
    grown,
    ids_from_tokens,
    leaf_ids,
    levels,
    parents,
    quote_tokens,
    range_max,
    range_min,
    tokens,
)
from geoguess_app.core.cells.shapes import areas_km2, bounds, centers, drawable_rings, polygons

__all__ = [
    "MAX_LEVEL",
    "are_valid",
    "areas_km2",
    "bounds",
    "centers",
    "children",
    "drawable_rings",
    "grown",
    "ids_from_tokens",
    "leaf_ids",
    "levels",
    "parents",
    "polygons",
    "quote_tokens",
    "range_max",
    "range_min",
    "tokens",
]
