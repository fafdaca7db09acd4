"""Background generators: results on the GUI thread, errors told, cancel quick, nothing lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.work.jobs import Job


@pytest.fixture
def pool(qapp: object) -> Iterator[QThreadPool]:
    made = QThreadPool()
    made.setMaxThreadCount(1)
    yield made
    assert made.waitForDone(5000)


def test_items_arrive_in_order_on_the_gui_thread(qtbot: QtBot, pool: QThreadPool) -> None:
    worked_in: set[int] = set()

    def work(_token: CancelToken) -> Iterator[int]:
        worked_in.add(threading.get_ident())
        yield from range(200)

    got: list[int] = []
    threads: set[int] = set()

    def receive(value: int) -> None:
        got.append(value)
        threads.add(threading.get_ident())

    job = Job(work)
    job.item.connect(receive)
    with qtbot.waitSignal(job.finished) as ended:
        job.start(pool)
    assert ended.args == [True]
    assert got == list(range(200))
    assert threads == {threading.get_ident()}
    assert threading.get_ident() not in worked_in


def test_cancel_ends_the_generator_and_runs_its_finally(qtbot: QtBot, pool: QThreadPool) -> None:
    closed = threading.Event()

    def work(_token: CancelToken) -> Iterator[int]:
        try:
            number = 0
            while True:
                time.sleep(0.005)
                yield number
                number += 1
        finally:
            closed.set()

    job = Job(work)
    job.item.connect(lambda value: value >= 3 and job.cancel())
    with qtbot.waitSignal(job.finished) as ended:
        job.start(pool)
    assert ended.args == [False]
    assert closed.is_set()


def test_error_is_handed_over_after_the_items(qtbot: QtBot, pool: QThreadPool) -> None:
    def work(_token: CancelToken) -> Iterator[int]:
        yield 1
        raise ValueError("bad file")

    job = Job(work)
    got: list[object] = []
    job.item.connect(got.append)
    job.failed.connect(got.append)
    with qtbot.waitSignal(job.finished) as ended:
        job.start(pool)
    assert ended.args == [False]
    assert got[0] == 1
    assert isinstance(got[1], ValueError)


def test_thousands_of_signals_leave_the_process_alive(qtbot: QtBot, pool: QThreadPool) -> None:
    # PySide6 6.12.0 lost a reference to True per emitted signal and aborted after about 570.
    for _ in range(20):
        job = Job(lambda _token: iter([True] * 100))
        with qtbot.waitSignal(job.finished):
            job.start(pool)


def test_a_job_that_nobody_holds_arrives_whole(qtbot: QtBot, pool: QThreadPool) -> None:
    told: list[object] = []
    job = Job(lambda _token: iter((1, 2)))
    job.item.connect(told.append)
    job.finished.connect(told.append)
    job.start(pool)
    del job
    qtbot.waitUntil(lambda: told == [1, 2, True])


def test_nothing_arrives_from_pools_that_were_closed(pool: QThreadPool) -> None:
    told: list[object] = []
    job = Job(lambda _token: iter((1, 2)))
    for signal in (job.item, job.finished):
        signal.connect(told.append)
    job.start(pool)
    assert pool.waitForDone(10_000)
    Job.silence([pool])
    QApplication.processEvents()
    assert told == []
