"""Writing a model bundle: the same input gives the same bytes, and a crash leaves old or new.

The new bundle is written beside the old one, opened and verified as any reader would, and only
then put in place. For a folder that takes two renames; should a crash strike between them,
``open_bundle`` finds the old content under its interim name, and the next writing restores it.
``files.atomic``, the writer of single files, knows neither the check nor the folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.checks import file_problem
from geoguess_app.core.bundle.fields import MANIFEST_FILE
from geoguess_app.core.bundle.manifest import Manifest
from geoguess_app.core.bundle.reader import Bundle, open_bundle, previous_folder
from geoguess_app.core.bundle.tensors import tensor_bytes
from geoguess_app.core.errors import BundleError
from geoguess_app.core.partition.csv import cells_csv_text
from geoguess_app.core.partition.table import Partition

ARCHIVE_SUFFIXES = (".geomodel", ".zip")
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def write_bundle(
    target: Path | str,
    manifest: Manifest,
    partitions: Sequence[Partition],
    tensors: Mapping[str, Mapping[str, np.ndarray]],
    extra_files: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a bundle, replacing the one that is there; returns where it lies.

    A target ending in ``.geomodel`` or ``.zip`` becomes one archive, any other a folder.
    ``manifest.files`` is filled in here; ``partitions`` are matched to the manifest's by order
    and name; ``tensors`` maps file → tensor name → array, ``extra_files`` further files (a model
    card). Raises BundleError when the parts do not fit one another, when the place cannot be
    written to, or when a folder is there that is not a model.
    """
    place = Path(target)
    _write(place, _contents(manifest, partitions, tensors, extra_files or {}))
    return place


def _write(place: Path, contents: Mapping[str, bytes]) -> None:
    try:
        if place.suffix.lower() in ARCHIVE_SUFFIXES:
            _write_archive(place, contents)
        else:
            _write_folder(place, contents)
    except OSError as error:
        raise BundleError(
            f"The model cannot be written to {place} ({error.strerror}).", code="unwritable"
        ) from error


def rewrite_bundle(
    target: Path | str, bundle: Bundle, manifest: Manifest, changed: Mapping[str, bytes]
) -> Path:
    """Write a bundle again with another manifest and some further files ``changed``; returns where.

    ``target`` may be where the bundle lies now. Raises as ``write_bundle``.
    """
    place = Path(target)
    files = {name: bundle.read_file(name) for name in bundle.manifest.files if name not in changed}
    _write(place, _with_manifest(manifest, {**files, **changed}))
    return place


def write_ensemble(
    target: Path | str,
    manifest: Manifest,
    partitions: Sequence[Partition],
    members: Mapping[str, Bundle],
    extra_files: Mapping[str, bytes],
) -> Path:
    """Write an ensemble with its members (by name) inside; returns where it lies.

    Raises as ``write_bundle``.
    """
    files = dict(extra_files)
    for partition, entry in zip(partitions, manifest.partitions, strict=True):
        files[entry.file] = cells_csv_text(partition).encode()
    for member in manifest.ensemble:
        bundle = members[member.name]
        files[f"{member.prefix}{MANIFEST_FILE}"] = bundle.manifest.to_bytes()
        for name in bundle.manifest.files:
            files[f"{member.prefix}{name}"] = bundle.read_file(name)
    place = Path(target)
    _write(place, _with_manifest(manifest, files))
    return place


def _contents(
    manifest: Manifest,
    partitions: Sequence[Partition],
    tensors: Mapping[str, Mapping[str, np.ndarray]],
    extra_files: Mapping[str, bytes],
) -> dict[str, bytes]:
    """Every file's bytes, ``bundle.json`` with their hashes included."""
    if [p.name for p in partitions] != [entry.name for entry in manifest.partitions]:
        raise BundleError("The given partitions do not match the manifest.", code="partition")
    files = dict(extra_files)
    for partition, entry in zip(partitions, manifest.partitions, strict=True):
        files[entry.file] = cells_csv_text(partition).encode()
    for name, arrays in tensors.items():
        try:
            files[name] = tensor_bytes(arrays)
        except ValueError as error:
            raise BundleError(f"{name} cannot be written: {error}.", code="tensors") from error
    return _with_manifest(manifest, files)


def _with_manifest(manifest: Manifest, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files and ``bundle.json`` with their hashes, sorted."""
    for name in files:
        problem = file_problem(name)
        if problem or name == MANIFEST_FILE:
            reason = problem or "is written by GeoGuess itself"
            raise BundleError(f"The file {name!r} {reason}.", code="unsafe-name")
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    whole = {**files, MANIFEST_FILE: manifest.with_files(hashes).to_bytes()}
    return dict(sorted(whole.items()))


def _write_archive(place: Path, contents: Mapping[str, bytes]) -> None:
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.stem}-", suffix=".new")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
                for file, data in contents.items():
                    # Stored, not deflated: weights do not shrink, and compressors differ in
                    # their output from one version to the next.
                    info = zipfile.ZipInfo(file, _TIMESTAMP)
                    info.create_system = 3
                    info.external_attr = 0o100644 << 16
                    archive.writestr(info, data)
            stream.flush()
            os.fsync(stream.fileno())
        _verify(new, place)
        new.chmod(0o666 & ~_umask())
        new.replace(place)
        _sync_folder(place.parent)
    finally:
        new.unlink(missing_ok=True)


def _write_folder(place: Path, contents: Mapping[str, bytes]) -> None:
    previous = previous_folder(place)
    _recover(place, previous)
    if place.exists() and not _replaceable(place):
        raise BundleError(
            f"{place} exists and is not a model: it was not changed.", code="unwritable"
        )
    new = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}-", suffix=".new"))
    try:
        for file, data in contents.items():
            _write_file(new / file, data)
        for folder in [new, *(p for p in new.rglob("*") if p.is_dir())]:
            folder.chmod(0o777 & ~_umask())
            _sync_folder(folder)
        _verify(new, place)
        if place.exists():
            place.rename(previous)
        new.rename(place)
        _sync_folder(place.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        _recover(place, previous)


def _recover(place: Path, previous: Path) -> None:
    """Finish or undo a replacement that stopped half-way."""
    if previous.is_dir() and not place.exists():
        previous.rename(place)
    elif previous.is_dir():
        shutil.rmtree(previous)


def _replaceable(place: Path) -> bool:
    return place.is_dir() and ((place / MANIFEST_FILE).is_file() or not any(place.iterdir()))


def _verify(new: Path, place: Path) -> None:
    """Read the new bundle back as any reader would; errors name its final place."""
    try:
        open_bundle(new)
    except BundleError as error:
        text = str(error).replace(new.name, place.name)
        raise BundleError(text, code=error.code) from error


def _write_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """Make renames survive a power cut, where the system lets folders be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
