"""A part of the tensors in a remote safetensors file, as a safetensors file of its own.

The file begins with the length of its header (8 bytes), the header (JSON: name → type, shape,
first and last byte) and then holds the tensors' bytes; only those that are wanted are fetched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.records.forms import decode
from geoguess_app.core.records.marks import Count, Range, Text
from geoguess_app.models.web import DownloadError, Patience, host_of, read_small

MAX_HEADER_BYTES = 100_000_000
_LENGTH_BYTES = 8
_Offset = Annotated[int, Range(0, 1 << 50)]


@dataclass(frozen=True, slots=True)
class _Tensor:
    dtype: Annotated[str, Text(16)]
    shape: Annotated[tuple[_Offset, ...], Count(16)]
    data_offsets: tuple[_Offset, _Offset]


@dataclass(frozen=True, slots=True)
class TensorPart:
    """A new file's beginning, and the bytes of the remote file that follow it, in order."""

    head: bytes
    spans: tuple[tuple[int, int], ...]

    @property
    def size_bytes(self) -> int:
        """Return the size of the new file."""
        return len(self.head) + sum(last - first for first, last in self.spans)


def plan_part(
    address: str,
    prefixes: Sequence[str],
    size_bytes: int,
    *,
    cancel: CancelToken,
    patience: Patience,
) -> TensorPart | None:
    """Read the header of a remote file of ``size_bytes`` and plan the part with the tensors whose
    names begin so; None if cancelled. Raises DownloadError.
    """
    found = _read(address, (0, _LENGTH_BYTES), cancel, patience)
    if found is None:
        return None
    length = int.from_bytes(found, "little")
    start = _LENGTH_BYTES + length
    if not 2 <= length <= min(MAX_HEADER_BYTES, size_bytes):
        raise _broken(address)
    header = _read(address, (_LENGTH_BYTES, start), cancel, patience)
    if header is None:
        return None
    tensors = _wanted(header, prefixes, address)
    if any(last > size_bytes - start for _, last in (t.data_offsets for t in tensors.values())):
        raise _broken(address)
    return _part(tensors, start)


def _read(
    address: str, span: tuple[int, int], cancel: CancelToken, patience: Patience
) -> bytes | None:
    wanted = span[1] - span[0]
    found = read_small(address, most_bytes=wanted, cancel=cancel, patience=patience, span=span)
    if found is not None and len(found) != wanted:
        raise _broken(address)
    return found


def _wanted(header: bytes, prefixes: Sequence[str], address: str) -> dict[str, _Tensor]:
    """The tensors that are wanted, in the order of their bytes."""
    try:
        listed = json.loads(header)
        if not isinstance(listed, Mapping):
            raise ValueError("no object")
        found = {
            name: decode(_Tensor, listed[name])
            for name in listed
            if name != "__metadata__" and name.startswith(tuple(prefixes))
        }
    except (ValueError, RecursionError) as problem:
        raise _broken(address) from problem
    missing = [prefix for prefix in prefixes if not any(n.startswith(prefix) for n in found)]
    if missing:
        raise DownloadError(
            f"{address}: the file holds no tensors named {missing[0]}…; it is another model.",
            code="tensors",
        )
    ordered = sorted(found.items(), key=lambda item: item[1].data_offsets)
    at = 0
    for _, tensor in ordered:
        first, last = tensor.data_offsets
        if first < at or last < first:
            raise _broken(address)
        at = last
    return dict(ordered)


def _part(tensors: Mapping[str, _Tensor], start: int) -> TensorPart:
    entries: dict[str, Any] = {}
    spans: list[tuple[int, int]] = []
    at = 0
    for name, tensor in tensors.items():
        first, last = (start + offset for offset in tensor.data_offsets)
        entries[name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [at, at + last - first],
        }
        at += last - first
        if spans and spans[-1][1] == first:
            spans[-1] = (spans[-1][0], last)
        elif last > first:
            spans.append((first, last))
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _LENGTH_BYTES)
    return TensorPart(len(text).to_bytes(_LENGTH_BYTES, "little") + text, tuple(spans))


def _broken(address: str) -> DownloadError:
    return DownloadError(
        f"{host_of(address)} sends something else than a safetensors file for "
        f"{address.rpartition('/')[2]}.",
        code="tensors",
    )
