"""Outlines and facts of a model's cells, as the page fetches them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.cells.rings import cell_rings
from geoguess_app.ui.map.mercator import packed_rings
from geoguess_app.ui.map.payload import compact

if TYPE_CHECKING:
    from geoguess_app.core.partition import Partition


@dataclass(frozen=True, slots=True)
class CellFiles:
    """The files that the page fetches about one set of partitions."""

    prefix: str
    """Where the files stand under the scheme; names this set, so nothing stale is shown."""
    files: dict[str, bytes]
    description: list[dict[str, object]]
    """What the page is told: per partition its name, size and path without suffix."""


class CellData:
    """A maker of the files; meant for a background job (13,000 cells take 0.1 s)."""

    def __init__(self, partitions: Sequence[Partition], prefix: str) -> None:
        self._partitions = tuple(partitions)
        self._prefix = prefix

    def files(self, token: CancelToken) -> Iterator[CellFiles]:
        """Yield once, unless cancelled."""
        made: dict[str, bytes] = {}
        description: list[dict[str, object]] = []
        for number, partition in enumerate(self._partitions):
            if token.cancelled:
                return
            path = f"{self._prefix}{number}"
            facts = {
                "tokens": list(partition.tokens),
                "photos": [int(count) for count in partition.photo_counts],
            }
            made[f"{path}.bin"] = packed_rings(cell_rings(partition.cell_ids))
            made[f"{path}.json"] = compact(facts).encode()
            description.append({"name": partition.name, "size": partition.size, "path": path})
        yield CellFiles(self._prefix, made, description)
