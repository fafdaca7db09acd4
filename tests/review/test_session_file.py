"""What is left of a review after closing, a kill, a cut file or a second program.

GEOGUESS_KILLS sets how often the kill strikes (default 4).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from geoguess_app.core.area.areas import Box, Country
from geoguess_app.core.errors import SessionError
from geoguess_app.review.codec import decision_from_json, decision_to_json
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.session_file import KEPT_STEPS
from geoguess_app.review.values import Decision, State
from tests.review.samples import LYON, PLACES, answer, facts, filled

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("GEOGUESS_KILLS", "4"))

REVIEW = """
import sys
from pathlib import Path
from tests.review.samples import filled
session = filled(200, Path(sys.argv[1]))
print("ready", flush=True)
for step in range(100_000):
    (session.clear if step % 2 else session.reject)(range(1, 101))
    print(step, flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "review.sqlite"


def test_a_review_goes_on_where_it_was_left(file: Path) -> None:
    with filled(20, file) as session:
        session.accept([1, 2])
        session.choose([3], 2)
        session.place([4], "48°51′30.2″N 2°17′40.2″E")
        session.reject([5])
        session.permit_replacing([10])
        session.undo()
        before = list(session)
    with ReviewSession(file, PLACES) as again:
        assert list(again) == before
        assert again.next_actions() == ("reject", "permit")
        again.redo()
        assert again[10].decision.replace_gps
        for _ in range(5):
            assert again.undo() is not None
        assert again.undo() is None
        assert {p.state for p in again} == {State.LOCATED, State.HAS_GPS}
        assert again.add(facts(21)) == [21]


def test_names_that_are_no_text_survive(file: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no such names")
    name = os.fsdecode(b"/photos/caf\xe9\n.jpg")
    with ReviewSession(file) as session:
        session.add([*facts(1), *(f for f in facts(1, name))])
        before = [p.path for p in session]
    with ReviewSession(file) as again:
        assert [p.path for p in again] == before


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.long
def test_a_kill_loses_nothing_that_was_done(tmp_path: Path) -> None:
    chance = random.Random(5)
    for number in range(KILLS):
        file = tmp_path / f"{number}.sqlite"
        process = subprocess.Popen(
            [sys.executable, "-c", REVIEW, str(file)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        last = -1
        for _ in range(chance.randrange(1, 40)):
            last = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        last = max([last, *(int(line) for line in rest)])
        with ReviewSession(file, PLACES) as session:
            assert len(session) == 200
            # The whole last step that was told of, or the whole one at work, never half of one.
            assert sum(p.state is State.REJECTED for p in session) in (0, 100)
            steps = 0
            while session.undo() is not None:
                steps += 1
            assert steps in (last + 1, last + 2)


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be copied there")
@pytest.mark.parametrize("damage", ["cut", "garbled"])
def test_a_broken_tail_costs_the_last_step_only(file: Path, damage: str) -> None:
    """As after a power cut in the middle of a write: the files as they are, the end damaged."""
    log = file.with_name("review.sqlite-wal")
    with filled(20, file) as session:
        session.reject([1])
        whole = log.stat().st_size
        session.place([2], LYON)
        copy = file.with_name("copy.sqlite")
        copy.write_bytes(file.read_bytes())
        tail = log.read_bytes()
    assert len(tail) > whole
    tail = tail[:-100] if damage == "cut" else tail[:-100] + b"\xaa" * 100
    copy.with_name("copy.sqlite-wal").write_bytes(tail)
    with ReviewSession(copy, PLACES) as again:
        assert again[1].state is State.REJECTED
        assert again[2].state is State.LOCATED
        assert again.next_actions() == ("reject", None)


def code_of(file: Path) -> str:
    with pytest.raises(SessionError) as caught:
        ReviewSession(file)
    assert str(file) in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value.code


def test_what_cannot_be_opened_is_named(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database at all, but long enough to look at" * 50)
    assert code_of(file) == "broken"
    assert file.read_bytes().startswith(b"no database"), "it is left as it is"
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE music (title TEXT)")
    db.close()
    assert code_of(other) == "not-ours"
    assert code_of(tmp_path) == "unwritable"
    (tmp_path / "a file").write_text("")
    assert code_of(tmp_path / "a file" / "review.sqlite") == "unwritable"


def test_a_newer_format_is_refused(file: Path) -> None:
    filled(1, file).close()
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    assert code_of(file) == "newer"


def test_a_row_that_makes_no_sense_is_named(file: Path) -> None:
    filled(3, file).close()
    for facts_text in ("{", "[]", "{}", json.dumps({"file": 3}), "[" * 99_999, None, 5, b"\xff"):
        with sqlite3.connect(file) as db:
            db.execute("UPDATE photos SET facts = ? WHERE id = 2", (facts_text,))
        db.close()
        assert code_of(file) == "broken"


@pytest.mark.parametrize("path", [None, 5])
def test_a_photo_without_a_path_is_damage(file: Path, path: int | None) -> None:
    filled(3, file).close()
    with sqlite3.connect(file) as db:
        db.execute("UPDATE photos SET path = ? WHERE id = 2", (path,))
    db.close()
    assert code_of(file) == "broken"


def test_a_step_without_changes_is_damage(file: Path) -> None:
    with filled(3, file) as session:
        session.reject([1])
    with sqlite3.connect(file) as db:
        db.execute("UPDATE steps SET changes = NULL")
    db.close()
    with ReviewSession(file) as again, pytest.raises(SessionError, match="is damaged"):
        again.undo()


def test_one_window_at_a_time(file: Path) -> None:
    with filled(3, file) as session:
        assert code_of(file) == "in-use"
        session.reject([1])
    with ReviewSession(file) as again:
        assert again[1].state is State.REJECTED


def fill_up(session: ReviewSession) -> None:
    """Steps until one cannot be kept."""
    while True:
        session.place(range(1, 201), LYON)
        session.place(range(1, 201), "1, 2")


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_step_that_cannot_be_kept_is_not_done(file: Path) -> None:
    """A full disk, by a limit on the size of files."""
    import resource

    with filled(200, file) as session:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        largest = 2 * file.with_name("review.sqlite-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
        try:
            with pytest.raises(SessionError) as caught:
                fill_up(session)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)
        assert caught.value.code == "unwritable"
        shown = list(session)
        assert {p.state for p in shown} == {State.PLACED}
    with ReviewSession(file, PLACES) as again:
        assert list(again) == shown


def test_the_oldest_steps_are_forgotten(file: Path) -> None:
    with filled(1, file) as session:
        for _ in range(KEPT_STEPS // 2 + 5):
            session.reject([1])
            session.clear([1])
        count = 0
        while session.undo() is not None:
            count += 1
        assert count == KEPT_STEPS
        while session.redo() is not None:
            count -= 1
        assert count == 0


@pytest.mark.long
def test_ten_thousand_photos(file: Path) -> None:
    """One step over all of them, closed, opened, taken back."""
    with filled(10_000, file) as session:
        assert len(session.place(range(1, 10_001), LYON)) == 10_000
    with ReviewSession(file, PLACES) as again:
        assert len(again) == 10_000
        assert again[10_000].answer == replace(answer(), confidence=10_000 / 10_001)
        assert {p.state for p in again} == {State.PLACED}
        again.undo()
        assert again[1].state is State.LOCATED


def test_clues_of_a_decision_are_kept_and_older_decisions_have_none() -> None:
    decided = Decision(
        area=Country("PT"),
        clues=("country=PT",),
        searched=Box(30.0, -10.0, 40.0, 0.0),
        clues_left=0.2,
    )
    text = decision_to_json(decided)
    assert text is not None
    assert decision_from_json(text) == decided
    assert decided.own_area == Box(30.0, -10.0, 40.0, 0.0)
    before = decision_to_json(Decision(area=Country("PT")))
    assert before is not None
    assert "clues" not in before
    assert decision_from_json(before).own_area == Country("PT")
