"""Short work has its turn between the photos of a long run, and alone when there is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.scheduler import InferenceScheduler


def one_thread() -> QThreadPool:
    pool = QThreadPool()
    pool.setMaxThreadCount(1)
    return pool


def test_it_does_not_wait_for_the_end_of_a_run(qtbot: QtBot) -> None:
    pool = one_thread()
    scheduler = InferenceScheduler(pool)
    threads: list[int] = []

    def run(token: CancelToken) -> Iterator[None]:
        while not token.cancelled:
            scheduler.run_waiting()
            threads.append(threading.get_ident())
            yield

    def short(_token: CancelToken) -> Iterator[int]:
        yield threading.get_ident()

    long = Job(run).start(pool)
    qtbot.waitUntil(lambda: bool(threads), timeout=5000)
    job = Job(short)
    with qtbot.waitSignal(job.item, timeout=5000) as came:
        scheduler.schedule(job)
    assert came.args == [threads[0]], "in the thread of the run"
    assert not scheduler.waiting
    long.cancel()
    assert pool.waitForDone(5000)


def test_it_runs_alone_where_nothing_else_does(qtbot: QtBot) -> None:
    pool = one_thread()
    scheduler = InferenceScheduler(pool)

    def short(_token: CancelToken) -> Iterator[str]:
        yield "done"

    job = Job(short)
    with qtbot.waitSignal(job.item, timeout=5000) as came:
        scheduler.schedule(job)
    assert came.args == ["done"]
    assert pool.waitForDone(5000)
