"""The window is closed at any moment: what its threads still have to say reaches nobody."""

from __future__ import annotations

import gc
import shutil
import weakref
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.hostile.corpus import make_corpus
from tests.photos.saving import CHINA
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, OpenWindow

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def test_a_window_closes_at_any_moment(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    corpus = make_corpus(tmp_path / "corpus")
    for number, wait_ms in enumerate((0, 40, 200)):
        with open_window(tmp_path / str(number)) as window:
            window.intake.open_paths([corpus.folder])
            window.modes.switch(("review", "explore", "accuracy")[number])
            qtbot.wait(wait_ms)
            window.modes.switch("review" if number % 2 else "locate")
            window.locate.list.select(corpus.folder / "plain.jpg")
        qtbot.wait(30)  # pytest-qt reports what fails here


def test_neither_an_earlier_model_nor_a_closed_window_stays_in_memory(
    open_window: OpenWindow, tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    another = Path(shutil.copytree(tiny_model, tmp_path / "another"))

    def work_with_both() -> list[weakref.ref[object]]:
        with open_window(tmp_path) as window:
            window.intake.open_paths([CHINA])
            qtbot.waitUntil(lambda: window.locate.model.settled, timeout=ANSWER_MS)
            earlier = weakref.ref(window.locator.model.predictor)
            with qtbot.waitSignal(window.locator.modelReady, timeout=LOADING_MS):
                window.load_model(another)
            qtbot.waitUntil(lambda: window.locate.model.settled, timeout=ANSWER_MS)
            qtbot.waitUntil(lambda: gone(earlier), timeout=ANSWER_MS)
            return [weakref.ref(window.locator.model.predictor), weakref.ref(window)]

    later, closed = work_with_both()
    qtbot.waitUntil(lambda: gone(later) and gone(closed), timeout=ANSWER_MS)


def gone(something: weakref.ref[object]) -> bool:
    """Whether nothing holds it any more."""
    gc.collect()
    return something() is None
