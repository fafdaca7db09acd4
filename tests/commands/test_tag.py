"""`geoguess tag` as a user runs it: what it writes, what it leaves alone, what it says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from geoguess_app.commands.common import OK, SOME_FAILED, WRONG_USAGE
from tests.commands.conftest import SAMPLES, Geoguess
from tests.core.picture.test_raw import dng
from tests.photos.saving import exiftool, hashes, set_tags


def test_tag_undo_and_tag_again(tag: Geoguess, geoguess: Geoguess, photos: Path) -> None:
    before = hashes(photos)
    first = tag(photos)
    assert first.status == OK, first.err
    assert "To write: 2 JPEG embedded, 1 PNG as sidecar, 1 skipped: already have GPS." in first.out
    assert "On your 1 photo with a known position: median error " in first.out
    assert "Written: 3 of 3." in first.out
    changed = {name for name, one in hashes(photos).items() if before.get(name) != one}
    assert changed == {"china.jpg", "größe/flower.jpg", "scan.png.xmp"}
    for row in exiftool([photos / name for name in changed], "-GPSProcessingMethod").values():
        assert row["GPSProcessingMethod"].startswith("ML-ESTIMATE ")

    second = tag(photos)
    assert "3 skipped: already have an estimate" in second.out
    # An estimate of ours is no truth to measure against.
    assert "On your 1 photo with a known position" in second.out

    undo = geoguess("undo")
    assert undo.status == OK
    assert "2 files restored, 1 sidecar removed, 0 left alone." in undo.out
    assert hashes(photos) == before
    assert "there is nothing to undo" in geoguess("undo").err


def test_unusable_positions_are_replaced_and_that_is_said(
    tag: Geoguess, geoguess: Geoguess, photos: Path
) -> None:
    zero = ("-GPSLatitude=0", "-GPSLatitudeRef=N", "-GPSLongitude=0", "-GPSLongitudeRef=E")
    set_tags(photos / "china.jpg", *zero)
    set_tags(photos / "größe" / "flower.jpg", "-GPSLatitude=1", "-GPSLatitudeRef=N")
    before = hashes(photos)
    ran = tag(photos)
    assert "To write: 2 JPEG embedded, 1 PNG as sidecar, 1 skipped: already have GPS." in ran.out
    assert (
        "Of these, 2 have an unusable position, which is replaced: 1 is 0, 0; 1 has no longitude."
    ) in ran.out
    assert geoguess("undo").status == OK
    assert hashes(photos) == before


def test_a_second_run_needs_no_network(tag: Geoguess, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes((SAMPLES / "china.jpg").read_bytes()[:5000])
    tag(photos, "--dry-run")
    (photos / "china.jpg").rename(photos / "renamed.jpg")
    (photos / "broken.jpg").rename(photos / "still broken.jpg")
    # A device that does not exist would be noticed as soon as it was needed.
    again = tag(photos, "--dry-run", "--device", "abacus")
    assert again.status == SOME_FAILED
    assert "still broken.jpg is truncated" in again.err
    assert tag(photos, "--dry-run", "--device", "abacus", "--no-cache").status == WRONG_USAGE


def test_dry_run_writes_nothing(tag: Geoguess, photos: Path) -> None:
    before = hashes(photos)
    ran = tag(photos, "--dry-run")
    assert ran.status == OK
    assert hashes(photos) == before
    lines = ran.out.splitlines()
    assert any(line.startswith(f"{photos / 'china.jpg'}: embed ") for line in lines)
    assert any(line.startswith(f"{photos / 'scan.png.xmp'}: sidecar ") for line in lines)
    assert f"{photos / 'known.jpg'}: skip (already have GPS)" in lines


def test_write_none_only_says_how_good_it_is(tag: Geoguess, photos: Path) -> None:
    before = hashes(photos)
    ran = tag(photos, "--write", "none")
    assert "On your 1 photo with a known position" in ran.out
    assert hashes(photos) == before


def test_thresholds_leave_out(geoguess: Geoguess, tiny_model: Path, photos: Path) -> None:
    model = ("--model", tiny_model, "--device", "cpu")
    before = hashes(photos)
    ran = geoguess("tag", photos, *model, "--max-radius-km", "0.001", "--include-uncertain")
    assert "Skipped: 3 radius above 1 m." in ran.out
    ran = geoguess("tag", photos, *model, "--min-confidence", "100%")
    assert "To write: 1 skipped: already have GPS." in ran.out
    assert hashes(photos) == before


def test_existing_gps_only_with_permission(tag: Geoguess, geoguess: Geoguess, photos: Path) -> None:
    before = hashes(photos)
    ran = tag(photos, "--replace-gps", "--write", "sidecar", "--sidecar-name", "adobe")
    assert "To write: 3 JPEG as sidecar, 1 PNG as sidecar." in ran.out
    names = set(hashes(photos)) - set(before)
    assert names == {"china.xmp", "größe/flower.xmp", "known.xmp", "scan.xmp"}
    assert geoguess("revoke", photos).status == OK
    assert hashes(photos) == before


def test_a_position_that_stands_only_in_xmp_counts(tag: Geoguess, photos: Path) -> None:
    (photos / "known.jpg").unlink()
    where = ("-XMP:GPSLatitude=39.9", "-XMP:GPSLongitude=116.4")
    subprocess.run(["exiftool", "-q", *where, photos / "scan.png.xmp"], check=True)
    set_tags(photos / "größe" / "flower.jpg", "-XMP:GPSLatitude=-33.5", "-XMP:GPSLongitude=151.2")
    before = hashes(photos)
    for _ in range(2):  # the second time from memory
        ran = tag(photos, "--dry-run")
        assert "On your 2 photos with a known position: median error " in ran.out
        assert "To write: 1 JPEG embedded, 2 skipped: already have GPS." in ran.out
    assert hashes(photos) == before
    (photos / "scan.png.xmp").unlink()
    assert "On your 1 photo with a known position: " in tag(photos, "--dry-run").out


@pytest.mark.parametrize("embed_also", [(), ("--embed-also", "tiff,png,webp,heic,avif")])
def test_a_raw_file_gets_a_sidecar_whatever_is_asked_for(
    tag: Geoguess, geoguess: Geoguess, tmp_path: Path, embed_also: tuple[str, ...]
) -> None:
    pytest.importorskip("rawpy")
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in ("a.dng", "named as one.tif"):
        (folder / name).write_bytes(dng())
    before = hashes(folder)
    ran = tag(folder, *embed_also, "--place-names")
    assert ran.status == OK, ran.err
    assert "To write: 2 RAW as sidecar." in ran.out
    after = hashes(folder)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"a.dng.xmp", "named as one.tif.xmp"}
    row = exiftool([folder / "a.dng.xmp"], "-XMP:GPSProcessingMethod")["a.dng.xmp"]
    assert row["GPSProcessingMethod"].startswith("ML-ESTIMATE ")
    assert "2 skipped: already have an estimate" in tag(folder).out
    assert geoguess("undo").status == OK
    assert hashes(folder) == before


def test_a_broken_photo_does_not_stop_the_others(tag: Geoguess, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes((SAMPLES / "china.jpg").read_bytes()[:5000])
    ran = tag(photos)
    assert ran.status == SOME_FAILED
    assert "broken.jpg is truncated" in ran.err
    assert "Written: 3 of 3." in ran.out


@pytest.mark.parametrize(
    "arguments",
    [("nowhere",), (".", "--min-confidence", "2"), (".", "--embed-also", "mp3")],
)
def test_wrong_usage(geoguess: Geoguess, arguments: tuple[str, ...]) -> None:
    assert geoguess("tag", *arguments).status == WRONG_USAGE
