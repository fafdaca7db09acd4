"""Photo vectors on disk: one append-only half-precision matrix, with the signs beside it.

Processors multiply half precision slowly, so a search in a large file has two steps: the signs of
all numbers (one bit each) are compared first, which takes a millisecond for 50,000 photos; then
the cosine similarities of the hundredth part that agrees most are computed exactly. Both files are
read through the operating system's page cache and never loaded whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoguess_app.core.types import FloatArray, IntArray

MATRIX_SUFFIX, SIGNS_SUFFIX = ".f16", ".signs"
_WORD_BITS = 64
_WORDS_SUMMED = 8
"""Their counts fit into 16 bits each when eight bytes are summed at once."""
_EXACT_ROWS = 4_096
"""So many rows at least are compared exactly; smaller files have no first step."""
_EXACT_SHARE = 0.01
_CHUNK_ROWS = 1 << 16
_PRODUCT_ROWS = 1 << 10
_FAR = np.uint16(0xFFFF)


class VectorFile:
    """Vectors of length 1 in a file that only grows; rows are numbered from 0.

    Rows that nobody asks for any more stay until a new file is written with ``copy_rows``. Reading
    is safe in any thread; one thread appends.
    """

    def __init__(self, path: Path, size: int) -> None:
        """``path`` without a suffix; ``size`` numbers a row. Makes no file before ``append``."""
        self.matrix_path = path.with_name(path.name + MATRIX_SUFFIX)
        self.signs_path = path.with_name(path.name + SIGNS_SUFFIX)
        self.size = size
        words = -(-size // _WORD_BITS)
        self._words = -(-words // _WORDS_SUMMED) * _WORDS_SUMMED

    @property
    def rows(self) -> int:
        """Count the rows that are whole in both files."""
        sizes = (
            (self.matrix_path, 2 * self.size),
            (self.signs_path, 8 * self._words),
        )
        return min(path.stat().st_size // row if path.exists() else 0 for path, row in sizes)

    def append(self, vectors: np.ndarray) -> int:
        """Write rows (n, size) float32 behind the last whole one and wait until the disk has them.

        Returns the number of the first. Raises OSError.
        """
        first = self.rows
        self.cut(first)
        half = vectors.astype(np.float16)
        for path, data in (
            (self.matrix_path, half.tobytes()),
            (self.signs_path, self._signs(vectors).tobytes()),
        ):
            with path.open("ab") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        return first

    def cut(self, rows: int) -> None:
        """Drop everything behind so many rows; raises OSError."""
        for path, row_bytes in (
            (self.matrix_path, 2 * self.size),
            (self.signs_path, 8 * self._words),
        ):
            if path.exists() and path.stat().st_size > rows * row_bytes:
                os.truncate(path, rows * row_bytes)

    def read(self, rows: IntArray) -> np.ndarray:
        """Return rows as float32 (n, size)."""
        return np.asarray(self._matrix(self.rows)[rows], dtype=np.float32)

    def copy_rows(self, target: VectorFile, rows: IntArray) -> None:
        """Append some of the rows, in their order, to another file; raises OSError."""
        for start in range(0, len(rows), _CHUNK_ROWS):
            target.append(self.read(rows[start : start + _CHUNK_ROWS]))

    def remove(self) -> None:
        """Delete both files; raises OSError."""
        self.matrix_path.unlink(missing_ok=True)
        self.signs_path.unlink(missing_ok=True)

    def nearest(
        self, vector: np.ndarray, alive: np.ndarray, count: int
    ) -> tuple[IntArray, FloatArray]:
        """The rows most alike to a vector (size) of length 1 and their similarities, best first.

        ``alive`` (rows) says which rows count; the file may have grown since.
        """
        rows = min(self.rows, len(alive))
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0)
        chosen = self._promising(vector, alive[:rows])
        similarity = self._products(vector, chosen)
        count = min(count, len(chosen))
        best = np.argsort(-similarity, kind="stable")[:count]
        return chosen[best], similarity[best].astype(np.float64)

    def _promising(self, vector: np.ndarray, alive: np.ndarray) -> IntArray:
        """The rows worth an exact comparison: all of a small file, else those whose signs agree."""
        kept = max(_EXACT_ROWS, int(len(alive) * _EXACT_SHARE))
        living = np.flatnonzero(alive)
        if len(living) <= kept:
            return living
        distances = np.concatenate(list(self._sign_distances(vector, len(alive))))
        distances[~alive] = _FAR
        reached = np.cumsum(np.bincount(distances, minlength=self.size + 1))
        limit = int(np.searchsorted(reached, kept))
        return np.flatnonzero(distances <= limit)

    def _sign_distances(self, vector: np.ndarray, rows: int) -> Iterator[np.ndarray]:
        """In how many signs each row differs from the vector, uint16, some rows at a time."""
        signs = np.memmap(self.signs_path, np.uint64, "r", shape=(rows, self._words))
        own = self._signs(vector[None])[0]
        for start in range(0, rows, _CHUNK_ROWS):
            bits = np.bitwise_count(signs[start : start + _CHUNK_ROWS] ^ own)
            counts = np.ascontiguousarray(bits).view(np.uint64)
            yield _byte_sums(counts).sum(axis=1, dtype=np.uint16)

    def _products(self, vector: np.ndarray, rows: IntArray) -> np.ndarray:
        matrix = self._matrix(self.rows)
        wide = vector.astype(np.float32)
        found = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _PRODUCT_ROWS):
            some = rows[start : start + _PRODUCT_ROWS]
            np.dot(matrix[some].astype(np.float32), wide, out=found[start : start + len(some)])
        return found

    def _matrix(self, rows: int) -> np.ndarray:
        return np.memmap(self.matrix_path, np.float16, "r", shape=(rows, self.size))

    def _signs(self, vectors: np.ndarray) -> np.ndarray:
        """One bit a number, (n, words) uint64; padded with zeros, which never differ."""
        packed = np.packbits(vectors > 0, axis=1)
        padded = np.zeros((len(vectors), 8 * self._words), np.uint8)
        padded[:, : packed.shape[1]] = packed
        return padded.view(np.uint64)


def _byte_sums(values: np.ndarray) -> np.ndarray:
    """The sum of the eight bytes of each uint64, for bytes up to 64."""
    pairs = np.uint64(0x00FF00FF00FF00FF)
    values = (values & pairs) + ((values >> np.uint64(8)) & pairs)
    ones = np.uint64(0x0001000100010001)
    return np.asarray((values * ones) >> np.uint64(48))
