"""The window is closed at any moment: what its threads still have to say reaches nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.hostile.corpus import make_corpus
from tests.ui.window.conftest import OpenWindow

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def test_a_window_closes_at_any_moment(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    corpus = make_corpus(tmp_path / "corpus")
    for number, wait_ms in enumerate((0, 15, 40, 90, 200)):
        with open_window(tmp_path / str(number)) as window:
            window.intake.open_paths([corpus.folder])
            window.modes.switch(("locate", "review", "explore", "compare", "accuracy")[number])
            qtbot.wait(wait_ms)
            window.modes.switch("review" if number % 2 else "locate")
            window.locate.list.select(corpus.folder / "plain.jpg")
        qtbot.wait(30)  # pytest-qt reports what fails here
