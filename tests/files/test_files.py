"""A file is replaced as a whole or stays as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.files.atomic import atomic_text_file, make_folder, replace_file


def test_content_appears_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with atomic_text_file(target) as stream:
        stream.write("näw\n")
        stream.flush()
        assert target.read_text() == "old"
    assert target.read_bytes() == "näw\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")

    def interrupted() -> None:
        with atomic_text_file(target) as stream:
            stream.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_permissions_and_links_survive(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    with atomic_text_file(link) as stream:
        stream.write("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_gets_ordinary_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with atomic_text_file(tmp_path / "new") as stream:
        stream.write("x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_or_a_missing_folder_is_an_os_error_at_once(tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / "no" / "out.csv"):
        with pytest.raises(OSError, match=r".+"), atomic_text_file(target):
            pytest.fail("work must not begin")


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="this system has no /dev/null")
def test_a_device_is_written_to_and_stays_a_device() -> None:
    with atomic_text_file(Path(os.devnull)) as stream:
        stream.write("gone")
    assert not Path(os.devnull).is_file()


def test_bytes_replace_a_file_and_a_reason_is_given_where_they_cannot(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    replace_file(target, b"{}")
    replace_file(target, b"[]")
    assert target.read_bytes() == b"[]"
    (tmp_path / "folder").mkdir()
    for wrong, reason in ((tmp_path / "folder", "folder"), (tmp_path / "no" / "x", "No such file")):
        with pytest.raises(GeoGuessError, match=f"cannot be written .*{reason}") as told:
            replace_file(wrong, b"x")
        assert told.value.code == "unwritable"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures.json", "folder"]


def test_a_folder_is_made_with_those_above_it_or_the_reason_is_given(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    with pytest.raises(GeoGuessError, match="results folder cannot be created"):
        make_folder(tmp_path / "file" / "below")
