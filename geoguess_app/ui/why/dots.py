"""The look-alikes as dots for the map's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geoguess_app.core.activation_alike import LookAlike
from geoguess_app.core.mercator import world_points
from geoguess_app.ui import words
from geoguess_app.ui.why.alike_table import AlikeModel
from geoguess_app.ui.words import tr


def dots(rows: Sequence[LookAlike], named: AlikeModel, chosen: int) -> dict[str, Any]:
    """World coordinates, the words of the tooltip, and which one is chosen."""
    return {"chosen": chosen, "dots": [_dot(row, named.name(row)) for row in rows]}


def _dot(row: LookAlike, place: str) -> dict[str, Any]:
    x, y = world_points(row.coordinate.latitude_deg, row.coordinate.longitude_deg)
    alike = tr("{percent} alike").format(percent=words.percent(max(0.0, row.similarity)))
    return {"at": [float(x), float(y)], "lines": [tr("Similar known photo"), place, alike]}
