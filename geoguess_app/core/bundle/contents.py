"""Do a bundle's files hold what its manifest says? Tables, hierarchy, tensors, bank. No torch."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, TextIO

import numpy as np

from geoguess_app.core.bundle.networks import NetworkConfig
from geoguess_app.core.bundle.onnx_graph import check_onnx, read_onnx
from geoguess_app.core.bundle.tensors import check_finite, refuse_tensor
from geoguess_app.core.bundle.trunk_designs import Shape
from geoguess_app.core.errors import BundleError, PartitionError
from geoguess_app.core.partition.csv import read_cells_csv
from geoguess_app.core.partition.hierarchy import Hierarchy, build_hierarchy
from geoguess_app.core.partition.table import Partition

if TYPE_CHECKING:
    from geoguess_app.core.bundle.manifest import (
        GalleryConfig,
        Manifest,
        PartitionEntry,
        RetrievalConfig,
    )

MAX_TABLE_BYTES = 64_000_000
MAX_ORPHAN_SHARE = 0.2
"""Partitions of the same photos nest but for a few dropped cells; beyond this they do not belong
together, and the product of their probabilities would mean nothing."""
MAX_ORPHANS = 5_000
"""Each orphan is compared with every coarser cell: this bounds the time that a bundle can take."""
_PREAMBLE_LINES = 10
_BANK_BLOCK = 1 << 16


def read_partition(data: bytes, entry: PartitionEntry) -> Partition:
    """The table, with exactly as many cells as declared, classes in the order of the weights.

    Raises BundleError naming the file.
    """
    if data.count(b"\n") > entry.cells + _PREAMBLE_LINES:
        _refuse_table(f"{entry.file} has more lines than its {entry.cells} cells need.")
    try:
        partition = read_cells_csv(_table(data, entry.file), entry.name, ordered=True)
    except PartitionError as error:
        _refuse_table(str(error))
    if partition.size != entry.cells:
        _refuse_table(
            f"{entry.file} holds {partition.size} cells, but bundle.json says {entry.cells}."
        )
    return partition


class _NamedText(io.StringIO):
    """A text in memory that knows the file it came from, for messages."""

    name = ""


def _table(data: bytes, file: str) -> TextIO:
    try:
        stream = _NamedText(data.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError:
        _refuse_table(f"{file} is not UTF-8 text.")
    stream.name = file
    return stream


def _refuse_table(sentence: str) -> NoReturn:
    raise BundleError(sentence, code="partition")


def nest(partitions: tuple[Partition, ...], entries: tuple[PartitionEntry, ...]) -> Hierarchy:
    """The hierarchy, once it is clear that nearly all finest cells have real ancestors.

    Raises BundleError naming the table that does not fit.
    """
    finest = partitions[-1]
    for partition, entry in zip(partitions, entries, strict=True):
        orphans = int((partition.class_of(finest.cell_ids) < 0).sum())
        if orphans > min(MAX_ORPHAN_SHARE * finest.size, MAX_ORPHANS):
            raise BundleError(
                f"{orphans} of the {finest.size} cells of {entries[-1].file} are not inside a cell "
                f"of {entry.file}: partitions must nest, from coarse to fine.",
                code="hierarchy",
            )
    try:
        return build_hierarchy(partitions)
    except PartitionError as error:
        raise BundleError(str(error), code="hierarchy") from None


def check_tensors(manifest: Manifest, file: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Raise BundleError unless a weights file is what every part that names it needs."""
    check_finite({n: a for n, a in arrays.items() if a.dtype.kind == "f"}, file)
    for config in network_configs(manifest):
        if config.weights == file:
            feature_size = manifest.trunks[config.trunk].feature_size
            check_shapes(config.shapes(feature_size), arrays, file)
            _check_variances(arrays, file)
    for trunk in manifest.trunks.values():
        if trunk.weights == file:
            check_shapes(trunk.shapes(), arrays, file)
            _check_variances(arrays, file)
    if manifest.retrieval and manifest.retrieval.weights == file:
        cells = manifest.partitions[-1].cells if manifest.partitions else 0
        _check_bank(arrays, file, manifest.retrieval, cells)
    if manifest.gallery and manifest.gallery.weights == file:
        _check_places(arrays, file, manifest.gallery)


def check_graph(manifest: Manifest, file: str, data: bytes) -> None:
    """Raise BundleError unless an ONNX file is what every trunk that names it needs."""
    graph = read_onnx(data, file)
    for trunk in manifest.trunks.values():
        if trunk.weights == file:
            check_onnx(graph, file, manifest.preprocessing.size, trunk.feature_size)


def network_configs(manifest: Manifest) -> list[NetworkConfig]:
    """Every network, the projection to bank or gallery included."""
    compared = [manifest.embedding.projection] if manifest.embedding else []
    return [*manifest.networks.values(), *compared]


def check_shapes(
    expected: Mapping[str, Shape], arrays: Mapping[str, np.ndarray], file: str
) -> None:
    """Raise BundleError unless names, shapes and floating types are exactly as expected."""
    for name in sorted(set(expected) | set(arrays)):
        if name not in arrays:
            problem = f"the tensor {name} is missing"
        elif name not in expected:
            problem = f"it contains the tensor {name}, which its network does not have"
        elif arrays[name].shape != expected[name]:
            problem = f"{name} has the shape {arrays[name].shape} instead of {expected[name]}"
        else:
            continue
        raise BundleError(f"{file}: {problem}.", code="shape")
    _check_floats(arrays, file)


def _check_floats(arrays: Mapping[str, np.ndarray], file: str) -> None:
    for name, array in arrays.items():
        if array.dtype.kind != "f":
            refuse_tensor(file, f"{name} must hold floating-point numbers")


def _check_variances(arrays: Mapping[str, np.ndarray], file: str) -> None:
    # A negative variance would turn every answer into NaN.
    for name, array in arrays.items():
        if name.endswith("running_var") and array.min() < 0:
            refuse_tensor(file, f"{name} contains a negative variance")


def _check_bank(
    arrays: Mapping[str, np.ndarray], file: str, retrieval: RetrievalConfig, cells: int
) -> None:
    count = retrieval.count
    _check_places({n: a for n, a in arrays.items() if n != "fine_class"}, file, retrieval)
    classes = arrays.get("fine_class")
    if classes is None or classes.dtype.kind != "i" or classes.shape != (count,):
        refuse_tensor(file, f"fine_class must be {count} whole numbers")
    # -1 marks a photo outside every cell.
    _check_range(arrays, "fine_class", -1, cells - 1, file)


def _check_places(
    arrays: Mapping[str, np.ndarray], file: str, given: RetrievalConfig | GalleryConfig
) -> None:
    """Embeddings of length 1, and a place for each."""
    count = given.count
    shapes: dict[str, Shape] = dict.fromkeys(("latitude_deg", "longitude_deg"), (count,))
    shapes["embeddings"] = (count, given.size)
    check_shapes(shapes, arrays, file)
    _check_range(arrays, "latitude_deg", -90.0, 90.0, file)
    _check_range(arrays, "longitude_deg", -180.0, 180.0, file)
    for start in range(0, count, _BANK_BLOCK):
        block = arrays["embeddings"][start : start + _BANK_BLOCK].astype(np.float32)
        if np.abs(np.linalg.norm(block, axis=1) - 1.0).max() > 0.02:
            refuse_tensor(file, "embeddings must have length 1")


def _check_range(
    arrays: Mapping[str, np.ndarray], name: str, low: float, high: float, file: str
) -> None:
    if arrays[name].min() < low or arrays[name].max() > high:
        refuse_tensor(file, f"{name} contains values outside {low:g} to {high:g}")
