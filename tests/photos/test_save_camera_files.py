"""Positions written into real camera files: read back by exiftool, everything else untouched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoguess_app.core.picture.decode import open_upright
from geoguess_app.photos.formats.gps_edits import EMBEDDABLE
from geoguess_app.photos.photo_kind import kind_of
from geoguess_app.photos.undo import RestoredFile
from geoguess_app.photos.write_plan import WriteMode, WriteOptions
from tests.photos.saving import copies, exiftool, hashes, plan_for, saved, undone

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

# What exiftool says about the file, not what the file says; and our own tags.
_NOT_COMPARED = ("SourceFile", "ExifTool:", "System:", "File:", "Composite:")
# The changed EXIF block of a HEIC lies in a media data box of its own, behind the others.
_CONTAINER = ("QuickTime:Main:MediaData",)
_OURS = (
    "VersionID",
    "Latitude",
    "LatitudeRef",
    "Longitude",
    "LongitudeRef",
    "MapDatum",
    "ProcessingMethod",
    "HPositioningError",
)


@dataclass(frozen=True)
class Tagged:
    """The camera files before and after everything was embedded that can be."""

    originals: list[Path]
    written: list[Path]
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def tagged(camera_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Tagged:
    folder = tmp_path_factory.mktemp("cameras")
    sources = [p for p in camera_files.iterdir() if kind_of(p)[0] in EMBEDDABLE]
    originals = copies(sorted(sources), folder / "before")
    files = copies(originals, folder / "after")
    plan = plan_for(files, WriteOptions(embed_kinds=EMBEDDABLE))
    assert [item.reason for item in plan.items if item.how is not WriteMode.EMBED] == []
    _, failures, _ = saved(plan, folder / "journal.jsonl")
    assert [failure.message for failure in failures] == []
    every_tag = ("-G1:3", "-a", "-u", "-n", "-struct")
    return Tagged(originals, files, exiftool(originals, *every_tag), exiftool(files, *every_tag))


def test_exiftool_reads_the_position_and_its_marks(tagged: Tagged) -> None:
    assert len(tagged.written) >= 34
    for name, tags in tagged.after.items():
        gps = {key.split(":")[-1]: value for key, value in tags.items() if key.startswith("GPS:")}
        assert gps["GPSLatitude"] == pytest.approx(48.85837, abs=1e-7), name
        assert gps["GPSLongitude"] == pytest.approx(2.294481, abs=1e-7), name
        assert (gps["GPSLatitudeRef"], gps["GPSLongitudeRef"]) == ("N", "E")
        assert gps["GPSMapDatum"] == "WGS-84"
        assert gps["GPSHPositioningError"] == pytest.approx(12345.6)
        assert gps["GPSProcessingMethod"] == "ML-ESTIMATE Starter 1.0"


def test_exiftool_finds_every_other_tag_as_it_was(tagged: Tagged) -> None:
    for name, before in tagged.before.items():
        after = tagged.after[name]
        different = {
            key
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
            and not key.startswith(_NOT_COMPARED + _CONTAINER)
            and key.split(":")[-1] not in [f"GPS{part}" for part in _OURS]
            # A file whose XMP had a position gets our marks there too.
            and not key.startswith("XMP-geoguess:")
            # In a HEIC it is counted from the start of the file, not of the block that moved.
            and not (key == "IFD1:Main:ThumbnailOffset" and name.lower().endswith(".heic"))
        }
        assert different == set(), name


def test_maker_notes_are_the_same_bytes(tagged: Tagged) -> None:
    # exiftool calls the block MakerNoteNikon, MakerNoteApple, …
    notes = [
        {
            name: {key: value for key, value in tags.items() if key != "SourceFile"}
            for name, tags in exiftool(files, "-b", "-MakerNotes").items()
        }
        for files in (tagged.originals, tagged.written)
    ]
    assert notes[0] == notes[1]
    assert sum(map(bool, notes[0].values())) >= 15


def test_pictures_are_the_same(tagged: Tagged) -> None:
    smaller = sorted(tagged.originals, key=lambda path: path.stat().st_size)[:12]
    others = [path for path in tagged.originals if path.suffix.lower() not in (".jpg", ".jpeg")]
    for path in {*smaller, *others}:
        other = next(file for file in tagged.written if file.name == path.name)
        assert np.array_equal(open_upright(path), open_upright(other)), path.name


def test_times_stay(tagged: Tagged) -> None:
    for one, other in zip(tagged.originals, tagged.written, strict=True):
        assert one.stat().st_mtime_ns == other.stat().st_mtime_ns


@pytest.mark.parametrize(
    "options",
    [
        WriteOptions(embed_kinds=EMBEDDABLE),
        WriteOptions(with_place=True, with_keywords=True),
        WriteOptions(embed_kinds=frozenset()),
    ],
    ids=["embedded", "with names and keywords", "sidecars"],
)
def test_undo_gives_every_byte_back(
    camera_files: Path, tmp_path: Path, options: WriteOptions
) -> None:
    files = copies(sorted(camera_files.iterdir()), tmp_path / "photos")
    before = hashes(tmp_path / "photos")
    times = [file.stat().st_mtime_ns for file in files]
    written, failures, _ = saved(plan_for(files, options), tmp_path / "j")
    assert (len(written), failures) == (len(files), [])
    assert hashes(tmp_path / "photos") != before

    results = undone(tmp_path / "j")

    assert all(isinstance(result, RestoredFile) for result in results)
    assert hashes(tmp_path / "photos") == before
    assert [file.stat().st_mtime_ns for file in files] == times


def test_names_and_keywords_are_read_by_exiftool(camera_files: Path, tmp_path: Path) -> None:
    files = copies(sorted(camera_files.iterdir())[:12], tmp_path / "photos")
    saved(plan_for(files, WriteOptions(with_place=True, with_keywords=True)), tmp_path / "j")
    targets = [path for path in (tmp_path / "photos").iterdir() if path.suffix == ".xmp"]
    targets += [path for path in files if path.suffix == ".jpg"]
    for name, tags in exiftool(targets, "-XMP:all").items():
        assert {"urban", "tower"} <= set(tags["Subject"]), name
        assert "Scene|urban|tower" in tags["HierarchicalSubject"]
        assert tags["CountryCode"] == "FR"
