"""HEIC files: one picture in one piece, and a grid of tiles as phones store it."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from PIL import Image

QUALITY = 60


def save_heic(picture: Image.Image, path: Path, exif: bytes) -> None:
    """Write a picture with its EXIF block, which comes to lie at the end of the file.

    An orientation in the block is said a second time in the container, as phones do.
    """
    path.write_bytes(_encoded(picture, exif=exif))


def save_grid(picture: Image.Image, path: Path, exif: bytes, columns: int = 2) -> None:
    """Write a picture as a grid of `columns` × `columns` tiles, its EXIF block in front of them."""
    side = columns * columns
    wide, high = picture.width // columns // 2 * 2, picture.height // columns // 2 * 2
    spots = [(x * wide, y * high) for y in range(columns) for x in range(columns)]
    tiles = [_encoded(picture.crop((x, y, x + wide, y + high))) for x, y in spots]
    grid = struct.pack(">BBBBHH", 0, 0, columns - 1, columns - 1, columns * wide, columns * high)
    # Items: 1 is the grid, 2 the EXIF block, 3 and on the tiles.
    contents = [grid, struct.pack(">L", 6) + exif, *map(_picture_data, tiles)]
    numbers = range(3, 3 + side)
    kinds = [(1, b"grid", 0), (2, b"Exif", 1), *((n, b"hvc1", 1) for n in numbers)]
    entries = [
        _full(b"infe", 2, struct.pack(">HH4sB", n, 0, kind, 0), hidden) for n, kind, hidden in kinds
    ]
    references = _box(b"dimg", struct.pack(">HH", 1, side) + struct.pack(f">{side}H", *numbers))
    references += _box(b"cdsc", struct.pack(">HHH", 2, 1, 1))
    properties = [
        _box_of(tiles[0], b"hvcC"),
        _full(b"ispe", 0, struct.pack(">LL", wide, high)),
        _full(b"ispe", 0, struct.pack(">LL", columns * wide, columns * high)),
    ]
    # Which properties an item has; the first bit says that a reader must know it.
    owned = [(1, bytes((3,))), *((n, bytes((0x81, 2))) for n in numbers)]
    owners = b"".join(struct.pack(">HB", n, len(owns)) + owns for n, owns in owned)
    parts = [
        _full(b"hdlr", 0, struct.pack(">L4s12xB", 0, b"pict", 0)),
        _full(b"pitm", 0, struct.pack(">H", 1)),
        _full(b"iinf", 0, struct.pack(">H", len(entries)) + b"".join(entries)),
        _full(b"iref", 0, references),
        _box(
            b"iprp",
            _box(b"ipco", b"".join(properties))
            + _full(b"ipma", 0, struct.pack(">L", len(owned)) + owners),
        ),
    ]
    head = _box(b"ftyp", b"heic\0\0\0\0mif1heic")
    size = len(head) + len(_full(b"meta", 0, b"".join([*parts, _places(contents, 0)])))
    meta = _full(b"meta", 0, b"".join([*parts, _places(contents, size + 8)]))
    path.write_bytes(head + meta + _box(b"mdat", b"".join(contents)))


def _encoded(picture: Image.Image, **options: object) -> bytes:
    import pillow_heif

    pillow_heif.register_heif_opener()
    stream = io.BytesIO()
    picture.save(stream, "HEIF", quality=QUALITY, **options)
    return stream.getvalue()


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(content), kind) + content


def _full(kind: bytes, version: int, content: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">L", version << 24 | flags) + content)


def _box_of(file: bytes, kind: bytes) -> bytes:
    at = file.index(kind) - 4
    return file[at : at + struct.unpack_from(">L", file, at)[0]]


def _picture_data(file: bytes) -> bytes:
    """The data of the only item of a file."""
    return _box_of(file, b"mdat")[8:]


def _places(contents: list[bytes], offset: int) -> bytes:
    """The box that says where each item's bytes lie; the first ones at `offset`."""
    items = b""
    for number, content in enumerate(contents, start=1):
        items += struct.pack(">HHHLL", number, 0, 1, offset, len(content))
        offset += len(content)
    return _full(b"iloc", 0, struct.pack(">BBH", 0x44, 0, len(contents)) + items)
