"""Old positions in the XMP of PNG, WebP, TIFF and HEIF files, overwritten with blanks.

Their packets are left where and as long as they are: what a removed property took up becomes white
space, which XMP allows between elements and attributes, so that no offset in the container moves.
"""

from __future__ import annotations

import mmap
import re
import struct
import zlib
from collections.abc import Collection, Iterator
from typing import IO

from geoguess_app.core.picture.sniff import Kind
from geoguess_app.photos.formats import png
from geoguess_app.photos.formats.edits import Edit, order_edits, reader_of
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import Packet, PacketChanges, PropertyName, XmpError

_PACKET = re.compile(rb"<(x:xmpmeta|rdf:RDF)\b.*?</\1>", re.DOTALL)


def blanked_properties(
    stream: IO[bytes], kind: Kind, names: Collection[PropertyName]
) -> list[Edit]:
    """Edits that blank these properties in every plain XMP packet of a file.

    Raises TiffError where a packet cannot be changed safely; the text completes "… because".
    """
    edits = [edit for start, packet in _packets(stream) for edit in _blanked(start, packet, names)]
    try:
        return order_edits([*edits, *_checksums(stream, edits)] if kind == "png" else edits)
    except ValueError as problem:  # what looks like one packet runs over several chunks
        raise TiffError("its XMP is broken") from problem


def _packets(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    stream.seek(0)
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = [(match.start(), match.group()) for match in _PACKET.finditer(content)]
    yield from found


def _blanked(start: int, data: bytes, names: Collection[PropertyName]) -> Iterator[Edit]:
    try:
        packet = Packet(data)
        stale = [name for name in names if packet.value(name) is not None]
        for edit in packet.edits(PacketChanges(remove=stale)) if stale else ():
            yield Edit(start + edit.offset, edit.old, b" " * len(edit.old))
    except XmpError as problem:
        raise TiffError(str(problem)) from problem


def _checksums(stream: IO[bytes], edits: list[Edit]) -> Iterator[Edit]:
    """The new checksums of the PNG chunks that edits lie in."""
    read = reader_of(stream)
    for kind, offset, size in png.chunks(read):
        first, behind = offset + 8, offset + 8 + size
        inside = [edit for edit in edits if first <= edit.offset < behind]
        if inside:
            data = bytearray(read(first, size))
            for edit in inside:
                data[edit.offset - first : edit.offset - first + len(edit.old)] = edit.new
            checksum = struct.pack(">I", zlib.crc32(kind + bytes(data)))
            yield Edit(behind, read(behind, 4), checksum)
