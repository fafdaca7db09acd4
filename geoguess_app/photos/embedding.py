"""The changes inside a photo file that give it a position."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from geoguess_app.core.picture.sniff import Kind
from geoguess_app.core.types import Place
from geoguess_app.photos.formats import jpeg
from geoguess_app.photos.formats.edits import Edit, Reader, order_edits, reader_of
from geoguess_app.photos.formats.gps_edits import gps_edits
from geoguess_app.photos.formats.stale_xmp import blanked_properties
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import Packet, XmpError, new_packet
from geoguess_app.photos.position_tags import OUR_TAGS, WrittenPosition, exif_fields
from geoguess_app.photos.sidecars import POSITION_NAMES, sidecar_changes
from geoguess_app.photos.xmp_position import packet_says_where, photo_xmp


def embedding(
    photo: Path, kind: Kind, position: WrittenPosition, place: Place | None, keywords: Sequence[str]
) -> list[Edit]:
    """Edits that write the position into a photo, and place names and keywords where given.

    XMP is touched only for those, or where it holds a position that would contradict the new one.
    Raises TiffError, XmpError (both complete "… because"), OSError.
    """
    with photo.open("rb") as stream:
        edits = gps_edits(stream, kind, exif_fields(position), OUR_TAGS)
        if kind != "jpeg":
            # XMP has no place in them that we would write to, but it must not contradict us.
            stale = blanked_properties(stream, kind, POSITION_NAMES)
            if not stale and photo_xmp(photo):
                raise XmpError("an old position in its XMP cannot be removed")
            return order_edits([*edits, *stale])
        read = reader_of(stream)
        edits = order_edits([*edits, *_xmp_edits(read, position, place, keywords)])
        if any(e.offset + len(e.old) > jpeg.scan_start(read) for e in edits):
            raise TiffError("its metadata overlaps the image data")
        return edits


def _xmp_edits(
    read: Reader, position: WrittenPosition, place: Place | None, keywords: Sequence[str]
) -> list[Edit]:
    present = jpeg.block(read, jpeg.XMP_MARK)
    if any(packet_says_where(more) for more in jpeg.xmp_packets(read)[1:]):
        raise XmpError("an old position in its extended XMP cannot be removed")
    packet = Packet(present) if present is not None else None
    wanted = place is not None or bool(keywords)
    stale = packet is not None and any(packet.value(name) for name in POSITION_NAMES)
    if not wanted and not stale:
        return []

    def change(inside: Reader, length: int) -> list[Edit]:
        there = Packet(inside(0, length))
        return there.edits(sidecar_changes(position, place, keywords, there))

    def new() -> bytes:
        changes = sidecar_changes(position, place, keywords, None)
        return new_packet(changes.values, changes.items)

    return jpeg.block_edits(read, jpeg.XMP_MARK, change, new)
