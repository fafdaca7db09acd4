"""The journal survives what happens to files, and refuses what it cannot trust."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from geoguess_app.core.errors import JournalError
from geoguess_app.photos.formats.edits import Edit
from geoguess_app.photos.journal import Journal, JournalEntry, read_runs
from geoguess_app.photos.undo import RestoredFile, find_run, last_run
from tests.data import FLOWER
from tests.photos.saving import CHINA, copies, hashes, plan_for, saved, undone

ENTRY = JournalEntry(
    Path("a.jpg"), Path("a.jpg"), "1" * 64, "2" * 64, (Edit(3, b"\0\xff", b"x"),), {}
)


def test_entries_come_back_as_they_went_in(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(b"caf\xe9 \n\xff.jpg"))
    entry = JournalEntry(odd, odd, None, "3" * 64, (), {"how": "sidecar"})
    with Journal(tmp_path / "j", {"command": "tag"}) as journal:
        journal.written(ENTRY)
        journal.written(entry)
    (run,) = read_runs(tmp_path / "j")
    assert run.entries == (ENTRY, entry)
    assert run.facts == {"command": "tag"}
    assert run.open_entries == (entry, ENTRY)


def test_a_line_cut_short_does_not_swallow_the_next(tmp_path: Path) -> None:
    file = tmp_path / "j"
    with Journal(file, {}) as journal:
        journal.written(ENTRY)
    whole = file.read_bytes()
    for cut in range(1, len(whole.splitlines(keepends=True)[1])):
        file.write_bytes(whole[:-cut])
        with Journal(file, {}) as journal:
            journal.written(ENTRY)
        first, second = read_runs(file)
        assert second.entries == (ENTRY,)
        assert first.entries in ((), (ENTRY,))


def test_two_runs_in_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    files = copies([CHINA, FLOWER], folder)
    before = hashes(folder)
    journal = tmp_path / "j"
    _, _, first = saved(plan_for(files[:1]), journal)
    _, _, second = saved(plan_for(files[1:]), journal)
    runs = read_runs(journal)
    assert [run.name for run in runs] == [first, second]
    assert find_run(second[:-1], runs).name == second
    assert last_run(runs) == find_run(second, runs)
    assert isinstance(undone(journal)[0], RestoredFile)
    assert isinstance(undone(journal)[0], RestoredFile)
    assert hashes(folder) == before
    assert last_run(read_runs(journal)) is None


def test_saves_one_above_the_other_come_off_in_turn(tmp_path: Path) -> None:
    files = copies([CHINA], tmp_path / "photos")
    before = hashes(tmp_path / "photos")
    for _ in range(3):
        saved(plan_for(files), tmp_path / "j")
    runs = read_runs(tmp_path / "j")
    for _ in range(3):
        assert isinstance(undone(tmp_path / "j")[0], RestoredFile)
    assert len(runs) == 3
    assert hashes(tmp_path / "photos") == before


def test_without_a_journal_nothing_is_written(tmp_path: Path) -> None:
    files = copies([CHINA], tmp_path / "photos")
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be written"):
        saved(plan_for(files), tmp_path / "file" / "j")
    assert files[0].read_bytes() == CHINA.read_bytes()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"type": "run", "run": "x", "version": 99, "started": ""}, "newer version of GeoGuess"),
        ({"other": "json"}, "is not a GeoGuess journal"),
        ({"type": "write", "run": "unknown"}, "is not a GeoGuess journal"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: object, reason: str) -> None:
    (tmp_path / "j").write_text(json.dumps(content) + "\n")
    with pytest.raises(JournalError, match=reason):
        read_runs(tmp_path / "j")


def test_a_missing_journal_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be read"):
        read_runs(tmp_path / "nowhere")
    assert read_runs() == []
