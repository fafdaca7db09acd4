"""Whose sidecar it is, and what else lies beside a photo: links, albums, foreign folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from geoguess_app.core.types import Level, Place
from geoguess_app.photos.file_position import PositionState
from geoguess_app.photos.known_position import sidecar_position
from geoguess_app.photos.left_out import ForeignFolder, LeftOut
from geoguess_app.photos.precision import supported_names
from geoguess_app.photos.scan import scan
from geoguess_app.photos.sidecars import SidecarNaming, Sidecars
from geoguess_app.photos.takeout import is_takeout_of, takeout_position
from geoguess_app.photos.write_plan import HAS_GPS, WriteMode, WriteOptions, make_plan
from tests.photos.saving import CHINA, exiftool, plan_for, requests, saved, set_tags

POSITION = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 exif:GPSLatitude="50,5.0N" exif:GPSLongitude="14,25.0E" {more}/></rdf:RDF></x:xmpmeta>"""


def folder_of(folder: Path, *names: str, more: str = "") -> Path:
    """A folder with these files; sidecars hold a position."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name.endswith(".xmp"):
            (folder / name).write_text(POSITION.format(more=more), encoding="utf-8")
        else:
            shutil.copyfile(CHINA, folder / name)
    return folder


def owned(folder: Path, name: str) -> list[str]:
    return [path.name for path in Sidecars().existing(folder / name)]


@pytest.mark.parametrize(
    ("names", "photo", "sidecars"),
    [
        (("a.jpg", "a.jpg.xmp"), "a.jpg", ["a.jpg.xmp"]),
        (("a.jpg", "a.xmp"), "a.jpg", ["a.xmp"]),
        (("a.jpg", "A.JPG.XMP"), "a.jpg", ["A.JPG.XMP"]),
        # Exact case comes before other case, and another file's own name is not ours.
        (("a.jpg", "a.JPG", "a.JPG.xmp"), "a.jpg", []),
        (("a.jpg", "a.JPG", "a.JPG.xmp"), "a.JPG", ["a.JPG.xmp"]),
        (("a.jpg", "a.CR2", "a.xmp"), "a.jpg", []),
        (("a.jpg", "a.CR2", "a.xmp"), "a.CR2", ["a.xmp"]),
        (("a.jpg", "a.3fr", "a.xmp"), "a.jpg", []),
        (("a.jpg", "a.iiq", "a.xmp"), "a.jpg", []),
        (("a.jpg", "a.mov", "a.xmp"), "a.jpg", []),
        (("H1.png", "H1.JPG", "H1.xmp"), "H1.png", []),
        (("H1.png", "H1.JPG", "H1.xmp"), "H1.JPG", []),
        (("caf\u00e9.jpg", "cafe\u0301.jpg.xmp"), "caf\u00e9.jpg", ["cafe\u0301.jpg.xmp"]),
    ],
)
def test_whose_sidecar(
    tmp_path: Path, names: tuple[str, ...], photo: str, sidecars: list[str]
) -> None:
    folder = folder_of(tmp_path / "a", *names)
    if len(list(folder.iterdir())) < len(names):
        pytest.skip("this file system does not tell such names apart")
    assert owned(folder, photo) == sidecars


def test_a_sidecar_that_says_whose_it_is_is_believed(tmp_path: Path) -> None:
    more = 'photoshop:SidecarForExtension="ZZZ"'
    folder = folder_of(tmp_path / "raw", "a.jpg", "a.zzz", "a.xmp", more=more)
    assert owned(folder, "a.jpg") == []
    assert Sidecars().place(folder / "a.jpg", SidecarNaming.ADOBE).name == "a.jpg.xmp"
    more = 'photoshop:SidecarForExtension="JPG"'
    folder = folder_of(tmp_path / "jpg", "a.jpg", "a.png", "a.xmp", more=more)
    assert owned(folder, "a.jpg") == ["a.xmp"]
    assert owned(folder, "a.png") == []


def test_where_it_is_not_clear_nothing_is_written_and_that_is_said(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", "H1.png", "H1.JPG", "H1.xmp")
    plan = plan_for(folder / name for name in ("H1.png", "H1.JPG"))
    assert [item.how for item in plan.items] == [WriteMode.SKIP, WriteMode.SKIP]
    assert plan.items[0].reason == "H1.xmp may belong to another file of that name"
    assert plan.summary() == "2 skipped: a sidecar may belong to another file of that name"
    found = sidecar_position(folder / "H1.png", Sidecars())
    assert found is not None
    assert found.state is PositionState.UNUSABLE


def test_a_link_has_the_sidecars_of_both_its_names(tmp_path: Path) -> None:
    store = folder_of(tmp_path / "store", "b17.jpg")
    album = tmp_path / "album"
    album.mkdir()
    photo = album / "holiday.jpg"
    photo.symlink_to(store / "b17.jpg")
    plan = make_plan(requests([photo]), WriteOptions(embed_kinds=frozenset()))
    assert plan.items[0].target == album / "holiday.jpg.xmp"
    saved(plan)
    assert owned(album, "holiday.jpg") == ["holiday.jpg.xmp"]
    (album / "holiday.jpg.xmp").unlink()
    folder_of(store, "b17.jpg.xmp")
    again = make_plan(requests([photo], replace_gps=False), WriteOptions())
    assert again.items[0].reason == HAS_GPS
    (store / "b17.jpg.xmp").unlink()
    plan = make_plan(requests([photo]), WriteOptions())
    (store / "b17.jpg").chmod(0o400)
    _, failures, _ = saved(plan)
    assert [failure.message.split(" ")[0] for failure in failures] == ["holiday.jpg"]
    (album / "gone.jpg").symlink_to(store / "nowhere.jpg")
    assert album / "gone.jpg" in list(scan([album]))


def test_a_sidecar_that_cannot_be_merged_is_known_before_the_save(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", "a.png")
    sidecar = folder / "a.png.xmp"
    sidecar.write_bytes(POSITION.format(more="").replace("50,5.0N", "").encode("utf-16"))
    item = plan_for([folder / "a.png"]).items[0]
    assert item.how is WriteMode.SKIP
    assert item.reason.startswith("a.png.xmp ")


@pytest.mark.parametrize(
    ("name", "photo", "belongs"),
    [
        ("IMG_1.jpg.json", "IMG_1.jpg", True),
        ("IMG_1.jpg.supplemental-metadata.json", "IMG_1.jpg", True),
        ("IMG_1.jpg.supplemental-me.json", "IMG_1.jpg", True),
        ("IMG_1.jpg.s.json", "IMG_1.jpg", True),
        ("IMG_1.jpg.supplemental-metadata(2).json", "IMG_1(2).jpg", True),
        ("IMG_1.jpg(2).json", "IMG_1(2).jpg", True),
        ("IMG_1.jpg.supplemental-metadata.json", "IMG_1(2).jpg", False),
        ("IMG_1.jpg.supplemental-metadata.json", "IMG_1-edited.jpg", True),
        ("IMG_1.jpg.supplemental-metadata.json", "IMG_1-bearbeitet.jpg", True),
        ("IMG_1.jpg.supplemental-metadata(2).json", "IMG_1-edited(2).jpg", True),
        ("IMG-2.jpg.json", "IMG-2.jpg", True),
        ("IMG_10.jpg.json", "IMG_1.jpg", False),
        ("IMG_1.json", "IMG_1.jpg", False),
        (f"{'long-name-' * 5}"[:46] + ".json", f"{'long-name-' * 5}.jpg", True),
        ("metadata.json", "IMG_1.jpg", False),
    ],
)
def test_names_that_takeout_gives(name: str, photo: str, belongs: bool) -> None:
    assert is_takeout_of(name, photo) is belongs


def test_a_position_of_takeout_is_a_known_one(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "a", "IMG_1.jpg", "IMG_2.jpg")
    place = {"latitude": 41.89, "longitude": 12.49, "altitude": 0.0}
    nowhere = {"latitude": 0.0, "longitude": 0.0}
    album = folder / "IMG_1.jpg.supplemental-metadata.json"
    album.write_text(json.dumps({"title": "IMG_1.jpg", "geoData": nowhere, "geoDataExif": place}))
    (folder / "IMG_2.jpg.json").write_text(json.dumps({"geoData": nowhere}))
    plan = make_plan(requests(sorted(folder.glob("*.jpg")), replace_gps=False), WriteOptions())
    assert [item.how for item in plan.items] == [WriteMode.SKIP, WriteMode.EMBED]
    assert plan.items[0].known is not None
    assert plan.items[0].known.file == album
    for text in ("[]", "{", '{"geoData": 3}', '{"geoData": {"latitude": "x"}}', "[" * 9999):
        album.write_text(text)
        assert takeout_position(album) is None


def test_other_programs_folders_are_left_out_and_counted(tmp_path: Path) -> None:
    names = ("@eaDir/a.jpg", "#recycle", "My.photoslibrary/originals", "holiday")
    for name in names:
        folder_of(tmp_path / name, "a.jpg", "b.jpg")
    left_out = LeftOut()
    found = list(scan([tmp_path], left_out=left_out))
    assert [path.parent.name for path in found] == ["holiday", "holiday"]
    assert left_out.folders == {ForeignFolder.NAS: 4, ForeignFolder.LIBRARY: 2}
    assert len(list(scan([tmp_path], everything=True))) == 8
    assert len(list(scan([tmp_path / "#recycle"]))) == 2


def test_names_are_no_finer_than_the_answer() -> None:
    cologne = Place("Köln", "North Rhine-Westphalia", "Germany", "DE")
    assert supported_names(cologne, Level.FINE) == cologne
    assert supported_names(cologne, Level.MIDDLE) == Place("", "", "Germany", "DE")
    assert supported_names(cologne, Level.COARSE) is None
    assert supported_names(cologne, Level.CANNOT_TELL) is None
    assert supported_names(Place("", "", "", ""), Level.FINE) is None


def test_every_sidecar_of_a_photo_gets_the_new_position(tmp_path: Path) -> None:
    """The full name and the short one; but not one that may be another file's."""
    folder = folder_of(tmp_path / "both", "a.jpg", "a.jpg.xmp", "a.xmp")
    plan = plan_for([folder / "a.jpg"])
    written, failures, _ = saved(plan, tmp_path / "j")
    assert (len(written), failures) == (1, [])
    read = exiftool([folder / "a.jpg.xmp", folder / "a.xmp"], "-n", "-GPSLatitude")
    found = [row["GPSLatitude"] for row in read.values()]
    assert found == pytest.approx([48.85837, 48.85837], abs=1e-6)

    folder = folder_of(tmp_path / "unclear", "b.jpg", "b.png", "b.xmp")
    set_tags(
        folder / "b.jpg",
        *("-GPSLatitude=1", "-GPSLatitudeRef=N", "-GPSLongitude=2", "-GPSLongitudeRef=E"),
    )
    before = (folder / "b.xmp").read_bytes()
    assert len(saved(plan_for([folder / "b.jpg"]), tmp_path / "k")[0]) == 1
    assert (folder / "b.xmp").read_bytes() == before
