"""Sound inputs of every parser, small ones: what a fuzzer begins with."""

from __future__ import annotations

import io
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from geoguess_app.core.types import Coordinate
from geoguess_app.photos.formats.tiff import new_block
from geoguess_app.photos.formats.xmp import EXIF, PropertyName, new_packet
from geoguess_app.photos.position_tags import exif_fields, xmp_values
from geoguess_app.review.codec import decision_to_json, facts_to_json
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import Decision, ReviewPhoto, ReviewVerdict
from tests.core.hostile import BASE, FINE, good_files
from tests.photos.saving import EIFFEL

DATA = Path(__file__).parents[1] / "data"
EARLIER = DATA / "earlier"
SMALL = 4_000


def block() -> bytes:
    """Give the EXIF block of a position."""
    return new_block(exif_fields(EIFFEL))


def packets() -> Iterator[bytes]:
    """Give XMP with a position, with a list, and with attributes."""
    values = {PropertyName(EXIF, name): text for name, text in xmp_values(EIFFEL).items()}
    yield new_packet(values, {})
    yield (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
        b'syntax-ns#"><rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        b'exif:GPSLatitude="48,51.5N" exif:GPSLongitude="2,17.6E" xmlns:dc="http://purl.org/dc/'
        b'elements/1.1/"><dc:subject><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></dc:subject>'
        b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def _picture() -> Image.Image:
    return Image.effect_mandelbrot((48, 32), (-2, -1.5, 1, 1.5), 9).convert("RGB")


def _saved(form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    _picture().save(stream, form, **options)
    return stream.getvalue()


def jpegs() -> Iterator[bytes]:
    """Give JPEGs without and with EXIF, and with XMP."""
    packet = next(packets())
    yield _saved("JPEG", quality=20)
    yield _saved("JPEG", quality=20, exif=b"Exif\0\0" + block(), xmp=packet)
    yield _saved("JPEG", quality=20, progressive=True, comment=b"hello")


def tiffs() -> Iterator[bytes]:
    """Give TIFF files and bare blocks of both byte orders."""
    yield _saved("TIFF", compression="tiff_lzw")
    yield block()
    yield b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x0112, 3, 1, 1, 0)


def pngs() -> Iterator[bytes]:
    """Give PNGs without and with EXIF, and with XMP."""
    yield _saved("PNG")
    yield _saved("PNG", exif=block())
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", next(packets()).decode())
    yield _saved("PNG", pnginfo=info)


def webps() -> Iterator[bytes]:
    """Give WebPs, lossy and lossless, without and with EXIF."""
    yield _saved("WEBP", quality=20)
    yield _saved("WEBP", lossless=True)
    yield _saved("WEBP", quality=20, exif=block())


def heics() -> Iterator[bytes]:
    """Give a HEIC with an EXIF block."""
    yield (DATA / "camera" / "turned_twice.heic").read_bytes()
    yield (DATA / "camera" / "apple.heic").read_bytes()[:3000]


def photos() -> Iterator[bytes]:
    """Give pictures of all kinds."""
    for made in (jpegs, tiffs, pngs, webps, heics):
        yield from made()
    for form in ("GIF", "BMP", "PPM", "TGA", "JPEG2000"):
        yield _saved(form)
    import pillow_jxl  # noqa: F401 - registers itself with Pillow

    yield _saved("JXL")


def bundles() -> Iterator[bytes]:
    """Give a bundle as one file, and a tiny archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in good_files().items():
            archive.writestr(name, data if len(data) < SMALL else data[:SMALL])
    yield stream.getvalue()
    yield (EARLIER / "retrieval.geomodel").read_bytes()


def manifests() -> Iterator[bytes]:
    """Give the manifests of all kinds of bundles."""
    yield good_files()["bundle.json"]
    for name in ("cells", "regression", "retrieval", "scenes"):
        with zipfile.ZipFile(EARLIER / f"{name}.geomodel") as archive:
            yield archive.read("bundle.json")


def tensors() -> Iterator[bytes]:
    """Give weights, and a header of one small number."""
    yield good_files()[BASE]
    head = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    yield struct.pack("<Q", len(head)) + head + bytes(4)


def cells() -> Iterator[bytes]:
    """Give a table of cells."""
    yield good_files()[FINE]


def graphs() -> Iterator[bytes]:
    """Give an ONNX graph."""
    from tests.core.bundle.test_onnx_graph import encoder

    yield encoder().SerializeToString()
    yield encoder(int8=True).SerializeToString()


def takeouts() -> Iterator[bytes]:
    """Give a position as Takeout writes it."""
    yield b'{"title":"a.jpg","geoData":{"latitude":48.1,"longitude":2.2,"altitude":0.0}}'


def tracks() -> Iterator[bytes]:
    """Give a GPX track."""
    yield (
        b'<?xml version="1.0"?><gpx version="1.1" creator="a" xmlns="http://www.topografix.com/GPX/'
        b'1/1"><trk><trkseg><trkpt lat="1.5" lon="2.5"><ele>1</ele><time>2020-01-01T10:00:00Z'
        b"</time></trkpt></trkseg></trk></gpx>"
    )


def coordinates() -> Iterator[bytes]:
    """Give positions in many forms."""
    for written in (
        "48.8584, 2.2945",
        "48°51′30.2″N 2°17′40.2″E",
        "geo:48.1,2.2;u=35",
        "N 48° 51.502' E 002° 17.669'",
        "48,8584; 2,2945",
        "https://www.openstreetmap.org/?mlat=1.5&mlon=2.5#map=12/1.5/2.5",
        "43 deg 4' 35.04\" N, 79 deg 4' W",
    ):
        yield written.encode()


def clues() -> Iterator[bytes]:
    """Give clues of many kinds."""
    for written in ("drives=left", "language=de,French", "utc_offset=+5:30", "phone=+49", "near=x"):
        yield written.encode()


def signs() -> Iterator[bytes]:
    """Give lines as signs have them."""
    yield "Hauptstraße 5\nwww.baeckerei.de\n+49 30 123456\nBerlin".encode()
    yield "出口\nторговый дом\nΑθήνα".encode()


def areas() -> Iterator[bytes]:
    """Give areas of all kinds."""
    yield b'{"country":"FR"}'
    yield b'{"all":[{"box":[1.0,2.0,3.0,4.0]},{"ring":[[1,1],[1,2],[2,2]]},{"land":{}}]}'
    yield b'{"utc_offset":{"minutes":[60]}}'


def views() -> Iterator[bytes]:
    """Give saved views of all modes."""
    yield from (path.read_bytes() for path in sorted((EARLIER / "views").iterdir()))


def _review_photo() -> ReviewPhoto:
    return ReviewPhoto(1, Path("/a.jpg"), None, datetime(2020, 1, 1, tzinfo=UTC), Coordinate(1, 2))


def reviews() -> Iterator[bytes]:
    """Give reviews: of an earlier version, and a new one."""
    yield (EARLIER / "holiday.georeview").read_bytes()
    path = Path(tempfile.mkdtemp()) / "review.sqlite"
    ReviewSession(path).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA journal_mode=DELETE")
    file.close()
    yield path.read_bytes()


def review_rows() -> Iterator[bytes]:
    """Give a photo of a review, and one that was decided about."""
    photo = _review_photo()
    placed = decision_to_json(Decision(ReviewVerdict.REJECTED, removed=True)) or ""
    yield facts_to_json(photo).encode()
    yield f"{facts_to_json(photo)}\n{placed}".encode()


def journals() -> Iterator[bytes]:
    """Give a journal of saves."""
    yield (EARLIER / "saves.jsonl").read_bytes()


def settings() -> Iterator[bytes]:
    """Give settings."""
    yield (EARLIER / "settings.json").read_bytes()


def known() -> Iterator[bytes]:
    """Give a list of known models."""
    yield b'[{"path":"/m.geomodel","title":"M","used":"2020-01-01T00:00:00+00:00"}]'


def origins() -> Iterator[bytes]:
    """Give what says where a model came from."""
    yield b'{"format":"geoguess-origin","format_version":1,"sources":[],"model":"a","variant":"b"}'


def tiles() -> Iterator[bytes]:
    """Give a map in both formats, and a damaged one."""
    from tests.ui.map.test_tiles import mbtiles, pmtiles

    folder = Path(tempfile.mkdtemp())
    yield pmtiles(folder / "a.pmtiles").read_bytes()
    yield mbtiles(folder / "a.mbtiles").read_bytes()


def tables() -> Iterator[bytes]:
    """Give tables of photos with positions."""
    yield b"photo,latitude,longitude\na.jpg,48.1,2.2\nb.jpg,-33.5,151.1\n"
    yield "photo;lat;lon;date\na.jpg;48,1;2,2;2020:01:02 03:04:05\n".encode("utf-8-sig")
    yield b'{"photo":"a.jpg","lat":1,"lon":2}\n'
    yield b'"a\nb"\tlat\tlon\nx\t1\t2'


def results() -> Iterator[bytes]:
    """Give saved answers: one that failed, and one with numbers beyond all measure."""
    yield b'{"file":"a.jpg","status":"failed","error":"It is damaged."}'
    yield (
        b'{"file":"a.jpg","status":"ok","latitude":%s,"longitude":2,"place":{"city":"a","region":'
        b'"b","country":"c","country_code":"FR"},"radius_km":{"50":1,"80":2,"95":null},"scene":'
        b'null,"conflict":null,"candidates":[],"confidence":0.5,"level":"fine","network":"n",'
        b'"model":"m"}' % (b"9" * 400)
    )


def json_lines() -> Iterator[bytes]:
    """Give lines of JSON."""
    yield b'{"photo":"a.jpg","lat":1.5,"lon":2}\n{"photo":"b.jpg","lat":null,"lon":2}\n'
