"""The reference collection: located photos of the user's own, searched by what they look like.

Its folder holds a table (SQLite) and one file of vectors for each feature space. A vector is
written before the row that names it, so a program that is killed leaves at most vectors that
nobody names; the next update cuts them off.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.files.atomic import make_folder
from geoguess_app.files.locks import try_lock
from geoguess_app.files.user_data import references_dir
from geoguess_app.references.table import ReferenceTable
from geoguess_app.references.values import (
    CollectionCounts,
    CollectionError,
    NearReference,
    Reference,
    ReferenceSpace,
)
from geoguess_app.references.vectors import MATRIX_SUFFIX, SIGNS_SUFFIX, VectorFile

TABLE_FILE = "references.sqlite"
_LOCK_FILE = ".updating"
_SPACES_KEPT = 3
"""So many feature spaces stay: whoever changes between two models pays once for each."""
_WASTED_SHARE = 0.25
_WASTED_ROWS = 1_000
"""A vector file is written anew when so many of its rows belong to no photo any more."""


class ReferenceCollection:
    """Reference photos in one folder on disk; several programs may read while one updates.

    Safe in any thread. Raises CollectionError, here and in every method, where its files cannot be
    used. See ``updating.update`` for filling it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Open the collection in ``folder`` (the user's own without one), or begin an empty one."""
        self.folder = folder or references_dir()
        self.table = ReferenceTable(self.folder / TABLE_FILE)
        self._lock = threading.Lock()
        self._alive: dict[str, tuple[object, np.ndarray]] = {}

    @staticmethod
    def exists(folder: Path | None = None) -> bool:
        """Tell whether there is a collection, without making one."""
        return ((folder or references_dir()) / TABLE_FILE).is_file()

    def close(self) -> None:
        """Close the table; the collection cannot be used any more."""
        self.table.close()

    def __enter__(self) -> ReferenceCollection:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def folders(self) -> list[Path]:
        """The folders whose located photos are references, by name."""
        return self.table.folders()

    def photos(self) -> Iterator[Reference]:
        """All reference photos, by path."""
        return self.table.photos()

    def counts(self) -> CollectionCounts:
        """The size of the collection, and what was left out."""
        files = [file for file in self.folder.iterdir() if file.is_file()]
        return CollectionCounts(
            photos=self.table.count(),
            folders=len(self.folders()),
            size_bytes=sum(file.stat().st_size for file in files),
            left_out=self.table.left_out_counts(),
            spaces=tuple((space, len(self._rows(space.key))) for space, _ in self.table.spaces()),
        )

    def remove_folder(self, folder: Path) -> int:
        """Forget a folder and its photos, unless another folder of the collection has them too.

        Returns how many reference photos went. The photos themselves are not touched.
        """
        folder = folder.absolute()
        with self.writing():
            self.table.remove_folder(folder)
            others = self.folders()
            before = self.table.count()
            there = [*(photo.path for photo in self.photos()), *self.table.left_out()]
            gone = [
                path
                for path in there
                if path.is_relative_to(folder)
                and not any(path.is_relative_to(other) for other in others)
            ]
            self.table.forget(gone)
            self.tidy()
            return before - self.table.count()

    def clear(self) -> None:
        """Delete everything that the collection keeps."""
        with self.writing():
            for folder in self.folders():
                self.table.remove_folder(folder)
            self.table.forget([*(photo.path for photo in self.photos()), *self.table.left_out()])
            for space, file in self.table.spaces():
                self.table.remove_space(space.key)
                self._remove_file(file, space.size)

    def spaces(self) -> list[ReferenceSpace]:
        """The feature spaces, the one to answer in first."""
        return [space for space, _ in self.table.spaces()]

    def is_complete(self, space: ReferenceSpace) -> bool:
        """Tell whether every reference photo has a vector in a space."""
        return not self.table.missing_contents(space.key)

    def refuse(self, photo: str, reference: str) -> None:
        """Never again hold a photo against a reference that does not show the same place, both by
        their ``picture_key``."""
        self.table.refuse(photo, reference)

    def refused(self, photo: str) -> set[str]:
        """The contents of the references that were refused for a photo."""
        return self.table.refused(photo)

    @property
    def has_refused(self) -> bool:
        """Tell whether any pair was refused."""
        return self.table.has_refused()

    def nearest(
        self,
        space: ReferenceSpace,
        vector: np.ndarray,
        count: int,
        *,
        own_content: str | None = None,
    ) -> list[NearReference]:
        """The reference photos most alike to a vector (size) of length 1, best first.

        ``own_content``: the ``picture_key`` of the photo asked about, which is no reference for
        itself. Of copies the one with the first path stands for all.
        """
        rows, similarity = self._nearest_rows(space, vector, count + 1)
        found = []
        for row, value in zip(rows.tolist(), similarity.tolist(), strict=True):
            content = self.table.content_at(space.key, row)
            if content is None or content == own_content:
                continue
            copies = self.table.with_content(content)
            if copies:
                found.append(NearReference(copies[0], value))
        return found[:count]

    def _nearest_rows(
        self, space: ReferenceSpace, vector: np.ndarray, count: int
    ) -> tuple[IntArray, FloatArray]:
        """The rows most alike and their similarities; again if another program came between."""
        while True:
            state, file = self.table.state(), self.vector_file(space)
            if file is None:
                return np.zeros(0, np.int64), np.zeros(0)
            try:
                found = file.nearest(vector, self._living(space.key), count)
            except FileNotFoundError:
                if state == self.table.state():
                    raise
                continue
            if state == self.table.state():
                return found

    def vector_file(self, space: ReferenceSpace) -> VectorFile | None:
        """The vectors of a space; None where the collection has none."""
        for known, file in self.table.spaces():
            if known.key == space.key:
                return VectorFile(self.folder / file, space.size)
        return None

    def _rows(self, key: str) -> np.ndarray:
        return self.table.rows(key)

    def _living(self, key: str) -> np.ndarray:
        """Which rows of a space's file belong to photos; read again only after a change."""
        state = self.table.state()
        with self._lock:
            held = self._alive.get(key)
            if held is None or held[0] != state:
                rows = self._rows(key)
                alive = np.zeros(int(rows[-1]) + 1 if len(rows) else 0, np.bool_)
                alive[rows] = True
                held = state, alive
                self._alive[key] = held
            return held[1]

    # What only the one program does that updates.

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other programs from changing the collection; mends what a killed one left behind."""
        make_folder(self.folder)
        with (self.folder / _LOCK_FILE).open("ab") as lock:
            if not try_lock(lock):
                raise CollectionError(
                    "The reference photos are being updated by another GeoGuess; try again when it "
                    "is done.",
                    code="locked",
                )
            self._mend()
            yield

    def _mend(self) -> None:
        """Cut rows that nobody names, forget rows that are not there, delete files of no space."""
        named = set()
        for space, name in self.table.spaces():
            file = VectorFile(self.folder / name, space.size)
            rows = self._rows(space.key)
            self.table.drop_rows_from(space.key, file.rows)
            file.cut(int(rows[-1]) + 1 if len(rows) else 0)
            named |= {file.matrix_path.name, file.signs_path.name}
        for path in self.folder.iterdir():
            if path.suffix in (MATRIX_SUFFIX, SIGNS_SUFFIX) and path.name not in named:
                with suppress(OSError):  # Windows: another program may still read it
                    path.unlink()

    def begin_space(self, space: ReferenceSpace) -> VectorFile:
        """The file to add a space's vectors to; a new space is listed behind the others."""
        file = self.vector_file(space)
        if file is None:
            self.table.add_space(space, f"{space.key}-0")
            file = VectorFile(self.folder / f"{space.key}-0", space.size)
        return file

    def add_vectors(
        self, space: ReferenceSpace, vectors: np.ndarray, contents: Sequence[str]
    ) -> None:
        """Keep vectors (n, size) of pictures, by their contents: first the file, then the names."""
        file = self.begin_space(space)
        try:
            first = file.append(vectors)
        except OSError as problem:
            raise CollectionError(
                f"{file.matrix_path} cannot be written ({problem.strerror or problem}); make room "
                "on the drive and run geoguess references update.",
                code="unwritable",
            ) from problem
        self.table.put_vectors(space.key, first, contents)

    def prefer(self, space: ReferenceSpace) -> None:
        """Answer in this space from now on; spaces not used for long go."""
        self.table.prefer_space(space.key)
        for known, file in self.table.spaces()[_SPACES_KEPT:]:
            self.table.remove_space(known.key)
            self._remove_file(file, known.size)

    def tidy(self) -> None:
        """Forget vectors of no photo, and write files anew that consist of such to a quarter."""
        self.table.drop_orphans()
        for space, name in self.table.spaces():
            file = VectorFile(self.folder / name, space.size)
            wasted = file.rows - len(self._rows(space.key))
            if wasted > max(_WASTED_ROWS, _WASTED_SHARE * file.rows):
                self._compact(space, name, file)

    def _compact(self, space: ReferenceSpace, name: str, file: VectorFile) -> None:
        contents = self.table.contents(space.key)
        generation = int(name.rpartition("-")[2]) + 1
        target = VectorFile(self.folder / f"{space.key}-{generation}", space.size)
        target.remove()
        file.copy_rows(target, np.fromiter(contents.values(), np.int64, len(contents)))
        self.table.move_vectors(space, target.matrix_path.stem, list(contents))
        self._remove_file(name, space.size)

    def _remove_file(self, name: str, size: int) -> None:
        with suppress(OSError):  # as above; the next update deletes it
            VectorFile(self.folder / name, size).remove()
