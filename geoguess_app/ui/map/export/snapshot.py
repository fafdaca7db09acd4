"""Snapshot: what the map shows at one moment, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geoguess_app.core.types import Coordinate

FINE_COAST_ZOOM = 5.2
"""From here on the page draws the detailed coast; see basemap.js."""


@dataclass(frozen=True, slots=True)
class MapSnapshot:
    """The newest state of every topic, what the page has been given to fetch, and the view."""

    topics: Mapping[str, str]
    """JSON by topic, in the order in which the page takes them."""
    files: Mapping[str, bytes]
    """By the path under which the page fetches them."""
    center: Coordinate
    zoom: float

    def with_part(self, topics: Mapping[str, str], files: Mapping[str, bytes]) -> MapSnapshot:
        """Give a snapshot with other states of some topics; files that nobody speaks of any more
        are left out."""
        mixed = {**self.topics, **topics}
        return MapSnapshot(
            mixed, files_in_use(mixed, {**self.files, **files}), self.center, self.zoom
        )


@dataclass(frozen=True, slots=True)
class Caption:
    """The texts that stand above an exported map."""

    title: str
    note: str
    """Whose estimates these are, and that they are estimates."""


def files_in_use(topics: Mapping[str, str], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Pick those files whose path, with or without its suffix, stands in a topic."""
    texts = list(topics.values())
    stems = {path: path.rpartition(".")[0] for path in files}
    return {
        path: content
        for path, content in files.items()
        if any(f'"{path}' in text or f'"{stems[path]}"' in text for text in texts)
    }
