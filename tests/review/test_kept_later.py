"""A review that is written behind the back of who decides: what is left after a kill or a full
disk, and whether undo still goes the same way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from geoguess_app.core.errors import SessionError
from geoguess_app.review import history
from geoguess_app.review.kept_later import DeferredSessionFile
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import State
from tests.review.samples import LYON, PLACES, facts, filled

ROOT = Path(__file__).resolve().parents[2]

REVIEW = """
import sys, time
from pathlib import Path
from geoguess_app.review.kept_later import DeferredSessionFile
from geoguess_app.review.session import ReviewSession
from tests.review.samples import PLACES, filled
filled(200, Path(sys.argv[1])).close()
file = DeferredSessionFile(Path(sys.argv[1]))
session = ReviewSession(file, PLACES)
for step in range(int(sys.argv[2])):
    (session.clear if step % 2 else session.reject)(range(1, 101))
print("done", flush=True)
while file.waiting:
    time.sleep(0.01)
print("kept", flush=True)
time.sleep(600)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "review.sqlite"


def later(file: Path) -> tuple[ReviewSession, DeferredSessionFile]:
    """The review in a file, written later."""
    kept = DeferredSessionFile(file)
    return ReviewSession(kept, PLACES), kept


def course(session: ReviewSession) -> None:
    """A bit of everything."""
    session.add(facts(25))
    session.accept([1, 2, 3])
    session.place([4], LYON)
    session.undo()
    session.undo()
    session.redo()
    session.reject(range(1, 21))
    session.remove([7, 8])
    session.undo()
    session.permit_replacing([10])
    session.remove([9])
    session.add(facts(9))


def all_the_way(session: ReviewSession) -> list[list[object]]:
    """What is seen on the way back, and forth again."""
    seen: list[list[object]] = []
    for move in (session.undo, session.redo):
        while (step := move()) is not None:
            seen.append([step.action, session.next_actions(), list(session)])
    return seen


def test_it_ends_as_if_each_step_had_been_waited_for(file: Path, tmp_path: Path) -> None:
    filled(20, file).close()
    session, _ = later(file)
    course(session)
    at_once = filled(20, tmp_path / "at once.sqlite")
    course(at_once)
    assert list(session) == list(at_once)
    assert session.next_actions() == at_once.next_actions()
    session.close()
    with ReviewSession(file, PLACES) as again:
        assert list(again) == list(at_once)
        assert all_the_way(again) == all_the_way(at_once)
    at_once.close()


def test_steps_of_earlier_days_are_undone_and_done_again(file: Path, tmp_path: Path) -> None:
    for name in (file, tmp_path / "at once.sqlite"):
        with filled(20, name) as made:
            course(made)
    session, _ = later(file)
    with ReviewSession(tmp_path / "at once.sqlite", PLACES) as at_once:
        assert all_the_way(session) == all_the_way(at_once)
    session.close()


def test_what_is_forgotten_in_memory_comes_from_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_KEPT_CHANGES", 30)
    filled(20, file).close()
    session, kept = later(file)
    states = [list(session)]
    for step in range(12):
        (session.clear if step % 2 else session.reject)(range(1, 21))
        states.append(list(session))
        assert kept.flush(20)
    for expected in reversed(states[:-1]):
        assert session.undo() is not None
        assert list(session) == expected
    assert session.undo() is None
    session.close()


def reviewing(file: Path, steps: int) -> subprocess.Popen[str]:
    """A program that takes so many steps in a review."""
    command = [sys.executable, "-c", REVIEW, str(file), str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_what_is_kept_outlives_a_kill(file: Path) -> None:
    process = reviewing(file, 30)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "done\n"
        start = time.monotonic()
        assert process.stdout.readline() == "kept\n"
        assert time.monotonic() - start < 10
        process.send_signal(signal.SIGKILL)
        process.wait()
    with ReviewSession(file, PLACES) as session:
        assert sum(1 for _ in iter(session.undo, None)) == 30


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_kill_in_the_middle_leaves_whole_steps_in_order(file: Path) -> None:
    process = reviewing(file, 2000)
    assert process.stdout is not None
    log = file.with_name("review.sqlite-wal")
    with process.stdout:
        deadline = time.monotonic() + 60
        while not (log.exists() and log.stat().st_size > 300_000):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with ReviewSession(file, PLACES) as session:
        rejected = [p.id for p in session if p.state is State.REJECTED]
        assert rejected in ([], list(range(1, 101)))
        names = []
        while (step := session.undo()) is not None:
            names.append(step.action)
        assert 0 < len(names) < 2000
        assert names[::-1] == (["reject", "clear"] * len(names))[: len(names)]
        assert names[0] == ("reject" if rejected else "clear")


@contextmanager
def full_disk(largest: int) -> Iterator[None]:
    """No file can become larger than so many bytes."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def fill_up(session: ReviewSession, kept: DeferredSessionFile) -> None:
    """Steps until one cannot be written."""
    deadline = time.monotonic() + 60
    while kept.problem is None and time.monotonic() < deadline:
        session.place(range(1, 201), LYON)
        session.place(range(1, 201), "1, 2")
        kept.flush(0.2)


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_full_disk_is_told_once_and_nothing_is_lost(file: Path) -> None:
    filled(200, file).close()
    session, kept = later(file)
    told: list[SessionError | None] = []
    heard = threading.Event()

    def hear(problem: SessionError | None) -> None:
        told.append(problem)
        heard.set()

    kept.told = hear
    session.reject([1])
    assert kept.flush(20)
    with full_disk(file.stat().st_size + 4096):
        fill_up(session, kept)
        assert heard.wait(20)
        for photo in range(1, 10):
            session.reject([photo])
        assert not kept.flush(0.3)
        assert len(told) == 1
        assert told[0] is not None
        assert told[0].code == "unwritable"
        assert str(told[0]).count(".") == str(told[0]).rstrip(".").count(".") + 1
        assert session.undo() is not None
        shown = list(session)
    assert kept.flush(20)
    assert told[1:] == [None]
    session.close()
    with ReviewSession(file, PLACES) as again:
        assert list(again) == shown
        assert again.next_actions() == ("reject", "reject")


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_closing_on_a_full_disk_says_that_steps_are_lost(file: Path) -> None:
    filled(200, file).close()
    session, kept = later(file)
    with full_disk(file.stat().st_size + 4096):
        fill_up(session, kept)
        with pytest.raises(SessionError):
            session.close()
    with ReviewSession(file, PLACES) as again:
        assert {p.state for p in again} <= {State.PLACED, State.LOCATED, State.HAS_GPS}
        while again.undo() is not None:
            pass
        assert {p.state for p in again} == {State.LOCATED, State.HAS_GPS}


def test_facts_come_before_the_decisions_about_them(file: Path) -> None:
    session, _ = later(file)
    for number in range(300):
        session.add(facts(number + 1))
        session.reject([number + 1])
    shown = list(session)
    session.close()
    with ReviewSession(file, PLACES) as again:
        assert list(again) == shown
        assert {p.state for p in again} == {State.REJECTED}
