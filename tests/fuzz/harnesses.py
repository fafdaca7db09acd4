"""One harness for each parser: what it is given, and the errors that it may answer with.

Any other error is a fault of the parser. Some harnesses check what came out as well: edits that fit
together and can be taken back, positions on the Earth, pictures within the limits.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from geoguess_app.core.area.stored import StoredArea
from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.bundle.manifest_reader import parse_manifest
from geoguess_app.core.bundle.onnx_graph import check_onnx, read_onnx
from geoguess_app.core.bundle.tensors import check_finite, read_tensors
from geoguess_app.core.clues.clue import parse_clue
from geoguess_app.core.clues.sign_clues import sign_clues
from geoguess_app.core.clues.sign_places import sign_places
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.geo.coordinates import parse
from geoguess_app.core.partition.csv import read_cells_csv
from geoguess_app.core.picture.decode import PhotoBytes, open_upright
from geoguess_app.core.picture.sniff import Kind
from geoguess_app.core.records.forms import decode
from geoguess_app.evaluation.answers.table import read_table
from geoguess_app.export.saved_results import read_results
from geoguess_app.models.known import read_known
from geoguess_app.models.origin import read_origin
from geoguess_app.photos.formats.edits import apply_edits, invert_edits
from geoguess_app.photos.formats.gps_edits import gps_edits
from geoguess_app.photos.formats.stale_xmp import blanked_properties
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import EXIF, Packet, PacketChanges, PropertyName, XmpError
from geoguess_app.photos.journal import read_runs
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.position_tags import XMP_NAMES, exif_fields, xmp_values
from geoguess_app.photos.takeout import takeout_position
from geoguess_app.photos.tracks.gpx_files import read_tracks
from geoguess_app.photos.xmp_position import packet_says_where, photo_xmp
from geoguess_app.review.codec import decision_from_json, photo_from_json
from geoguess_app.review.session import ReviewSession
from geoguess_app.settings import load_settings
from geoguess_app.ui.map.tiles.files import DAMAGED, open_tile_file
from geoguess_app.ui.views.view_file import read_view
from tests.fuzz import beginnings
from tests.photos.saving import EIFFEL
from trainer.data.table_files import open_table

FIELDS = exif_fields(EIFFEL)
CHANGES = PacketChanges(
    {PropertyName(EXIF, name): text for name, text in xmp_values(EIFFEL).items()}
)


@dataclass(frozen=True)
class Harness:
    """A parser and what it may answer with."""

    run: Callable[[bytes], None]
    beginnings: Callable[[], Iterable[bytes]]
    """Sound inputs, which the fuzzer changes."""
    errors: tuple[type[Exception], ...] = (GeoGuessError,)

    def __call__(self, data: bytes) -> None:
        """Parse; raises what is no documented answer."""
        try:
            self.run(data)
        except self.errors as answer:
            if isinstance(answer, GeoGuessError):
                said = str(answer)
                assert said, "an answer without words"
                assert len(said) < 2000 + len(data), f"an answer of {len(said)} letters"


@cache
def folder() -> Path:
    """Name a folder in memory for parsers that want a file."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))


def in_file(name: str, parse_file: Callable[[Path], object]) -> Callable[[bytes], None]:
    """Give a parser of files its bytes in one."""

    def run(data: bytes) -> None:
        path = folder() / name
        path.write_bytes(data)
        parse_file(path)

    return run


def text(parse_text: Callable[[str], object]) -> Callable[[bytes], None]:
    """Give a parser of text whatever the bytes say."""
    return lambda data: parse_text(data.decode("utf-8", "replace")) and None


def edits(kind: Kind) -> Callable[[bytes], None]:
    """Write a position into a file and take it back: the very same bytes again."""

    def run(data: bytes) -> None:
        for fields in (FIELDS, {}):
            changed = gps_edits(io.BytesIO(data), kind, fields, tuple(FIELDS))
            after = apply_edits(changed, data)
            assert apply_edits(invert_edits(changed), after) == data
            again = gps_edits(io.BytesIO(after), kind, fields, tuple(FIELDS))
            apply_edits(again, after)

    return run


def packet(data: bytes) -> None:
    """Change a packet; what comes out can be read again and taken back."""
    packet_says_where(data)
    changed = Packet(data).edits(CHANGES)
    after = apply_edits(changed, data)
    assert apply_edits(invert_edits(changed), after) == data
    again = Packet(after)
    for name, value in CHANGES.values.items():
        assert again.value(name) == value


def stale(data: bytes) -> None:
    """Blank old positions in a PNG."""
    path = folder() / "stale.png"
    path.write_bytes(data)
    if not data:
        return
    with path.open("rb") as stream:
        found = blanked_properties(stream, "png", [PropertyName(EXIF, n) for n in XMP_NAMES])
    assert len(apply_edits(found, data)) == len(data)


def onnx(data: bytes) -> None:
    """Read a graph and check what it takes and gives."""
    check_onnx(read_onnx(data, "t.onnx"), "t.onnx", 32, 8)


def tensors(data: bytes) -> None:
    """Read weights."""
    check_finite(read_tensors(data, "t.safetensors"), "t.safetensors")


def coordinate(written: str) -> None:
    """Read a position, which lies on the Earth."""
    found = parse(written)
    assert -90 <= found.latitude_deg <= 90
    assert -180 <= found.longitude_deg <= 180


def signs(written: str) -> None:
    """Read signs; fuzzers write no long ones."""
    lines = written[:2000].splitlines()
    sign_places(lines, sign_clues(lines))


def header(data: bytes) -> None:
    """Read a photo's facts, from its bytes."""
    photo = PhotoBytes(folder() / "p.jpg", data)
    photo_xmp(photo)
    read_metadata(photo)


def picture(data: bytes) -> None:
    """Decode a picture as the network wants it."""
    found = open_upright(PhotoBytes(folder() / "p.jpg", data), min_side=32, cut_too=True)
    assert found.mode == "RGB"
    found.close()


def tiles(path: Path) -> None:
    """Open a map and read three tiles, as the map's server does."""
    file = open_tile_file(path)
    try:
        for place in ((0, 0, 0), (1, 1, 0), (file.facts.most_zoom, 0, 0)):
            file.tile(*place)
    except DAMAGED:
        return
    finally:
        file.close()


def session(path: Path) -> None:
    """Open a review and look at all of its photos."""
    for left in path.parent.glob("review.sqlite-*"):
        left.unlink()
    with ReviewSession(path) as opened:
        list(opened)
        opened.undo()


def stored(written: str) -> None:
    """Read one row of a review."""
    facts, _, decision = written.partition("\n")
    photo_from_json(1, Path("a.jpg"), facts, decision or None)
    decision_from_json(decision or None)


def rows_of(path: Path) -> None:
    """Read a table as the trainer does, to its end."""
    for batch in open_table(path).batches:
        batch.validate(full=True)


def answers(path: Path) -> None:
    """Read a table of true positions."""
    table = read_table(path)
    assert len(table.rows) > 0


VALUE = (ValueError, RecursionError)
HARNESSES: dict[str, Harness] = {
    "bundle": Harness(in_file("b.geomodel", open_bundle), beginnings.bundles),
    "manifest": Harness(lambda data: parse_manifest(data) and None, beginnings.manifests),
    "tensors": Harness(tensors, beginnings.tensors),
    "onnx": Harness(onnx, beginnings.graphs),
    "cells": Harness(
        in_file("c.csv", lambda path: read_cells_csv(path, "cells")), beginnings.cells
    ),
    "jpeg-edits": Harness(edits("jpeg"), beginnings.jpegs, (TiffError,)),
    "tiff-edits": Harness(edits("tiff"), beginnings.tiffs, (TiffError,)),
    "png-edits": Harness(edits("png"), beginnings.pngs, (TiffError,)),
    "webp-edits": Harness(edits("webp"), beginnings.webps, (TiffError,)),
    "heif-edits": Harness(edits("heif"), beginnings.heics, (TiffError,)),
    "stale-xmp": Harness(stale, beginnings.pngs, (TiffError,)),
    "xmp": Harness(packet, beginnings.packets, (XmpError,)),
    "metadata": Harness(header, beginnings.photos),
    "picture": Harness(picture, beginnings.photos),
    "takeout": Harness(in_file("t.json", takeout_position), beginnings.takeouts),
    "gpx": Harness(in_file("t.gpx", lambda path: read_tracks([path])), beginnings.tracks),
    "coordinate": Harness(text(coordinate), beginnings.coordinates),
    "clue": Harness(text(parse_clue), beginnings.clues),
    "signs": Harness(text(signs), beginnings.signs, ()),
    "area": Harness(
        text(lambda written: decode(StoredArea, json.loads(written))), beginnings.areas, VALUE
    ),
    "view": Harness(in_file("v.geoview", read_view), beginnings.views),
    "review": Harness(in_file("review.sqlite", session), beginnings.reviews),
    "review-row": Harness(text(stored), beginnings.review_rows, VALUE),
    "journal": Harness(in_file("j.jsonl", read_runs), beginnings.journals),
    "settings": Harness(in_file("settings.json", load_settings), beginnings.settings, ()),
    "known": Harness(text(read_known), beginnings.known, VALUE),
    "origin": Harness(in_file("o.json", read_origin), beginnings.origins, ()),
    "tiles": Harness(in_file("t.pmtiles", tiles), beginnings.tiles),
    "table": Harness(in_file("t.csv", answers), beginnings.tables),
    "results": Harness(
        in_file("r.jsonl", lambda path: list(read_results(path))), beginnings.results
    ),
    "trainer-table": Harness(in_file("t.csv", rows_of), beginnings.tables),
    "json-lines": Harness(in_file("t.jsonl", rows_of), beginnings.json_lines),
}
