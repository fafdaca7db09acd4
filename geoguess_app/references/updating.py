"""Filling the collection: new and changed photos are read, moved ones followed, deleted ones
forgotten.

A generator, for the command line and for a job of the window. What it has yielded as done is on
the disk; a program that is killed goes on from there when ``update`` is called again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from geoguess_app.core.cancel import CancelToken, PausableToken
from geoguess_app.photos.file_position import PositionState
from geoguess_app.photos.left_out import LeftOut
from geoguess_app.photos.scan import scan
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.embedder import PhotoEmbedder
from geoguess_app.references.look_alikes import fit_look_alikes
from geoguess_app.references.reading import (
    LeftOutFile,
    ReadReference,
    position_now,
    read_reference,
    stamp_of,
)
from geoguess_app.references.values import Reference, UpdateProgress, UpdateTally

_THREADS = 2
_BATCH = 16
"""So many photos are written at once: a disk takes as long for one."""
_SCAN_STEP = 200

ReadFile = ReadReference | LeftOutFile | None


def update(
    collection: ReferenceCollection,
    embedder: PhotoEmbedder,
    folders: Sequence[Path] = (),
    *,
    token: CancelToken | None = None,
    left_out: LeftOut | None = None,
    prefer: bool = True,
) -> Generator[UpdateProgress, None, None]:
    """Add ``folders`` to the collection and bring all of its folders up to date.

    Only photos that are new or changed are read, and those that have no vector yet in the
    embedder's feature space; when all have one, that space is the one to answer in, unless
    ``prefer`` is off. Raises CollectionError; photos that cannot be read are counted and stop
    nothing.
    """
    for folder in folders:
        collection.table.add_folder(folder.absolute())
    with collection.writing():
        run = _Update(collection, embedder, token or CancelToken())
        yield from run.search(left_out or LeftOut())
        if not run.token.cancelled:
            yield from run.read()
        if not run.token.cancelled:
            yield run.finish(prefer=prefer)


class _Update:
    """One update on its way."""

    def __init__(
        self, collection: ReferenceCollection, embedder: PhotoEmbedder, token: CancelToken
    ) -> None:
        self.collection, self.embedder, self.token = collection, embedder, token
        self.tally = UpdateTally()
        self._space = embedder.space
        self._sidecars = Sidecars()
        collection.begin_space(self._space)
        self._embedded = set(collection.table.contents(self._space.key))
        self._before = {photo.path: photo for photo in collection.photos()}
        self._left_out = collection.table.left_out()
        self._seen: set[Path] = set()
        self._to_read: list[Path] = []
        self._new_contents: set[str] = set()

    def search(self, left_out: LeftOut) -> Iterator[UpdateProgress]:
        """Find the photos and sort out those that have to be read."""
        there = [folder for folder in self.collection.folders() if folder.exists()]
        self.tally.unreachable = [f for f in self.collection.folders() if f not in there]
        for number, path in enumerate(scan(there, self.token, left_out=left_out)):
            path = path.absolute()
            if path in self._seen:
                continue
            self._seen.add(path)
            if self._must_be_read(path):
                self._to_read.append(path)
            if number % _SCAN_STEP == 0:
                yield self._progress(number, None)

    def _must_be_read(self, path: Path) -> bool:
        try:
            stamp = stamp_of(path)
        except (OSError, ValueError):
            return True
        known = self._before.get(path)
        if known is not None and known.stamp == stamp:
            if known.content not in self._embedded:
                return True
            if self._has_company(path) and not self._same_position(known):
                return True
            self.tally.unchanged += 1
            return False
        refused = self._left_out.get(path)
        if refused is not None and refused[0] == stamp and not self._has_company(path):
            self.tally.left_out[refused[1]] += 1
            return False
        return True

    def _has_company(self, path: Path) -> bool:
        """Whether something lies beside a photo that may give or change its position."""
        try:
            return bool(self._sidecars.existing(path) or self._sidecars.album_files(path))
        except OSError:
            return False

    def _same_position(self, known: Reference) -> bool:
        found = position_now(known.path, self._sidecars)
        return (
            found is not None
            and found.state is PositionState.KNOWN
            and found.coordinate == known.coordinate
        )

    def read(self) -> Iterator[UpdateProgress]:
        """Read the photos in some threads, and embed and keep them a batch at a time."""
        total, done = len(self._to_read), 0
        batch: list[ReadFile] = []
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="references")
        try:
            for found in self._read_ahead(pool):
                batch.append(found)
                if len(batch) >= _BATCH:
                    self._keep(batch)
                    done += len(batch)
                    batch = []
                    yield self._progress(done, total)
            # Also of a run that was cancelled: what was read is not read again.
            self._keep(batch)
            yield self._progress(done + len(batch), total)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _read_ahead(self, pool: ThreadPoolExecutor) -> Iterator[ReadFile]:
        paths = iter(self._to_read)
        waiting: deque[Future[ReadFile]] = deque()
        while not self.token.cancelled:
            if isinstance(self.token, PausableToken):
                self.token.wait_while_paused()
            while len(waiting) < 2 * _THREADS and (path := next(paths, None)) is not None:
                known = self._embedded
                waiting.append(
                    pool.submit(read_reference, path, self._sidecars, self.embedder, known)
                )
            if not waiting:
                return
            yield waiting.popleft().result()

    def _keep(self, batch: Sequence[ReadFile]) -> None:
        """Embed what is new, and write vectors, then names."""
        read = [found for found in batch if isinstance(found, ReadReference)]
        new = {
            found.reference.content: found.crops
            for found in read
            if found.crops is not None and found.reference.content not in self._embedded
        }
        if new:
            vectors = self.embedder.embed([crops for crops in new.values() if crops is not None])
            self.collection.add_vectors(self._space, vectors, list(new))
            self._embedded |= set(new)
            self.tally.embedded += len(new)
        with self.collection.table.transaction():
            for found in batch:
                if isinstance(found, ReadReference):
                    self._keep_reference(found.reference)
                elif found is not None:
                    self.tally.left_out[found.reason] += 1
                    self.collection.table.put_left_out(found.path, found.stamp, found.reason)

    def _keep_reference(self, photo: Reference) -> None:
        known = self._before.get(photo.path)
        if known is None:
            self.tally.added += 1
            self._new_contents.add(photo.content)
        elif known == photo:
            self.tally.unchanged += 1
        else:
            self.tally.changed += 1
        self.collection.table.put_photo(photo)

    def finish(self, *, prefer: bool) -> UpdateProgress:
        """Forget what has gone, answer in this space from now on, tidy up."""
        gone = [path for path in (*self._before, *self._left_out) if self._has_gone(path)]
        for path in gone:
            known = self._before.get(path)
            if known is None:
                continue
            if known.content in self._new_contents:
                self.tally.moved += 1
                self.tally.added -= 1
                self._new_contents.discard(known.content)
            else:
                self.tally.forgotten += 1
        self.collection.table.forget(gone)
        self.collection.tidy()
        if prefer and self.collection.is_complete(self._space):
            self.collection.prefer(self._space)
            self._fit_look_alikes()
        return self._progress(len(self._to_read), len(self._to_read))

    def _fit_look_alikes(self) -> None:
        bank = self.embedder.bank
        done = self.tally
        same = not (done.added or done.changed or done.forgotten or done.embedded)
        if bank is not None and not (same and self.collection.table.look_alikes(self._space.key)):
            trust = fit_look_alikes(self.collection, self._space, bank)
            self.collection.table.put_look_alikes(self._space.key, trust)

    def _has_gone(self, path: Path) -> bool:
        if path in self._seen:
            return False
        return not any(path.is_relative_to(folder) for folder in self.tally.unreachable)

    def _progress(self, done: int, total: int | None) -> UpdateProgress:
        snapshot = replace(self.tally, left_out=self.tally.left_out.copy())
        return UpdateProgress(done, total, snapshot)
