"""What rows and panel show: one line for any name, a mark for GPS, the likeliest place first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from geoguess_app.core.geo import coordinates as cf
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.row_delegate import MARGIN, THUMBNAIL
from tests.photos.saving import set_tags
from tests.ui.window.conftest import ANSWER_MS, all_done


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


def rows_drawn(window: MainWindow, paths: list[Path], qtbot: QtBot) -> list[QImage]:
    """Rows as they are painted, none of them selected, with their small pictures."""
    window.intake.open_paths(paths)
    qtbot.waitUntil(all_done(window, len(paths)), timeout=ANSWER_MS)
    view, thumbnails = window.locate.list.view, window.services.thumbnails
    qtbot.waitUntil(lambda: all(thumbnails.get(path) is not None for path in paths))
    view.clearSelection()
    view.clearFocus()
    shown = window.locate.list.shown
    boxes = {
        shown.photo(index).path: view.visualRect(index)
        for index in (shown.index(row, 0) for row in range(shown.rowCount()))
    }
    return [view.viewport().grab(boxes[path]).toImage() for path in paths]


def test_a_line_break_in_a_name_stays_in_its_line(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    folder = photos[0].parent
    names = [folder / "one name.jpg", folder / "one\nname.jpg"]
    for name in names:
        shutil.copy(photos[0], name)
    plain, broken = rows_drawn(window, names, qtbot)
    assert broken == plain


def test_a_photo_with_gps_has_a_mark_on_its_picture(
    window: MainWindow, photos: list[Path], qtbot: QtBot
) -> None:
    tagged = photos[0].with_name("tagged.jpg")
    shutil.copy(photos[0], tagged)
    set_tags(tagged, "-GPSLatitude=48.8", "-GPSLatitudeRef=N", "-GPSLongitude=2.3",
             "-GPSLongitudeRef=E")  # fmt: skip
    plain, marked = rows_drawn(window, [photos[0], tagged], qtbot)
    top = (plain.height() - THUMBNAIL) // 2
    frame = (MARGIN, top, THUMBNAIL, THUMBNAIL)
    assert plain.copy(*frame) != marked.copy(*frame)
    upper = (MARGIN, top, THUMBNAIL, THUMBNAIL // 2)
    assert plain.copy(*upper) == marked.copy(*upper)  # only a corner of it


def test_the_likeliest_place_stands_first(located: MainWindow) -> None:
    candidates = located.locate.list.current().outcome.located.prediction.candidates
    listed = located.locate.detail.candidates.model()
    shown = [listed.index(row, 0).data() for row in range(listed.rowCount())]
    assert [int(rank) for rank in shown] == [candidate.rank for candidate in candidates]
    chances = [candidate.probability for candidate in candidates]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1 + 1e-9


def test_the_copy_menu_writes_links_out_in_full(located: MainWindow) -> None:
    copy = located.locate.detail.answer.copy
    copy.menu().aboutToShow.emit()
    here = located.locate.list.current().outcome.located.prediction.coordinate
    link = cf.format_coordinate(here, cf.CoordinateFormat.MAP_URL)
    assert "&" in link
    written = [action.text() for action in copy.menu().actions()]
    # Qt takes one & for the mark of a key and writes it for two.
    assert any(text.replace("&&", "\0").replace("&", "").replace("\0", "&").endswith(link)
               for text in written)  # fmt: skip
