"""`geoguess undo` and `revoke` after `geoguess tag`."""

from __future__ import annotations

import shutil
from pathlib import Path

from geoguess_app.commands.common import OK, SOME_FAILED, WRONG_USAGE
from tests.commands.conftest import Geoguess
from tests.photos.saving import exiftool, hashes, set_tags

REVOKED = (
    "{} files restored, {} files cleaned of GeoGuess's tags, {} sidecar removed, {} left alone."
)


def test_revoke_finds_files_that_were_moved(
    tag: Geoguess, geoguess: Geoguess, photos: Path, tmp_path: Path
) -> None:
    before = hashes(photos)
    tag(photos, "--keywords", "--place-names")
    photos.rename(tmp_path / "elsewhere")
    named = geoguess("revoke", tmp_path / "elsewhere", "--dry-run")
    assert len(named.out.splitlines()) == 3
    ran = geoguess("revoke", tmp_path / "elsewhere")
    assert ran.status == OK
    assert REVOKED.format(2, 0, 1, 0) in ran.out
    assert hashes(tmp_path / "elsewhere") == before


def test_revoke_without_a_journal_removes_our_tags_and_no_others(
    tag: Geoguess, geoguess: Geoguess, photos: Path, tmp_path: Path
) -> None:
    file = photos / "china.jpg"
    others = ("-Artist=me", "-XMP:Title=mine", "-XMP:Subject=old")
    set_tags(file, *others, "-GPSAltitude=12", "-GPSAltitudeRef=0")
    known = exiftool([file], "-a", "-G1", "-EXIF:all", "-XMP:all")
    tag(photos, "--keywords", "--place-names")
    shutil.rmtree(tmp_path / "data" / "journal")
    ran = geoguess("revoke", photos)
    assert REVOKED.format(0, 2, 1, 0) in ran.out
    after = exiftool([file], "-a", "-G1", "-EXIF:all", "-XMP:all")
    after["china.jpg"].pop("GPS:GPSVersionID", None)
    known["china.jpg"].pop("GPS:GPSVersionID", None)
    assert after == known
    assert b"ML-ESTIMATE" not in file.read_bytes()
    assert "No GeoGuess estimates found." in geoguess("revoke", photos).out
    # Even a revocation can be taken back.
    assert geoguess("undo").status == OK
    assert b"ML-ESTIMATE" in file.read_bytes()


def test_undo_names_runs_and_refuses_others(
    tag: Geoguess, geoguess: Geoguess, photos: Path, tmp_path: Path
) -> None:
    journal = tmp_path / "my journal.jsonl"
    tag(photos, "--journal", journal)
    listed = geoguess("undo", "--list", "--journal", journal)
    assert "3 of 3 files can be undone" in listed.out
    assert geoguess("undo", "20991231", "--journal", journal).status == WRONG_USAGE
    (photos / "china.jpg").write_bytes(b"something else")
    ran = geoguess("undo", listed.out.split()[0], "--journal", journal)
    assert ran.status == SOME_FAILED
    assert "china.jpg was changed since it was written; it was left unchanged." in ran.err
