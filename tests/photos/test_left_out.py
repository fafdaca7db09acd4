"""What a search leaves out is counted and named, not silently gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.cli import main
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.picture.sniff import HEAD_BYTES, picture_kind, unread_kind
from geoguess_app.photos.left_out import LeftOut
from geoguess_app.photos.scan import scan
from tests.photos.saving import CHINA


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photo among pictures of other kinds, notes, and a NAS's thumbnails."""
    with Image.open(CHINA) as image:
        small = image.resize((64, 48))
    for name in ("a.ppm", "b.tga", "c.pcx"):
        small.save(tmp_path / name)
    for name in ("d.psd", "layers.bak"):
        (tmp_path / name).write_bytes(b"8BPS\0\1" + bytes(20))
    (tmp_path / "e.mos").write_bytes(b"DSC-Image" + bytes(40))
    (tmp_path / "notes.txt").write_text("P3 is not always a picture; 8BPS neither")
    (tmp_path / "empty.tga").touch()
    shutil.copyfile(CHINA, tmp_path / "photo.jpg")
    (tmp_path / "@eaDir").mkdir()
    shutil.copyfile(CHINA, tmp_path / "@eaDir" / "SYNOPHOTO_THUMB_XL.jpg")
    return tmp_path


def test_kinds_that_cannot_be_read_are_counted(folder: Path) -> None:
    left_out = LeftOut()
    assert [path.name for path in scan([folder], left_out=left_out)] == ["photo.jpg"]
    assert left_out.kinds == {"PSD": 2, "PPM": 1, "TGA": 1, "PCX": 1, "MOS": 1}
    assert left_out.sentences() == [
        "1 photo in thumbnail and recycle folders of a NAS left out.",
        "6 files of a kind that GeoGuess cannot read (2 PSD, 1 PPM, 1 TGA, 1 PCX, 1 MOS).",
    ]
    assert not LeftOut()


def test_one_that_is_named_says_what_it_is(folder: Path) -> None:
    for name, kind in (("d.psd", "PSD"), ("a.ppm", "PPM"), ("b.tga", "TGA"), ("e.mos", "MOS")):
        with pytest.raises(PhotoError) as caught:
            open_upright(folder / name)
        assert str(caught.value) == (
            f"{name} is a {kind} file, which GeoGuess cannot read; export it as JPEG."
        )


def test_crw_goes_to_libraw_like_other_raw_files() -> None:
    head = (b"II\x1a\0\0\0HEAPCCDR" + bytes(HEAD_BYTES))[:HEAD_BYTES]
    assert picture_kind(head) == "raw"
    assert unread_kind(b"", ".tga") == ""


def test_the_command_line_says_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "photo.jpg").unlink()
    assert main(["locate", str(folder), "--no-cache", "--device", "cpu"]) == 0
    said = capsys.readouterr().err
    assert "6 files of a kind that GeoGuess cannot read (2 PSD, " in said
    assert "1 photo in thumbnail and recycle folders of a NAS left out." in said
    assert "--all-folders" in said
    assert main(["locate", str(folder / "d.psd"), "--no-cache", "--device", "cpu"]) == 1
    captured = capsys.readouterr()
    assert "d.psd is a PSD file, which GeoGuess cannot read; export it as JPEG." in captured.out
