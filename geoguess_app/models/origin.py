"""The origin of a model that was fetched: host, commit, licence and SHA-256 of every file.

A JSON file in the folder of the download, and beside the model that was built from it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from geoguess_app.core.bundle.manifest import Digest
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.core.records.marks import Count, OmitDefault, Range, Text
from geoguess_app.files.atomic import replace_file

ORIGIN_FILE = "origin.json"
ORIGIN_SUFFIX = ".origin.json"
"""Of the file beside a model, behind the model's name."""
_MOST_BYTES = 1_000_000
Checked = Literal["sha256", "git", "length"]
"""By what of the host's a file was compared with what it should be."""
_Line = Annotated[str, Text(2_000)]


@dataclass(frozen=True, slots=True)
class OriginFile:
    """A file as it was fetched, with its own SHA-256."""

    file: _Line
    size_bytes: Annotated[int, Range(0, 1 << 40)]
    sha256: Digest
    checked: Checked


@dataclass(frozen=True, slots=True)
class OriginSource:
    """A repository at one commit, or a folder of a host, and what was fetched of it."""

    address: _Line
    licence: _Line
    files: Annotated[tuple[OriginFile, ...], Count(1_000)]
    revision: Annotated[_Line | None, OmitDefault()] = None


@dataclass(frozen=True, slots=True)
class ModelOrigin:
    """The origin of a model: what was fetched, when, and from where."""

    model: _Line
    variant: _Line
    fetched: _Line
    """ISO 8601 time."""
    sources: Annotated[tuple[OriginSource, ...], Count(100)]
    format: Literal["geoguess-origin"] = "geoguess-origin"
    format_version: Annotated[int, Range(1, 1)] = 1


def write_origin(path: Path, origin: ModelOrigin) -> None:
    """Write the file; raises GeoGuessError where that is not possible."""
    replace_file(path, (json.dumps(encode(origin), indent=1) + "\n").encode())


def read_origin(path: Path) -> ModelOrigin | None:
    """Read the file; None where there is none, or none that can be read."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        return decode(ModelOrigin, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return None


def origin_beside(model: Path) -> Path:
    """Name the file about a model's origin that lies beside the model."""
    return model.with_name(model.name + ORIGIN_SUFFIX)
