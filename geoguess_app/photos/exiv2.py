"""Tags as Exiv2 reads them, the library of digiKam and darktable: the independent witness."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import shown_name

# Exiv2 and its XMP toolkit are not safe in several threads.
_one_at_a_time = threading.Lock()

_MUTE = 4


@dataclass(frozen=True, slots=True)
class Exiv2Tags:
    """All tags by Exiv2's names ("Exif.GPSInfo.GPSLatitude"), values as text."""

    exif: Mapping[str, Any]
    iptc: Mapping[str, Any]
    xmp: Mapping[str, Any]


def read_tags(path: Path, *, name: str | None = None) -> Exiv2Tags:
    """Every tag of a photo or sidecar; ``name`` is shown in its stead where it fails.

    Raises PhotoError with code no-metadata where Exiv2 cannot read the file. Any thread; one at a
    time.
    """
    sidecar = path.suffix.lower() == ".xmp"
    return _read(lambda pyexiv2: _open(pyexiv2, path), name or shown_name(path), sidecar=sidecar)


def read_sidecar(content: bytes, name: str) -> Exiv2Tags:
    """The same of a sidecar that is not written yet."""
    return _read(lambda pyexiv2: pyexiv2.ImageData(content), name, sidecar=True)


def _read(opened: Callable[[Any], Any], name: str, *, sidecar: bool) -> Exiv2Tags:
    import pyexiv2

    failed = PhotoError(f"{name} has metadata that cannot be read.", code="no-metadata")
    with _one_at_a_time:
        pyexiv2.set_log_level(_MUTE)
        try:
            image = opened(pyexiv2)
        except (RuntimeError, OSError, ValueError) as problem:
            raise failed from problem
        try:
            if sidecar:
                # Exiv2 makes up EXIF and IPTC from a sidecar's XMP; they are not in the file.
                return Exiv2Tags({}, {}, image.read_xmp(encoding="latin-1"))
            # Latin-1 takes any byte: old tags are in whatever encoding the camera had.
            return Exiv2Tags(
                image.read_exif(encoding="latin-1"),
                image.read_iptc(encoding="latin-1"),
                image.read_xmp(encoding="latin-1"),
            )
        except (RuntimeError, ValueError) as problem:
            raise failed from problem
        finally:
            image.close()


def _open(pyexiv2: Any, path: Path) -> Any:
    try:
        return pyexiv2.Image(str(path))
    except (UnicodeEncodeError, RuntimeError):
        # Names that are no UTF-8, and on Windows names outside its code page.
        if str(path).isascii():
            raise
        return pyexiv2.ImageData(path.read_bytes())
