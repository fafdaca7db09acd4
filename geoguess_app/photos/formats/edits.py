"""A changed file as the few bytes that differ: small to keep, exact to take back."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO

Reader = Callable[[int, int], bytes]
"""``read(offset, length)``: that many bytes of a file or of a block inside it, fewer at its end."""

_CHUNK_BYTES = 1 << 20


class EditMismatchError(Exception):
    """The file does not hold the bytes that an edit is about to replace."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of bytes: ``old`` stand at ``offset`` of the original, ``new`` in the changed
    file."""

    offset: int
    old: bytes
    new: bytes


def order_edits(edits: Iterable[Edit]) -> list[Edit]:
    """The edits by offset; raises ValueError where two of them touch the same bytes."""
    result = sorted((e for e in edits if e.old != e.new), key=lambda e: (e.offset, len(e.old)))
    for before, after in itertools.pairwise(result):
        if after.offset < before.offset + len(before.old):
            raise ValueError(f"edits at {before.offset} and {after.offset} overlap")
    return result


def growth(edits: Iterable[Edit]) -> int:
    """Count the bytes by which the file grows."""
    return sum(len(edit.new) - len(edit.old) for edit in edits)


def shift_edits(edits: Iterable[Edit], by: int) -> list[Edit]:
    """The same edits where the block they were made for starts at ``by``."""
    return [Edit(edit.offset + by, edit.old, edit.new) for edit in edits]


def apply_edits(edits: Sequence[Edit], data: bytes) -> bytes:
    """The changed bytes of a small block."""
    changed = io.BytesIO()
    copy_with(edits, io.BytesIO(data), changed)
    return changed.getvalue()


def invert_edits(edits: Sequence[Edit]) -> list[Edit]:
    """The edits that lead from the changed file back to the original."""
    result, shift = [], 0
    for edit in edits:
        result.append(Edit(edit.offset + shift, edit.new, edit.old))
        shift += len(edit.new) - len(edit.old)
    return result


@dataclass(frozen=True, slots=True)
class EditedCopy:
    """The result of ``copy_with``."""

    read_sha256: str
    read_bytes: int
    written_sha256: str
    written_bytes: int


def copy_with(edits: Sequence[Edit], source: IO[bytes], target: IO[bytes] | None) -> EditedCopy:
    """Copy ``source`` (from its start) to ``target``, changed as ``edits`` say; hash both on the
    way.

    Without a target only the hashes are made. Raises EditMismatchError where the source does not
    hold what an edit replaces, OSError.
    """
    copier = _Copier(source, target)
    source.seek(0)
    for edit in edits:
        copier.copy(edit.offset - copier.position)
        copier.replace(edit)
    copier.copy(None)
    return copier.result()


class _Copier:
    def __init__(self, source: IO[bytes], target: IO[bytes] | None) -> None:
        self._source, self._target = source, target
        self._read, self._written = hashlib.sha256(), hashlib.sha256()
        self.position = self._written_bytes = 0

    def copy(self, length: int | None) -> None:
        """Copy ``length`` bytes, or all that is left."""
        left = length
        while left is None or left > 0:
            chunk = self._source.read(_CHUNK_BYTES if left is None else min(left, _CHUNK_BYTES))
            if not chunk:
                if left is None:
                    return
                raise EditMismatchError("the file ends before the place to change")
            self._take(chunk)
            self._put(chunk)
            left = None if left is None else left - len(chunk)

    def replace(self, edit: Edit) -> None:
        found = self._source.read(len(edit.old))
        if found != edit.old:
            raise EditMismatchError(f"other bytes at {edit.offset} than expected")
        self._take(found)
        self._put(edit.new)

    def _take(self, chunk: bytes) -> None:
        self._read.update(chunk)
        self.position += len(chunk)

    def _put(self, chunk: bytes) -> None:
        self._written.update(chunk)
        self._written_bytes += len(chunk)
        if self._target is not None:
            self._target.write(chunk)

    def result(self) -> EditedCopy:
        return EditedCopy(
            self._read.hexdigest(),
            self.position,
            self._written.hexdigest(),
            self._written_bytes,
        )


def reader_of(stream: IO[bytes], base: int = 0, length: int | None = None) -> Reader:
    """Random access to a stream, or to the block of ``length`` bytes that starts at ``base``."""

    def read(offset: int, count: int) -> bytes:
        if length is not None:
            count = min(count, length - offset)
        if offset < 0 or count <= 0:
            return b""
        stream.seek(base + offset)
        return stream.read(count)

    return read
