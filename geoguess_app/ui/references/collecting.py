"""The work on the reference collection as generators; they run in a pool and touch no widget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core import format as fmt
from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.core.types import Coordinate
    from geoguess_app.references.values import CollectionCounts, Reference, UpdateProgress


@dataclass(frozen=True)
class CollectionState:
    """The collection as its page shows it: folders with their reference photos, and counts."""

    folders: tuple[tuple[Path, int], ...]
    counts: CollectionCounts | None
    """None where there is no collection yet."""


@dataclass(frozen=True)
class ReferenceSpots:
    """Dots of reference photos as the map's page reads them, numbered from 0, with their names and
    places."""

    packed: bytes
    names: tuple[str, ...]
    places: tuple[Coordinate, ...] = ()


def spots_work(kind: int) -> Work:
    """Yield the ReferenceSpots of the collection; ``kind``: how a dot looks."""

    def work(_token: CancelToken) -> Iterator[ReferenceSpots]:
        from geoguess_app.references.collection import ReferenceCollection

        if not ReferenceCollection.exists():
            yield ReferenceSpots(b"", ())
            return
        with ReferenceCollection() as collection:
            photos = list(collection.photos())
        names = tuple(map(_name_of, photos))
        places = tuple(photo.coordinate for photo in photos)
        yield ReferenceSpots(_packed(places, kind), names, places)

    return work


def _name_of(photo: Reference) -> str:
    taken = f": {fmt.calendar_day(photo.taken)}" if photo.taken is not None else ""
    return f"{photo.path.name}{taken}"


def _packed(places: Sequence[Coordinate], kind: int) -> bytes:
    """x and y in the world as float32, numbers as uint32, kinds as bytes."""
    import numpy as np

    from geoguess_app.core.geo.mercator import world_points

    lat = np.array([place.latitude_deg for place in places])
    lon = np.array([place.longitude_deg for place in places])
    content: bytes = (
        world_points(lat, lon).astype("<f4").tobytes()
        + np.arange(len(places), dtype="<u4").tobytes()
        + np.full(len(places), kind, dtype=np.uint8).tobytes()
    )
    return content


def state_work() -> Work:
    """Yield the CollectionState of the user's own collection."""

    def work(_token: CancelToken) -> Iterator[CollectionState]:
        from geoguess_app.references.collection import ReferenceCollection

        if not ReferenceCollection.exists():
            yield CollectionState((), None)
            return
        with ReferenceCollection() as collection:
            folders = collection.folders()
            photos = [photo.path for photo in collection.photos()]
            inside = tuple(
                (folder, sum(path.is_relative_to(folder) for path in photos)) for folder in folders
            )
            yield CollectionState(inside, collection.counts())

    return work


def update_work(model: Path | None, device: str, folders: Sequence[Path]) -> Work:
    """Add folders and bring all up to date; yield each UpdateProgress."""

    def work(token: CancelToken) -> Iterator[UpdateProgress]:
        from geoguess_app.references.collection import ReferenceCollection
        from geoguess_app.references.embedder import load_embedder
        from geoguess_app.references.keeping import keep_up_to_date

        embedder = load_embedder(model, device)
        with (
            ReferenceCollection() as collection,
            closing(keep_up_to_date(collection, embedder, folders, token=token)) as steps,
        ):
            yield from steps

    return work


def remove_work(folder: Path | None) -> Work:
    """Take a folder out of the collection, or all of them; yield how many photos went."""

    def work(_token: CancelToken) -> Iterator[int]:
        from geoguess_app.references.collection import ReferenceCollection

        with ReferenceCollection() as collection:
            if folder is not None:
                yield collection.remove_folder(folder)
                return
            photos = collection.counts().photos
            collection.clear()
            yield photos

    return work
