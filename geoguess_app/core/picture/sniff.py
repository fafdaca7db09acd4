"""The kind of a picture file, told by its first bytes and never by its suffix."""

from __future__ import annotations

import io
import re
import struct
from typing import IO, Literal

HEAD_BYTES = 32
"""How many bytes of a file ``picture_kind`` wants to see."""

Kind = Literal["jpeg", "png", "gif", "webp", "bmp", "tiff", "jp2", "avif", "heif", "jxl", "raw"]

_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
    (b"\xff\x0a", "jxl"),
    (b"FUJIFILMCCD-RAW", "raw"),
    (b"IIRO", "raw"),  # Olympus
    (b"IIRS", "raw"),
    (b"MMOR", "raw"),
    (b"IIU\x00", "raw"),  # Panasonic
    (b"\x00MRM", "raw"),  # Minolta
    (b"FOVb", "raw"),  # Sigma
    (b"II\x1a\x00\x00\x00HEAPCCDR", "raw"),  # Canon's CRW
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
)
_BITMAP_HEADERS = tuple(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))
_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_GENERIC_BRANDS = (b"mif1", b"msf1")


def picture_kind(head: bytes) -> Kind | None:
    """The kind of picture that a file starting with ``head`` (32 bytes are enough) claims to be.

    None for everything that is no picture we read: text, PDF, video, archives, EPS (which would
    need an interpreter to run its program). TIFF-based RAW files of most makers look like any
    other TIFF here; decoding tells them apart by their tags.
    """
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return _raw_or_tiff(head) if kind == "tiff" else kind
    if _is_bitmap(head):
        return "bmp"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return _media_kind(head) if head[4:8] == b"ftyp" else None


def _is_bitmap(head: bytes) -> bool:
    """Two letters are too little to go by: notes that begin with "BMW" must not look like one."""
    return head.startswith(b"BM") and head[6:10] == bytes(4) and head[14:18] in _BITMAP_HEADERS


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


_UNREAD: tuple[tuple[bytes, str], ...] = (
    (b"8BPS", "PSD"),
    (b"gimp xcf", "XCF"),
    (b"\x76\x2f\x31\x01", "EXR"),
    (b"#?RADIANCE", "HDR"),
    (b"#?RGBE", "HDR"),
    (b"\x0a\x05\x01", "PCX"),
    (b"qoif", "QOI"),
    (b"BPG\xfb", "BPG"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"FLIF", "FLIF"),
    (b"SIMPLE  =", "FITS"),
)
_PORTABLE_HEAD = re.compile(rb"P([1-6])\s+(?:\d|#)")
_PORTABLE = {b"1": "PBM", b"2": "PGM", b"3": "PPM", b"4": "PBM", b"5": "PGM", b"6": "PPM"}
_TARGA_TYPES = frozenset((1, 2, 3, 9, 10, 11))
_UNREAD_RAW = frozenset(
    ("3fr", "crw", "dcr", "dcs", "erf", "fff", "gpr", "iiq", "k25", "kdc", "mef", "mos", "mrw")
) | {"ptx", "rwl", "srf"}


def unread_kind(head: bytes, suffix: str) -> str:
    """Return what people call a picture that ``picture_kind`` does not know; empty for no picture.

    ``suffix`` (".tga") counts where the first bytes say nothing.
    """
    for signature, name in _UNREAD:
        if head.startswith(signature):
            return name
    portable = _PORTABLE_HEAD.match(head)
    if portable is not None:
        return _PORTABLE[portable[1]]
    ending = suffix.lower().lstrip(".")
    if ending == "tga" and head[1:2] in (b"\0", b"\1") and head[2] in _TARGA_TYPES:
        return "TGA"
    return ending.upper() if ending in _UNREAD_RAW and head else ""


def is_cut_short(kind: Kind, stream: IO[bytes]) -> bool:
    """Tell whether a file of a container format (HEIF, AVIF, WebP) ends before it says it does.

    Their decoders fill what is missing with grey and say nothing. Leaves the stream at its start.
    """
    length = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if kind == "webp":
        declared: int = struct.unpack("<I", stream.read(8)[4:])[0] + 8
    elif kind in ("heif", "avif") or (kind == "jxl" and _in_container(stream)):
        declared = _end_of_boxes(stream, length)
    else:
        declared = 0
    stream.seek(0)
    return declared > length


def _in_container(stream: IO[bytes]) -> bool:
    found = stream.read(1) == b"\0"
    stream.seek(0)
    return found


def _end_of_boxes(stream: IO[bytes], length: int) -> int:
    """Where the last top-level box of an ISO container ends by its own account, in bytes."""
    position = 0
    while position + 8 <= length:
        stream.seek(position)
        size = struct.unpack(">I", stream.read(8)[:4])[0]
        if size == 1:
            size = int.from_bytes(stream.read(8), "big")
        if size < 8:  # 0: "to the end of the file"; less than its own header: garbage
            return length
        position += size
    return position
