"""Photos put into an image folder: linked or copied, once, and never half."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoguess_app.core.errors import TableError
from trainer.data.kept_photos import is_table, place_pictures, table_path

NAMES = ("a.jpg", "deep/größe/b.jpg")


class Count:
    """Counts like a progress bar."""

    def __init__(self) -> None:
        self.n = 0

    def update(self, by: int) -> None:
        self.n += by


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() * 100)
    return folder


@pytest.mark.parametrize(("pictures", "shared"), [("link", True), ("copy", False)])
def test_photos_are_linked_or_copied(
    root: Path, tmp_path: Path, pictures: str, shared: bool
) -> None:
    out, done = tmp_path / "out", Count()
    place_pictures(root, iter(NAMES), out, pictures, done)  # type: ignore[arg-type]
    assert done.n == len(NAMES)
    for name in NAMES:
        assert (out / name).read_bytes() == (root / name).read_bytes()
        assert (out / name).samefile(root / name) == shared
    assert not list(out.rglob("*.part"))


def test_what_is_there_stays_and_what_differs_is_placed_again(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    place_pictures(root, iter(NAMES), out, "copy", Count())
    kept, changed = out / NAMES[0], out / NAMES[1]
    before = kept.stat().st_ino
    changed.write_bytes(b"something else")
    place_pictures(root, iter(NAMES), out, "copy", Count())
    assert kept.stat().st_ino == before
    assert changed.read_bytes() == (root / NAMES[1]).read_bytes()


def test_rests_of_a_stopped_run_are_no_hindrance(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".a.jpg.part").write_bytes(b"half")
    place_pictures(root, iter(NAMES), out, "link", Count())
    assert (out / "a.jpg").samefile(root / "a.jpg"), "linked as asked"
    assert not (out / ".a.jpg.part").exists()


def test_nothing_is_placed_unasked_or_into_the_folder_itself(root: Path, tmp_path: Path) -> None:
    place_pictures(root, iter(NAMES), tmp_path / "out", "none", Count())
    assert not (tmp_path / "out").exists()
    before = sorted(root.rglob("*"))
    place_pictures(root, iter(NAMES), root / "deep" / "..", "copy", Count())
    assert sorted(root.rglob("*")) == before


def test_a_photo_that_cannot_be_placed_is_one_sentence(root: Path, tmp_path: Path) -> None:
    out, done = tmp_path / "out", Count()
    out.mkdir()
    (out / "deep").write_text("a file where a folder should be")
    with pytest.raises(TableError, match="cannot be placed there") as refused:
        place_pictures(root, iter(NAMES), out, "copy", done)
    assert refused.value.code == "unwritable"
    assert done.n == 1
    assert (out / NAMES[0]).is_file()


def test_the_name_says_whether_it_is_a_table(tmp_path: Path) -> None:
    assert is_table(tmp_path / "kept.CSV")
    assert table_path(tmp_path / "kept.parquet") == tmp_path / "kept.parquet"
    assert table_path(tmp_path / "kept") == tmp_path / "kept" / "metadata.csv"
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    assert table_path(folder) == folder / "metadata.csv"
