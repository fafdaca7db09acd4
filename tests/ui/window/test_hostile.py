"""A folder of broken and hostile files in the window: listed, kept, reviewed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from geoguess_app.review.values import State
from geoguess_app.ui.locate.photo_row import RowState
from tests.hostile.corpus import Corpus, make_corpus
from tests.ui.window.conftest import ANSWER_MS, OpenWindow
from tests.ui.window.review_parts import control, open_review

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_corpus(tmp_path_factory.mktemp("hostile") / "corpus")


def test_a_hostile_folder_is_listed_kept_and_reviewed(
    open_window: OpenWindow, corpus: Corpus, tmp_path: Path, qtbot: QtBot
) -> None:
    every = {*corpus.good, *corpus.odd, *corpus.broken, *corpus.links}
    with open_window(tmp_path) as window:
        window.intake.open_paths([corpus.folder])
        model = window.locate.model
        ended = (RowState.LOCATED, RowState.FAILED)
        qtbot.waitUntil(
            lambda: model.rowCount() == len(every) and all(r.state in ended for r in model.rows()),
            timeout=ANSWER_MS,
        )
        rows = {row.path.name: row for row in model.rows()}
        assert set(rows) == every
        assert {name for name in corpus.good if rows[name].failure is not None} == set()
        failed = [row for row in rows.values() if row.failure is not None]
        assert len(failed) >= len(corpus.broken) + len(corpus.links) - 1
        assert all(row.failure.message.endswith(".") for row in failed)
        # Each can be looked at.
        for name in (*corpus.good, "cut.png", "bomb.png"):
            window.locate.list.select(corpus.folder / name)
            QTest.qWait(5)
        review = open_review(window, qtbot)
        review.open_paths([corpus.folder])
        session = control(review)
        qtbot.waitUntil(
            lambda: len(session) == len(every) and not session.counts()[State.WAITING],
            timeout=ANSWER_MS,
        )
    with open_window(tmp_path) as window:
        qtbot.waitUntil(lambda: window.locate.model.rowCount() > 0, timeout=ANSWER_MS)
        kept = {row.path.name for row in window.locate.model.rows()}
        assert kept == every - set(corpus.links)
        assert os.fsdecode(b"latin-\xe9.jpg") in kept
        review = open_review(window, qtbot)
        qtbot.waitUntil(lambda: len(control(review)) == len(every), timeout=ANSWER_MS)
