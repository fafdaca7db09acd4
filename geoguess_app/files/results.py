"""Writing results: folders made, files replaced whole."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from geoguess_app.core.errors import GeoGuessError


def make_folder(folder: Path) -> None:
    """Make a folder for results; raises GeoGuessError with the reason."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GeoGuessError(
            f"{folder}: the folder for the results cannot be made ({error.strerror or error}).",
            code="unwritable",
        ) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that nobody sees half of it; raises GeoGuessError."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise GeoGuessError(
            f"{path}: cannot be written ({error.strerror or error}).", code="unwritable"
        ) from error
