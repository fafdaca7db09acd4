"""A notice floats over the foot of the window: nothing else moves when it comes and goes."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.notice import Notice
from geoguess_app.ui.kit.theme import Theme

LONG = "The folder holds photos that cannot be read, and each of them has a reason. " * 6


def test_a_notice_moves_nothing_and_stays_inside(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme(qapp, "light")
    host, content = QWidget(), QWidget()
    box = QVBoxLayout(host)
    box.setContentsMargins(0, 0, 0, 0)
    box.addWidget(content)
    notice = Notice(theme, Icons(theme))
    notice.float_over(host)
    qtbot.addWidget(host)
    host.resize(1000, 600)
    with qtbot.waitExposed(host):
        host.show()
    before = content.geometry()
    opened = []
    notice.tell("Wrote 3 photos to a.csv.", action=("Show in folder", lambda: opened.append(1)))
    qtbot.waitUntil(notice.isVisible)
    assert content.geometry() == before
    small = notice.geometry()
    assert host.rect().contains(small)
    notice.tell(LONG)
    assert notice.height() > small.height()
    assert host.rect().contains(notice.geometry())
    host.resize(500, 400)
    qtbot.waitUntil(lambda: host.rect().contains(notice.geometry()))
    notice.tell("Wrote 3 photos to a.csv.", action=("Show in folder", lambda: opened.append(1)))
    notice.button.click()
    assert opened == [1]
    assert notice.isHidden()
