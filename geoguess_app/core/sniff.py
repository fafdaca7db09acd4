"""What kind of picture a file is, told by its first bytes and never by its suffix."""

from __future__ import annotations

from typing import Literal

HEAD_BYTES = 32
"""How many bytes of a file `picture_kind` wants to see."""

Kind = Literal["jpeg", "png", "gif", "webp", "bmp", "tiff", "jp2", "avif", "heif", "raw"]

_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"FUJIFILMCCD-RAW", "raw"),
    (b"IIRO", "raw"),  # Olympus
    (b"IIRS", "raw"),
    (b"MMOR", "raw"),
    (b"IIU\x00", "raw"),  # Panasonic
    (b"\x00MRM", "raw"),  # Minolta
    (b"FOVb", "raw"),  # Sigma
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
)
_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_GENERIC_BRANDS = (b"mif1", b"msf1")


def picture_kind(head: bytes) -> Kind | None:
    """The kind of picture that a file starting with `head` (32 bytes are enough) claims to be.

    None for everything that is no picture we read: text, PDF, video, archives, EPS (which would
    need an interpreter to run its program). TIFF-based RAW files of most makers look like any
    other TIFF here; decoding tells them apart by their tags.
    """
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return _raw_or_tiff(head) if kind == "tiff" else kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return _media_kind(head) if head[4:8] == b"ftyp" else None


def _raw_or_tiff(head: bytes) -> Kind:
    # Canon's CR2 is a TIFF that carries its own mark right after the TIFF header.
    return "raw" if head[8:10] == b"CR" else "tiff"


def _media_kind(head: bytes) -> Kind | None:
    """HEIF, AVIF, CR3 and every MP4 video share one container; the brands tell which it is."""
    major, compatible = head[8:12], head[16:HEAD_BYTES]
    if major == b"crx ":
        return "raw"
    if major in _AVIF_BRANDS:
        return "avif"
    if major in _HEIF_BRANDS:
        return "heif"
    if major in _GENERIC_BRANDS:
        return "avif" if any(brand in compatible for brand in _AVIF_BRANDS) else "heif"
    return None
