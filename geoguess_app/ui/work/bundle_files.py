"""Telling model bundles from other files, without opening a model."""

from __future__ import annotations

import zipfile
from pathlib import Path


def looks_like_bundle(path: Path) -> bool:
    """Tell whether this is a folder with bundle.json, a zip that holds one, or a file named
    ``.geomodel``."""
    try:
        if path.is_dir():
            return (path / "bundle.json").is_file()
        if path.suffix.lower() == ".geomodel" or path.name == "bundle.json":
            return path.is_file()
        return path.is_file() and _zip_with_manifest(path)
    except OSError:
        return False


def _zip_with_manifest(path: Path) -> bool:
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(Path(name).name == "bundle.json" for name in archive.namelist()[:5000])
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
