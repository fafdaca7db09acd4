"""The safetensors format, read with suspicion: a header is checked in full before any array.

Format: 8 bytes little-endian header length, a JSON header (name → dtype, shape, data_offsets),
then the data, without holes or overlaps. Nothing in such a file can be executed. Arrays are views
into the bytes given, so no size that a header declares is ever allocated.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from mmap import mmap
from typing import Any, BinaryIO, NoReturn

import numpy as np

from geoguess_app.core.errors import BundleError

MAX_HEADER_BYTES = 2_000_000
_MOST_TENSORS = 10_000
_MOST_DIMENSIONS = 8
_BLOCK = 1 << 24
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_DTYPES: Mapping[str, np.dtype[Any]] = {
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor of the header; ``start`` and ``stop`` are byte offsets into the data part."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    stop: int


class _HeaderError(Exception):
    """What is wrong with the header; becomes a BundleError that names the file."""


def read_tensors(data: bytes | mmap, file: str) -> dict[str, np.ndarray]:
    """Name → read-only array, in the stored type, viewing ``data``.

    Raises BundleError naming ``file`` unless the bytes are exactly one sound safetensors file.
    """
    try:
        entries, start = _read_header(data)
    except _HeaderError as error:
        if looks_like_pickle(data):
            raise BundleError(
                f"{file} is a pickle under another name, which could run code: it was not read.",
                code="pickle",
            ) from None
        raise BundleError(f"{file} is broken: {error}.", code="tensors") from None
    return {
        name: np.frombuffer(data, entry.dtype, math.prod(entry.shape), start + entry.start).reshape(
            entry.shape
        )
        for name, entry in entries.items()
    }


def tensor_names(stream: BinaryIO, file: str) -> frozenset[str]:
    """The names of the tensors in a safetensors file, of which only the header is read.

    Raises BundleError naming ``file`` for a header that is none.
    """
    start = stream.read(8)
    length = int.from_bytes(start, "little")
    text = stream.read(length) if len(start) == 8 and length <= MAX_HEADER_BYTES else b""
    try:
        return frozenset(_header_json(text)) - {"__metadata__"}
    except _HeaderError as error:
        raise BundleError(f"{file} is broken: {error}.", code="tensors") from None


def looks_like_pickle(data: bytes | mmap) -> bool:
    """Tell whether these are the first bytes of a pickle, or of the zip in which torch keeps
    one."""
    binary = len(data) > 1 and data[0] == 0x80 and data[1] <= 5
    return binary or data[:4] == b"PK\x03\x04" or data[:2] in (b"(d", b"(l", b"cc", b"c_")


def _read_header(data: bytes | mmap) -> tuple[dict[str, TensorEntry], int]:
    if len(data) < 8:
        raise _HeaderError("it ends before its header")
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise _HeaderError(f"its header claims {length} bytes")
    if 8 + length > len(data):
        raise _HeaderError("it ends inside its header")
    entries = {
        name: _entry(name, value)
        for name, value in _header_json(data[8 : 8 + length]).items()
        if name != "__metadata__"
    }
    _check_layout(entries, len(data) - 8 - length)
    return entries, 8 + length


def _header_json(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError):
        raise _HeaderError("its header is not valid JSON") from None
    if not isinstance(header, dict) or len(header) > _MOST_TENSORS:
        raise _HeaderError(f"its header is not an object of at most {_MOST_TENSORS} tensors")
    return header


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _HeaderError("its header names a key twice")
    return dict(pairs)


def _entry(name: str, value: object) -> TensorEntry:
    if not _NAME.fullmatch(name):
        raise _HeaderError("its header has an unusable tensor name")
    if not isinstance(value, dict) or sorted(value) != ["data_offsets", "dtype", "shape"]:
        raise _HeaderError(f"the header's entry for {name} is not a tensor's")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise _HeaderError(f"{name} has a type other than {', '.join(_DTYPES)}")
    if not _whole_numbers(shape) or len(shape) > _MOST_DIMENSIONS or 0 in shape:
        raise _HeaderError(f"{name} has an impossible shape")
    if not _whole_numbers(offsets) or len(offsets) != 2:
        raise _HeaderError(f"{name} has impossible offsets")
    entry = TensorEntry(_DTYPES[dtype], tuple(shape), offsets[0], offsets[1])
    if math.prod(entry.shape) * entry.dtype.itemsize != entry.stop - entry.start:
        raise _HeaderError(
            f"{name} declares a shape that its {entry.stop - entry.start} bytes cannot fill"
        )
    return entry


def _whole_numbers(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 1 << 48 for v in value
    )


def _check_layout(entries: Mapping[str, TensorEntry], available: int) -> None:
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].start):
        if entry.start != end:
            raise _HeaderError(f"the data of {name} are out of order")
        end = entry.stop
    if end != available:
        raise _HeaderError(f"its tensors need {end} bytes of data, but it holds {available}")


def check_finite(arrays: Mapping[str, np.ndarray], file: str) -> None:
    """Raise BundleError naming the tensor that holds NaN or infinity."""
    for name, array in arrays.items():
        flat = array.reshape(-1)
        for start in range(0, flat.size, _BLOCK):
            if not np.isfinite(flat[start : start + _BLOCK]).all():
                refuse_tensor(file, f"{name} contains values that are not finite")


def refuse_tensor(file: str, problem: str) -> NoReturn:
    """Raise the BundleError for a tensor that does not fit."""
    raise BundleError(f"{file}: {problem}.", code="tensors")


def tensor_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The safetensors file of these arrays; equal arrays give equal bytes.

    Raises ValueError for types or names that a bundle may not hold.
    """
    from safetensors.numpy import save

    for name, array in arrays.items():
        if array.dtype.newbyteorder("<") not in _DTYPES.values() or not array.size:
            raise ValueError(f"{name} has the type {array.dtype} or no values")
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a tensor")
    return save({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)})
