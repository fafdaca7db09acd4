"""ONNX files, read with suspicion: what a graph asks for is known before any engine sees it.

A walk over the protobuf records of ``onnx.proto`` (field numbers below), without building anything:
names of operators, inputs and outputs, and the size of every tensor against its bytes. Nothing that
a record declares is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from geoguess_app.core.errors import BundleError

DOMAINS = ("", "ai.onnx", "com.microsoft")
"""ONNX's own operators, and those that onnxruntime's tools put in for half precision and int8."""
_NO_LOOPS = ("Loop", "Scan", "SequenceMap")
_MOST_NODES = 50_000
_MOST_DEPTH = 4
_MOST_RANK = 8
_MOST_VALUES = 1 << 31
_FLOAT, _HALF = 1, 10
_BITS = {1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64,
         16: 16, 21: 4, 22: 4}  # fmt: skip
"""Bits of a value, by ONNX's number of its type; texts and others are not allowed."""

Dimensions = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class OnnxTensor:
    """An input or output; a dimension is None where the file leaves it open."""

    name: str
    element: int
    dimensions: Dimensions | None


@dataclass(slots=True)
class OnnxGraph:
    """The contents of a file, as far as a decision whether to run it needs them."""

    inputs: list[OnnxTensor] = field(default_factory=list)
    outputs: list[OnnxTensor] = field(default_factory=list)
    nodes: int = 0
    weights: int = 0
    """Numbers in all constant tensors."""
    constants: set[str] = field(default_factory=set)


class _Fault(Exception):
    """What is wrong; becomes a BundleError that names the file."""


Record = bytes | memoryview
Fields = Iterator[tuple[int, int | memoryview]]


def read_onnx(data: bytes, file: str) -> OnnxGraph:
    """The graph of an ONNX file. Raises BundleError naming ``file`` and the reason for one that is
    broken, reads other files, or needs operators, loops or functions beyond ONNX's own."""
    graph = OnnxGraph()
    try:
        _model(memoryview(data), graph)
    except _Fault as fault:
        raise BundleError(f"{file} cannot be used: {fault}.", code="onnx") from None
    graph.inputs = [one for one in graph.inputs if one.name not in graph.constants]
    return graph


def check_onnx(graph: OnnxGraph, file: str, size_px: int, feature_size: int) -> None:
    """Raise BundleError unless a graph takes crops (1, 3, size, size) and can give features."""
    if len(graph.inputs) != 1 or not _fits(graph.inputs[0], (1, 3, size_px, size_px)):
        _refuse_shape(file, f"needs one input of floats, 1 × 3 × {size_px} × {size_px}")
    if not any(_fits(out, (1, feature_size)) for out in graph.outputs):
        _refuse_shape(file, f"needs an output of floats, 1 × {feature_size}")


def _refuse_shape(file: str, what: str) -> NoReturn:
    raise BundleError(f"{file} cannot be used: its graph {what}.", code="onnx")


def _fits(tensor: OnnxTensor, shape: tuple[int, ...]) -> bool:
    if tensor.element not in (_FLOAT, _HALF):
        return False
    found = tensor.dimensions
    return found is None or (
        len(found) == len(shape)
        and all(d is None or d == n for d, n in zip(found, shape, strict=True))
    )


def _model(data: memoryview, graph: OnnxGraph) -> None:
    """ModelProto: graph = 7, functions = 25."""
    found = 0
    for number, value in _fields(data):
        if number == 7:
            found += 1
            _graph(_message(value), graph, depth=0)
        elif number == 25:
            raise _Fault("it defines operators of its own")
    if found != 1 or not graph.nodes:
        raise _Fault("it is not an ONNX graph")


def _graph(data: memoryview, graph: OnnxGraph, depth: int) -> None:
    """GraphProto: node = 1, initializer = 5, input = 11, output = 12, sparse_initializer = 15."""
    if depth > _MOST_DEPTH:
        raise _Fault("its graphs are nested too deeply")
    for number, value in _fields(data):
        if number == 1:
            _node(_message(value), graph, depth)
        elif number == 5:
            graph.constants.add(_tensor(_message(value), graph))
        elif number in (11, 12) and depth == 0:
            side = graph.inputs if number == 11 else graph.outputs
            side.append(_declared(_message(value)))
        elif number == 15:
            raise _Fault("it has sparse tensors")


def _node(data: memoryview, graph: OnnxGraph, depth: int) -> None:
    """NodeProto: op_type = 4, attribute = 5, domain = 7."""
    graph.nodes += 1
    if graph.nodes > _MOST_NODES:
        raise _Fault(f"its graph has more than {_MOST_NODES:,} operations")
    operator, domain = "", ""
    for number, value in _fields(data):
        if number == 4:
            operator = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5:
            _attribute(_message(value), graph, depth)
    if domain not in DOMAINS:
        raise _Fault(f"it needs the operator {operator} of {domain}, which is none of ONNX's own")
    if operator in _NO_LOOPS:
        raise _Fault(f"it contains a loop ({operator})")


def _attribute(data: memoryview, graph: OnnxGraph, depth: int) -> None:
    """AttributeProto: t = 5, g = 6, tensors = 10, graphs = 11, sparse_tensor(s) = 22, 23."""
    for number, value in _fields(data):
        if number in (5, 10):
            _tensor(_message(value), graph)
        elif number in (6, 11):
            _graph(_message(value), graph, depth + 1)
        elif number in (22, 23):
            raise _Fault("it has sparse tensors")


def _tensor(data: memoryview, graph: OnnxGraph) -> str:
    """TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9, external_data = 13,
    data_location = 14, and typed data elsewhere. Returns its name."""
    shape: list[int] = []
    element, name, raw = 0, "", None
    for number, value in _fields(data):
        if number == 1:
            shape += [value] if isinstance(value, int) else _packed(value)
        elif number == 2:
            element = value if isinstance(value, int) else 0
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = len(_message(value))
        elif number == 13 or (number == 14 and value != 0):
            raise _Fault("it keeps its weights in another file")
    if element not in _BITS:
        raise _Fault("it has a tensor of an unknown type")
    count = math.prod(shape) if len(shape) <= _MOST_RANK else _MOST_VALUES + 1
    graph.weights += count
    if max([count, graph.weights, *shape]) > _MOST_VALUES:
        raise _Fault("it has tensors that are too large")
    if raw is not None and raw != (count * _BITS[element] + 7) // 8:
        raise _Fault("it has a tensor whose shape its bytes cannot fill")
    if raw is None and count * _BITS[element] > 64 * len(data):
        raise _Fault("it has a tensor whose shape its bytes cannot fill")
    return name


def _declared(data: memoryview) -> OnnxTensor:
    """ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; its Tensor: elem_type = 1,
    shape = 2; TensorShapeProto: dim = 1; its Dimension: dim_value = 1."""
    name, element, dimensions = "", 0, None
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2:
            for _, tensor in _only(_message(value), 1):
                for part, inner in _fields(_message(tensor)):
                    if part == 1 and isinstance(inner, int):
                        element = inner
                    elif part == 2:
                        dimensions = _dimensions(_message(inner))
    return OnnxTensor(name, element, dimensions)


def _dimensions(data: memoryview) -> Dimensions:
    found: list[int | None] = []
    for _, dimension in _only(data, 1):
        sizes = [value for _, value in _only(_message(dimension), 1)]
        size = sizes[-1] if sizes else None
        found.append(size if isinstance(size, int) else None)
    return tuple(found)


def _only(data: memoryview, wanted: int) -> Fields:
    return (one for one in _fields(data) if one[0] == wanted)


def _fields(data: memoryview) -> Fields:
    """Number and value of every field of a record: a whole number, or the bytes of a part."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        length = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            length, at = _varint(data, at)
        if length is None or number == 0 or at + length > end:
            raise _Fault("it is broken")
        yield number, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise _Fault("it is broken")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Fault("it is broken")


def _packed(data: memoryview) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        found.append(value)
        if len(found) > _MOST_RANK:
            raise _Fault("it has a tensor of too many dimensions")
    return found


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _Fault("it is broken")
    return value


def _text(value: int | memoryview) -> str:
    try:
        return bytes(_message(value)[:200]).decode("utf-8")
    except UnicodeDecodeError:
        raise _Fault("it is broken") from None
