"""Models of cameras and telephones that were made for one market."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass

from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.kinds import ClueKind
from geoguess_app.core.records.forms import decode
from geoguess_app.paths import resource_dir


@dataclass(frozen=True, slots=True)
class DeviceMarket:
    """A pattern of maker and model, and the ISO 3166 codes of the countries it was made for."""

    model: str
    sold_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceTable:
    """All models that say where they were sold."""

    devices: tuple[DeviceMarket, ...]


@functools.cache
def device_table() -> DeviceTable:
    """Read the table that comes with the program."""
    path = resource_dir() / "clues" / "devices.json"
    return decode(DeviceTable, json.loads(path.read_text(encoding="utf-8")))


def market_clue(camera: str) -> Clue | None:
    """Return the countries that a camera ("Canon EOS Kiss X7") was made for; None for most, which
    are sold everywhere under one name."""
    for market in device_table().devices:
        if re.fullmatch(market.model, camera, re.IGNORECASE):
            return Clue(ClueKind.COUNTRY, market.sold_in)
    return None
