"""Qt's own dialogs: the buttons of the file dialog are more than dots, questions have our icons."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QToolButton
from pytestqt.qtbot import QtBot

from geoguess_app.ui.kit.theme import Theme


def drawn_px(image: QImage) -> int:
    """How wide what is drawn in the middle of a button is, its frame aside."""
    ground = image.pixelColor(4, 4)
    inside = range(3, image.width() - 3)

    def differs(x: int) -> bool:
        column = (image.pixelColor(x, y) for y in range(3, image.height() - 3))
        return any(_distance(colour, ground) > 40 for colour in column)

    return sum(differs(x) for x in inside)


def _distance(one: QColor, other: QColor) -> int:
    return sum(abs(a - b) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


@pytest.mark.parametrize("looks", ["light", "dark"])
def test_buttons_show_their_icons(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, looks: str
) -> None:
    Theme(qapp, looks)
    dialog = QFileDialog(None, "Add photos", str(tmp_path))
    qtbot.addWidget(dialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.show()
    for name in ("toParentButton", "newFolderButton", "detailModeButton"):
        button = dialog.findChild(QToolButton, name)
        assert drawn_px(button.grab().toImage()) >= 9, name


@pytest.mark.parametrize("looks", ["light", "dark"])
def test_questions_and_warnings_have_icons_of_the_theme(
    qapp: QApplication, qtbot: QtBot, looks: str
) -> None:
    theme = Theme(qapp, looks)
    for kind, colour in (
        (QMessageBox.Icon.Question, theme.tokens.accent),
        (QMessageBox.Icon.Warning, theme.tokens.warning),
    ):
        box = QMessageBox(kind, "GeoGuess", "Open in a browser?")
        qtbot.addWidget(box)
        shown = box.iconPixmap().toImage()
        wanted, found = QColor(colour), set()
        for x in range(shown.width()):
            for y in range(shown.height()):
                pixel = shown.pixelColor(x, y)
                if pixel.alpha() > 250:
                    found.add(pixel.name())
        assert found == {wanted.name()}
