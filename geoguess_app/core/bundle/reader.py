"""Opening a model bundle: every file hashed, every part checked, nothing executed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.archive import MAX_FILE_BYTES, BundleSource, open_source
from geoguess_app.core.bundle.bank_photos import (
    THUMBNAIL_TENSOR,
    check_thumbnails,
    read_bank_photos,
)
from geoguess_app.core.bundle.contents import (
    MAX_TABLE_BYTES,
    check_graph,
    check_tensors,
    nest,
    read_partition,
)
from geoguess_app.core.bundle.fields import MANIFEST_FILE
from geoguess_app.core.bundle.manifest import MAX_MANIFEST_BYTES, EnsembleMember, Manifest
from geoguess_app.core.bundle.manifest_reader import parse_manifest
from geoguess_app.core.bundle.tensors import read_tensors
from geoguess_app.core.calibration.json_form import calibration_from_json
from geoguess_app.core.errors import BundleError
from geoguess_app.core.partition.hierarchy import Hierarchy
from geoguess_app.core.partition.table import Partition
from geoguess_app.core.records.faults import quote

_MAX_TEXT_BYTES = 16_000_000
MAX_ONNX_BYTES = (1 << 31) - 1
"""The most that the format itself allows."""
_LIMITS = {".csv": MAX_TABLE_BYTES, ".safetensors": MAX_FILE_BYTES, ".onnx": MAX_ONNX_BYTES}


@dataclass(frozen=True, eq=False)
class Bundle:
    """A verified model. ``partitions`` run coarse → fine; ``hierarchy`` is None without any."""

    path: Path
    manifest: Manifest
    partitions: tuple[Partition, ...]
    hierarchy: Hierarchy | None
    members: Mapping[str, Bundle]
    """Of an ensemble: its members by name; else empty."""
    _source: BundleSource = field(repr=False)

    @property
    def name(self) -> str:
        """Name and version, as shown to the user: "Starter 1.0"."""
        return self.manifest.title

    @property
    def digest(self) -> str:
        """The SHA-256 of its manifest, which holds the hashes of all other files."""
        return hashlib.sha256(self.manifest.to_bytes()).hexdigest()

    def tensors(self, file: str) -> dict[str, np.ndarray]:
        """Name → read-only array, as stored, of one of the bundle's safetensors files.

        The file is read and its hash compared again: raises BundleError if it changed since.
        """
        with _named_in_errors(self.path):
            return read_tensors(_read_listed(self._source, self.manifest, file), file)

    def read_file(self, file: str) -> bytes:
        """The bytes of any of the bundle's files (a model card, say). Raises BundleError."""
        with _named_in_errors(self.path):
            return _read_listed(self._source, self.manifest, file)


def open_bundle(path: Path | str) -> Bundle:
    """Read and verify a bundle: a folder, or a zip (``.geomodel``) of the same files.

    Raises BundleError in one sentence naming the model, the file and what is wrong with it.
    """
    target = Path(path)
    with _named_in_errors(target):
        return _open(target, open_source(current_folder(target)))


def _open(target: Path, source: BundleSource) -> Bundle:
    """Verify what lies in a source; errors do not name the model yet."""
    manifest = _read_manifest(source)
    _check_listing(source, manifest)
    calibration_from_json(manifest.calibration)
    partitions = tuple(
        read_partition(_read_listed(source, manifest, entry.file), entry)
        for entry in manifest.partitions
    )
    hierarchy = nest(partitions, manifest.partitions) if partitions else None
    tables = {entry.file for entry in manifest.partitions}
    inside = tuple(member.prefix for member in manifest.ensemble)
    for name in sorted(set(manifest.files) - tables):
        if inside and name.startswith(inside):
            continue  # read when the member is opened
        data = _read_listed(source, manifest, name)
        if name.endswith(".safetensors"):
            check_tensors(manifest, name, read_tensors(data, name))
        elif name.endswith(".onnx"):
            check_graph(manifest, name, data)
    _check_bank_photos(source, manifest)
    members = {
        member.name: _open_member(target, source, manifest, member) for member in manifest.ensemble
    }
    return Bundle(target, manifest, partitions, hierarchy, members, source)


def _open_member(
    target: Path, source: BundleSource, manifest: Manifest, member: EnsembleMember
) -> Bundle:
    # Its bundle.json is the one that the ensemble lists, which then vouches for the other files.
    _read_listed(source, manifest, f"{member.prefix}{MANIFEST_FILE}")
    found = _open(target, _SourceBelow(source, member.prefix))
    if not found.manifest.has_cells or found.manifest.ensemble:
        raise BundleError(
            f"its member {member.name} is of kind {found.manifest.kind}, which cannot be pooled.",
            code="member",
        )
    return found


class _SourceBelow:
    """The files of a source below a folder, as a source of its own."""

    def __init__(self, source: BundleSource, prefix: str) -> None:
        self._source, self._prefix = source, prefix

    def names(self) -> list[str]:
        """List all files below the folder, sorted."""
        begin = self._prefix
        return [n.removeprefix(begin) for n in self._source.names() if n.startswith(begin)]

    def read(self, name: str, most: int = MAX_FILE_BYTES) -> bytes:
        """A file's bytes. BundleError when it holds more than ``most`` or cannot be read."""
        return self._source.read(self._prefix + name, most)


def read_manifest(path: Path) -> Manifest:
    """Read what a bundle says of itself; nothing else in it is looked at.

    Raises BundleError in one sentence naming the model.
    """
    with _named_in_errors(path):
        return _read_manifest(open_source(current_folder(path)))


def _check_bank_photos(source: BundleSource, manifest: Manifest) -> None:
    """The table of the bank's photos and their pictures, where a bundle has them."""
    bank = manifest.retrieval
    if bank is None or bank.photos is None:
        return
    photos = read_bank_photos(_read_listed(source, manifest, bank.photos), manifest)
    if bank.thumbnails is not None:
        file = bank.thumbnails
        tensors = read_tensors(_read_listed(source, manifest, file), file)
        check_thumbnails(file, tensors.get(THUMBNAIL_TENSOR), photos)
    elif photos.pictured:
        raise BundleError(
            f"{bank.photos} tells of thumbnails that are not there.", code="bank-photos"
        )


def current_folder(target: Path) -> Path:
    """The folder itself, or its previous content if a crash struck between moving that away and
    moving the new one in (see ``bundle_writer.py``)."""
    previous = previous_folder(target)
    return previous if not target.exists() and previous.is_dir() else target


def previous_folder(target: Path) -> Path:
    """Return where a bundle folder lies for the instant in which it is replaced."""
    return target.with_name(f".{target.name}.previous")


@contextmanager
def _named_in_errors(path: Path) -> Iterator[None]:
    """Put the model's own name before what is wrong with one of its files."""
    try:
        yield
    except BundleError as error:
        name = quote(path.name)
        raise BundleError(f"The model {name} cannot be used: {error}", code=error.code) from None


def _read_manifest(source: BundleSource) -> Manifest:
    if MANIFEST_FILE not in source.names():
        raise BundleError(f"it contains no {MANIFEST_FILE}.", code="not-a-model")
    return parse_manifest(source.read(MANIFEST_FILE, MAX_MANIFEST_BYTES))


def _check_listing(source: BundleSource, manifest: Manifest) -> None:
    present, listed = set(source.names()) - {MANIFEST_FILE}, set(manifest.files)
    if listed - present:
        missing = min(listed - present)
        raise BundleError(f"the file {missing} is missing.", code="missing-file")
    if present - listed:
        extra = min(present - listed)
        raise BundleError(
            f"the file {extra} is not listed in {MANIFEST_FILE}.", code="unlisted-file"
        )


def _read_listed(source: BundleSource, manifest: Manifest, name: str) -> bytes:
    if name not in manifest.files:
        raise BundleError(f"{name} is not one of its files.", code="missing-file")
    data = source.read(name, _LIMITS.get(Path(name).suffix, _MAX_TEXT_BYTES))
    if hashlib.sha256(data).hexdigest() != manifest.files[name]:
        raise BundleError(
            f"{name} is not the file that {MANIFEST_FILE} describes (its SHA-256 differs): "
            "it was damaged or changed.",
            code="hash-mismatch",
        )
    return data
