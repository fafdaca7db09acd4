"""Photos as cameras leave them: free pictures with metadata in the layout of each maker.

Positions are those of the monuments; nobody's camera, name, number or home is in them.
"""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

from PIL import Image

from tests.data import maker_notes as notes
from tests.data.exif_block import Block, Exif, Field
from tests.data.heic import save_grid, save_heic
from tests.data.sources import HERE, rows_of

SAMPLES = HERE.parents[1] / "resources" / "samples"
SRGB = "sRGB profile of Pillow"


@dataclass(frozen=True)
class Camera:
    """One file: its picture, its maker's metadata and what is done to it afterwards."""

    file: str
    picture: str
    make: str
    model: str
    note: Block | None = None
    taken: str = "2019:05:14 10:11:12"
    fix_hours: float | None = 2.0
    """Local time minus the time of the GPS fix; None writes no time of the fix."""
    order: str = "<"
    orientation: int = 1
    preview: bool = False
    exposure: tuple[Field, ...] = ()
    position: tuple[Field, ...] = ()
    """Further tags, or others in place of those that are written anyhow."""
    exiftool: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    trailer: bytes = b""
    save: dict[str, object] = field(default_factory=dict)


SUBSECONDS = (Field(0x9291, "ascii", "043"), Field(0x9292, "ascii", "043"))
ZONE = (Field(0x9010, "ascii", "+02:00"), Field(0x9011, "ascii", "+02:00"))
NO_STAMP = (Field(0x1D, "ascii", "0000:00:00"), Field(0x07, "rational", (0, 0, 0)))
LATE_DAY = (Field(0x1D, "ascii", "2014:09:259"),)
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 8
IPTC = ("-IPTC:Keywords=tower", "-IPTC:Keywords+=summer", "-IPTC:CopyrightNotice=free")
XMP = ("-XMP-dc:Subject=tower", "-XMP-xmp:Rating=4", "-XMP-dc:Title=A tower")

CAMERAS = (
    Camera("nikon_1.jpg", "leaningTowerOfPisa", "NIKON", "COOLPIX P6000", notes.nikon(),
           "2018:10:22 16:28:39", order=">", preview=True, exiftool=("-XMP-xmp:Rating=0",)),
    Camera("nikon_2.jpg", "colosseum", "NIKON", "COOLPIX P6000", notes.nikon(),
           "2018:10:22 19:29:49", order=">", preview=True),
    Camera("nikon_early.jpg", "tajMahal", "NIKON", "E700", notes.nikon_early("<"),
           "2001:03:04 12:00:01", fix_hours=None),
    Camera("canon.jpg", "brandenburgGate", "Canon", "Canon PowerShot A70", notes.canon("<"),
           "2005:07:08 09:10:11", preview=True),
    Camera("apple_1.jpg", "eiffelTower", "Apple", "iPhone 4", None, "2011:01:13 14:33:39",
           order=">", exposure=SUBSECONDS),
    Camera("apple_2.jpg", "arcDeTriomphe", "Apple", "iPhone 6", notes.apple(),
           "2014:09:16 14:05:12", order=">", position=LATE_DAY, exposure=SUBSECONDS + ZONE),
    Camera("apple_3.jpg", "parthenon", "Apple", "iPhone X", notes.apple(), "2018:08:27 12:20:23",
           order=">", orientation=6, exposure=SUBSECONDS),
    Camera("olympus.jpg", "cathedral", "OLYMPUS IMAGING CORP.", "FE230/X790", notes.olympus()),
    Camera("olympus_early.jpg", "zimniPalace", "OLYMPUS OPTICAL CO.,LTD", "C2500L",
           notes.olympus_early(">"), "2000:12:24 18:00:00", order=">", position=NO_STAMP),
    Camera("fujifilm.jpg", "victoriaMemorial", "FUJIFILM", "FinePix S2Pro", notes.fujifilm(),
           "2003:02:01 10:00:59", preview=True),
    Camera("sony.jpg", "usCapitol", "SONY", "DSC-HX5V", notes.sony("<"), "2010:05:15 17:12:05"),
    Camera("panasonic.jpg", "operaHouse", "Panasonic", "DMC-GF1", notes.panasonic("<"),
           "2012:01:02 21:14:15", fix_hours=11.0),
    Camera("pentax.jpg", "mountRushmore", "PENTAX", "PENTAX K-5", notes.pentax(),
           "2013:06:07 08:09:10", order=">", fix_hours=-6.0, preview=True),
    Camera("casio.jpg", "kutubMinar", "CASIO COMPUTER CO.,LTD.", "EX-Z30", notes.casio(">"),
           "2006:11:12 13:14:15", order=">"),
    Camera("minolta.jpg", "IndiaGate", "Minolta Co., Ltd.", "DiMAGE A1", notes.minolta(">"),
           "2004:09:10 11:12:13", order=">"),
    Camera("ricoh.jpg", "greatWall", "RICOH", "RDC-5300", notes.ricoh(), "2002:02:03 04:05:06"),
    Camera("kodak_small.jpg", "monument2", "EASTMAN KODAK COMPANY", "KODAK CX7530", notes.kodak(),
           "2005:08:13 09:47:23", order=">", size=(100, 75), fix_hours=None),
    Camera("htc.jpg", "monument1", "HTC", "HTC Desire", notes.opaque(1), "2011:05:06 09:59:48"),
    Camera("nokia.jpg", "monument3", "Nokia", "Lumia 800", notes.opaque(2, 3000),
           "2012:04:05 06:07:08", exposure=ZONE),
    Camera("stale_fix.jpg", "empireState", "LGE", "Nexus 4", None, "2013:03:10 10:00:00",
           fix_hours=100.0, order=">"),
    Camera("twin_1.jpg", "statueOfLiberty", "Apple", "iPhone 6", notes.apple(),
           "2015:04:10 20:12:23", order=">", exposure=SUBSECONDS),
    Camera("twin_2.jpg", "statueOfLiberty", "Apple", "iPhone 6", notes.apple(),
           "2015:04:10 20:12:24", order=">", exposure=SUBSECONDS, save={"quality": 80}),
    Camera("blurred.jpg", "greatPyramid", "Sample", "Out of focus", None, "2016:01:01 12:00:00"),
    Camera("motion.jpg", "jucheTower", "Google", "Pixel 3", notes.opaque(3),
           "2020:10:11 12:13:14", trailer=FILM,
           exiftool=("-XMP-GCamera:MicroVideo=1", "-XMP-GCamera:MicroVideoVersion=1",
                     f"-XMP-GCamera:MicroVideoOffset={len(FILM)}")),
    Camera("edited.jpg", "christTheRedeemer", "Canon", "Canon EOS 5D", notes.canon(">"),
           "2017:07:07 07:07:07", order=">", fix_hours=-3.0, preview=True,
           exiftool=IPTC + XMP + ("-Photoshop:URL=https://example.org/",),
           save={"icc_profile": SRGB, "quality": 90}),
    Camera("empty_words.jpg", "coffee", "", "", None, "2009:09:09 09:09:09", preview=True,
           exposure=(Field(0x9286, "undefined", b"ASCII\0\0\0"),), size=(320, 213)),
    Camera("progressive.jpg", "rocket", "HMD Global", "Nokia 8.3 5G", notes.opaque(4, 200),
           "2022:08:14 14:12:31", save={"progressive": True}, size=(400, 267)),
    Camera("apple.heic", "cat", "Apple", "iPhone 8", notes.apple(), "2018:02:05 15:11:44",
           order=">", exposure=SUBSECONDS),
    Camera("turned_twice.heic", "china", "Apple", "iPhone 11", notes.apple(),
           "2019:12:13 14:15:16", order=">", orientation=6, exposure=ZONE),
    Camera("tiles.heic", "sky", "Apple", "iPhone XS", notes.apple(), "2020:02:03 04:05:06",
           order=">"),
    Camera("upper.HEIC", "gravel", "Apple", "iPhone 7", notes.apple(), "2017:03:04 05:06:07",
           order=">", preview=True),
    Camera("scan.tif", "brick", "Canon", "CanoScan", None, "2008:08:08 08:08:08",
           size=(256, 256), exiftool=IPTC + XMP, save={"compression": "tiff_lzw"}),
    Camera("htc.webp", "monument1", "HTC", "HTC Desire", notes.opaque(1), "2011:05:06 09:59:48"),
    Camera("apple.webp", "grass", "Apple", "iPhone X", notes.apple(), "2018:08:27 12:20:23",
           order=">", orientation=6, exiftool=XMP),
)  # fmt: skip


def write_cameras(target: Path) -> None:
    """Write every file of `CAMERAS` into the folder."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    places = {Path(row["file"]).stem: row for row in rows_of(HERE / "monuments.csv")}
    stand_in = list(places.values())
    for number, camera in enumerate(CAMERAS):
        row = places.get(camera.picture, stand_in[number % len(stand_in)])
        where = float(row["latitude"]), float(row["longitude"])
        _write(camera, target / camera.file, where)


def _write(camera: Camera, path: Path, where: tuple[float, float]) -> None:
    picture = _picture(camera)
    block = b"Exif\0\0" + _exif(camera, picture, where).block()
    suffix = path.suffix.lower()
    if suffix == ".heic":
        (save_grid if camera.file.startswith("tiles") else save_heic)(picture, path, block)
    elif suffix == ".tif":
        picture.save(path, **camera.save)
        _copy_tags(picture, block, path)
    else:
        options: dict[str, object] = {"quality": 85, "exif": block} | camera.save
        if options.get("icc_profile") == SRGB:
            options["icc_profile"] = _srgb()
        picture.save(path, **options)
    if camera.exiftool:
        _run(*camera.exiftool, str(path))
    if camera.trailer:
        path.write_bytes(path.read_bytes() + camera.trailer)


def _picture(camera: Camera) -> Image.Image:
    folders = (HERE / "monuments", HERE / "pictures", SAMPLES)
    found = next(file for folder in folders for file in folder.glob(f"{camera.picture}.*"))
    with Image.open(found) as image:
        picture = image.convert("RGB")
    if camera.size:
        picture = picture.resize(camera.size, Image.Resampling.LANCZOS)
    if camera.file.startswith("blurred"):
        picture = picture.resize((12, 8)).resize(picture.size, Image.Resampling.BICUBIC)
    return picture


def _exif(camera: Camera, picture: Image.Image, where: tuple[float, float]) -> Exif:
    wide, high = picture.size
    main = [
        Field(0x010F, "ascii", camera.make),
        Field(0x0110, "ascii", camera.model),
        Field(0x0112, "short", (camera.orientation,)),
        Field(0x011A, "rational", (72,)),
        Field(0x011B, "rational", (72,)),
        Field(0x0128, "short", (2,)),
        Field(0x0132, "ascii", camera.taken),
        Field(0x0213, "short", (1,)),
    ]
    exposure = [
        Field(0x829A, "rational", (Fraction(1, 125),)),
        Field(0x829D, "rational", (5.6,)),
        Field(0x8827, "short", (100,)),
        Field(0x9000, "undefined", b"0231"),
        Field(0x9003, "ascii", camera.taken),
        Field(0x9004, "ascii", camera.taken),
        Field(0x9101, "undefined", b"\1\2\3\0"),
        Field(0x920A, "rational", (24,)),
        Field(0xA000, "undefined", b"0100"),
        Field(0xA001, "short", (1,)),
        Field(0xA002, "long", (wide,)),
        Field(0xA003, "long", (high,)),
        *camera.exposure,
    ]
    if camera.note:
        exposure.append(Field(0x927C, "undefined", camera.note))
    preview = _jpeg(picture) if camera.preview else b""
    return Exif(main, exposure, _position(camera, where), preview, camera.order)


def _position(camera: Camera, where: tuple[float, float]) -> list[Field]:
    latitude, longitude = where
    fields = {
        0: Field(0, "byte", (2, 2, 0, 0)),
        1: Field(1, "ascii", "N" if latitude >= 0 else "S"),
        2: Field(2, "rational", _sexagesimal(latitude)),
        3: Field(3, "ascii", "E" if longitude >= 0 else "W"),
        4: Field(4, "rational", _sexagesimal(longitude)),
        5: Field(5, "byte", (0,)),
        6: Field(6, "rational", (35.5,)),
    }
    if camera.fix_hours is not None:
        taken = datetime.strptime(camera.taken, "%Y:%m:%d %H:%M:%S")
        fix = taken - timedelta(hours=camera.fix_hours)
        fields[7] = Field(7, "rational", (fix.hour, fix.minute, fix.second + 0.24))
        fields[0x1D] = Field(0x1D, "ascii", f"{fix:%Y:%m:%d}")
    return list((fields | {field.tag: field for field in camera.position}).values())


def _sexagesimal(degrees: float) -> tuple[int, int, Fraction]:
    seconds = round(abs(degrees) * 360_000)
    return seconds // 360_000, seconds // 6000 % 60, Fraction(seconds % 6000, 100)


def _jpeg(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((160, 120))
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=70)
    return stream.getvalue()


def _srgb() -> bytes:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)  # not the time of the day it was made
    return profile[:24] + made + profile[36:]


def _copy_tags(picture: Image.Image, block: bytes, path: Path) -> None:
    """A TIFF's own directories are its metadata: exiftool moves a JPEG's there."""
    bearer = path.with_suffix(".bearer.jpg")
    picture.save(bearer, exif=block)
    _run("-TagsFromFile", str(bearer), "-EXIF:All", "-GPS:All", str(path))
    bearer.unlink()


def _run(*arguments: str) -> None:
    subprocess.run(["exiftool", "-q", "-overwrite_original", *arguments], check=True)
