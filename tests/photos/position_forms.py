"""Positions in every form and place in which exiftool and other programs leave them."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from geoguess_app.photos.position_tags import estimate_by
from tests.photos.saving import CHINA

ESTIMATE = estimate_by("Starter 1.0")
PLACED = "MANUAL"
HEIC = Path(__file__).parents[1] / "data" / "camera" / "tiles.heic"

PACKET = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:exif="http://ns.adobe.com/exif/1.0/">{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"""


@dataclass(frozen=True)
class Written:
    """A photo that was given a position: where and in which form, and what is true."""

    photo: Path
    where: str
    form: str
    latitude_deg: float
    longitude_deg: float
    method: str = ""

    @property
    def file(self) -> Path:
        """The file that holds the position, as far as exiftool can read it."""
        beside = [self.photo.with_name(f"{self.photo.name}.xmp"), self.photo.with_suffix(".xmp")]
        return next((path for path in beside if path.exists()), self.photo)


def dms(value: float, digits: int) -> tuple[int, int, str]:
    """Whole degrees and minutes, and seconds as text."""
    parts = round(abs(value) * 3600 * 10**digits)
    minutes, seconds = divmod(parts, 60 * 10**digits)
    return minutes // 60, minutes % 60, f"{seconds / 10**digits:0{digits + 3}.{digits}f}"


def minutes(value: float, digits: int = 6) -> tuple[int, str]:
    """Whole degrees, and minutes as text."""
    parts = round(abs(value) * 60 * 10**digits)
    degrees, rest = divmod(parts, 60 * 10**digits)
    return degrees, f"{rest / 10**digits:0{digits + 3}.{digits}f}"


def _sexagesimal(pattern: str) -> Callable[[float, str], str]:
    def write(value: float, letter: str) -> str:
        degrees, whole, seconds = dms(value, 4)
        return pattern.format(d=degrees, m=whole, s=seconds, letter=letter)

    return write


Form = Callable[[float, str], str]
XMP_FORMS: dict[str, Form] = {
    "minutes": lambda value, letter: "{},{}{}".format(*minutes(value), letter),
    "small letter": lambda value, letter: "{},{}{}".format(*minutes(value), letter.lower()),
    "seconds": _sexagesimal("{d},{m},{s}{letter}"),
    "decimal": lambda value, letter: f"{value:.7f}",
    "plus sign": lambda value, letter: f"{value:+.7f}",
    "decimal letter": lambda value, letter: f"{abs(value):.7f}{letter}",
    "letter apart": lambda value, letter: f"{abs(value):.7f} {letter.lower()}",
    "exiftool": _sexagesimal("{d} deg {m}' {s}&quot; {letter}"),
    "marks": _sexagesimal("{d}°{m}′{s}″{letter}"),
    "blanks": _sexagesimal("{d} {m} {s} {letter}"),
    "ref": lambda value, letter: f"{abs(value):.7f}",
    "comma minutes": lambda value, letter: "{},{}{}".format(*minutes(value), letter).replace(
        ".", ","
    ),
    "comma decimal": lambda value, letter: f"{value:.7f}".replace(".", ","),
}
"""How the text of a coordinate may look, by name; ``ref`` has its letter in a property apart."""

OTHERWISE_IN_EXIFTOOL = {
    "ref": "exiftool leaves the sign to its Composite tag, which does not look at XMP",
    "comma minutes": "exiftool takes the digits behind the comma for seconds, however many",
    "comma decimal": "exiftool takes the digits behind the comma for minutes",
}
"""The forms that we read otherwise than exiftool does, and why."""


def packet(latitude: float, longitude: float, form: str, method: str = "") -> str:
    """An XMP packet with a position in that form."""
    north, east = "NS"[latitude < 0], "EW"[longitude < 0]
    texts = {
        "GPSLatitude": XMP_FORMS[form](latitude, north),
        "GPSLongitude": XMP_FORMS[form](longitude, east),
    }
    if form == "ref":
        texts |= {"GPSLatitudeRef": north, "GPSLongitudeRef": east.lower()}
    if method:
        texts["GPSProcessingMethod"] = method
    return PACKET.format(
        elements="".join(f"<exif:{name}>{text}</exif:{name}>" for name, text in texts.items())
    )


def blank_photos(folder: Path) -> dict[str, Path]:
    """A photo of each kind that says nothing about where it was taken, by suffix."""
    folder.mkdir(parents=True)
    found = {suffix: folder / f"blank.{suffix}" for suffix in ("jpg", "png", "tif", "webp", "heic")}
    with Image.open(CHINA) as image:
        small = image.convert("RGB").resize((64, 48))
    for suffix, path in found.items():
        if suffix == "heic":
            shutil.copyfile(HEIC, path)
        else:
            small.save(path)
    run_exiftool([["-all=", str(found["heic"])]], folder)
    return found


def run_exiftool(commands: Sequence[Sequence[str]], folder: Path) -> None:
    """Many writing commands in one process."""
    lines = [
        line for command in commands for line in (*command, "-overwrite_original", "-q", "-execute")
    ]
    arguments = folder / "exiftool.args"
    arguments.write_text("\n".join(lines), encoding="utf-8")
    subprocess.run(["exiftool", "-@", str(arguments)], check=True, capture_output=True)


def read_exiftool(files: Sequence[Path]) -> dict[Path, dict[str, Any]]:
    """Positions as exiftool reads them, by group: EXIF, XMP, Composite."""
    axes = ("Latitude", "Longitude")
    tags = [f"-{group}:GPS{axis}" for group in ("XMP", "Composite") for axis in axes]
    run = subprocess.run(
        ["exiftool", "-j", "-n", "-G", *tags, *map(str, files)], capture_output=True, check=False
    )
    return {Path(row["SourceFile"]): row for row in json.loads(run.stdout)}


def places(count: int, seed: int) -> Iterator[tuple[float, float]]:
    """Places all over the Earth, in all four quarters of it and at its edges."""
    draw = random.Random(seed)
    yield from [(-33.8568, 151.2153), (89.9999, -179.9999), (-0.0001, 0.0001), (51.0, -0.5)]
    for _ in range(count - 4):
        yield round(draw.uniform(-90, 90), 6), round(draw.uniform(-180, 180), 6)


def write_positions(folder: Path, seed: int) -> list[Written]:
    """A folder of photos, each with one position in one form in one place."""
    blanks = blank_photos(folder.parent / "blanks")
    folder.mkdir()
    packets = folder.parent / "packets"
    packets.mkdir()
    forms = [
        *((where, form) for where in ("embedded", "full", "short") for form in XMP_FORMS),
        *(("exif", form) for form in ("seconds", "minutes", "decimal")),
        *(("takeout", name) for name in (".json", ".supplemental-metadata.json", ".suppl.json")),
    ]
    cases: list[Written] = []
    commands: list[list[str]] = []
    draw = random.Random(seed)
    for number, ((latitude, longitude), suffix) in enumerate(
        (place, suffix) for place in places(len(forms), seed) for suffix in _some(blanks, draw)
    ):
        where, form = forms[number % len(forms)]
        photo = folder / f"{number:03}.{suffix}"
        shutil.copyfile(blanks[suffix], photo)
        method = draw.choice(["", "", PLACED, ESTIMATE]) if where != "takeout" else ""
        case = Written(photo, where, form, latitude, longitude, method)
        commands += _write(case, packets)
        cases.append(case)
    run_exiftool(commands, folder.parent)
    return cases


def _some(blanks: dict[str, Path], draw: random.Random) -> list[str]:
    return draw.sample(sorted(blanks), 2)


def _write(case: Written, packets: Path) -> list[list[str]]:
    """Write what needs no exiftool; the commands for the rest."""
    photo, latitude, longitude = case.photo, case.latitude_deg, case.longitude_deg
    if case.where == "takeout":
        place = {"latitude": latitude, "longitude": longitude, "altitude": 0.0}
        album = photo.with_name(f"{photo.name}{case.form}")
        album.write_text(json.dumps({"title": photo.name, "geoData": place}))
        return []
    if case.where == "exif":
        return [_exif_command(case)]
    text = packet(latitude, longitude, case.form, case.method)
    if case.where == "embedded":
        source = packets / f"{photo.name}.xmp"
        source.write_text(text, encoding="utf-8")
        return [[f"-XMP<={source}", str(photo)]]
    beside = f"{photo.name}.xmp" if case.where == "full" else f"{photo.stem}.xmp"
    photo.with_name(beside).write_text(text, encoding="utf-8")
    return []


def _exif_command(case: Written) -> list[str]:
    tags = []
    for axis, value, letters in (
        ("Latitude", case.latitude_deg, "NS"),
        ("Longitude", case.longitude_deg, "EW"),
    ):
        degrees, whole, seconds = dms(value, 4)
        text = {
            "seconds": f"{degrees} {whole} {seconds}",
            "minutes": "{} {}".format(*minutes(value)),
            "decimal": f"{abs(value):.7f}",
        }[case.form]
        tags += [f"-EXIF:GPS{axis}={text}", f"-EXIF:GPS{axis}Ref={letters[value < 0]}"]
    if case.method:
        tags.append(f"-EXIF:GPSProcessingMethod={case.method}")
    return [*tags, str(case.photo)]


ZERO = ("-EXIF:GPSLatitude=0", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=0")
UNUSABLE_EXIF = {
    "0, 0": (*ZERO, "-EXIF:GPSLongitudeRef=E"),
    "no hemisphere": ("-EXIF:GPSLatitude=48.8", "-EXIF:GPSLongitude=2.29"),
    "no longitude": ("-EXIF:GPSLatitude=48.8", "-EXIF:GPSLatitudeRef=N"),
    "no latitude": ("-EXIF:GPSLongitude=2.29", "-EXIF:GPSLongitudeRef=E"),
}
UNUSABLE_XMP = {
    "0, 0": {"GPSLatitude": "0,0.0N", "GPSLongitude": "0,0.0E"},
    "no longitude": {"GPSLatitude": "48,30.0N"},
    "no latitude": {"GPSLongitude": "2,30.0E"},
    "cannot be read": {"GPSLatitude": "48,99.5N", "GPSLongitude": "2,17.5E"},
}
"""Positions that are none, by what the reason must say."""


def write_unusable(folder: Path) -> dict[Path, str]:
    """A folder of photos with such positions, in EXIF, in XMP and beside them."""
    blanks = blank_photos(folder.parent / "blanks")
    folder.mkdir()
    found: dict[Path, str] = {}
    commands: list[list[str]] = []

    def photo(suffix: str, problem: str) -> Path:
        path = folder / f"{len(found):03}.{suffix}"
        shutil.copyfile(blanks[suffix], path)
        found[path] = problem
        return path

    for suffix in blanks:
        for problem, tags in UNUSABLE_EXIF.items():
            commands.append([*tags, str(photo(suffix, problem))])
        for problem, texts in UNUSABLE_XMP.items():
            elements = "".join(f"<exif:{name}>{text}</exif:{name}>" for name, text in texts.items())
            source = folder.parent / f"{suffix}{len(found)}.xmp"
            source.write_text(PACKET.format(elements=elements), encoding="utf-8")
            commands.append([f"-XMP<={source}", str(photo(suffix, problem))])
            beside = photo(suffix, problem)
            shutil.copyfile(source, beside.with_name(f"{beside.name}.xmp"))
    run_exiftool(commands, folder.parent)
    return found
