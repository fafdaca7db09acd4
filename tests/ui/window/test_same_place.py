"""The same place in the window: what the answer says, the evidence side by side, and refusing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QTransform
from pytestqt.qtbot import QtBot

from geoguess_app.core.clues.clue import parse_clue
from geoguess_app.core.types import Level
from geoguess_app.paths import resource_dir
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.review.values import State
from geoguess_app.ui.references.page import ReferencesPage
from geoguess_app.ui.references.points_overlay import PointsShown
from geoguess_app.ui.saving.save_dialog import SaveDialog
from geoguess_app.ui.shell.window import MainWindow
from tests.data import FLOWER
from tests.photos.saving import exiftool, set_tags
from tests.ui.window.conftest import ANSWER_MS, all_done
from tests.ui.window.review_parts import control, located, open_review

LAT, LON = 39.9163, 116.3972
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(shared_window: MainWindow) -> MainWindow:
    return shared_window


@pytest.fixture
def scan(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> Path:
    """A photo without a position whose place a reference photo shows; listed and located."""
    known = tmp_path / "phone"
    known.mkdir()
    with Image.open(resource_dir() / "samples" / "china.jpg") as image:
        image.save(known / "IMG_2041.jpg", quality=92)
        closer = image.crop((40, 30, image.width - 60, image.height - 20))
        closer.resize((560, int(560 * closer.height / closer.width))).save(tmp_path / "scan.jpg")
    with Image.open(FLOWER) as image:
        image.save(known / "elsewhere.jpg")
    place = (f"-GPSLatitude={LAT}", "-GPSLatitudeRef=N", f"-GPSLongitude={LON}")
    for name in ("IMG_2041.jpg", "elsewhere.jpg"):
        set_tags(
            known / name,
            *place,
            "-GPSLongitudeRef=E",
            "-DateTimeOriginal=2019:05:12 10:30:00",
            "-Model=Pixel 4",
        )
    window.actions_.references.trigger()
    page = window.findChild(ReferencesPage)
    assert page is not None
    page.bring_up_to_date((known,))
    qtbot.waitUntil(lambda: not page.busy, timeout=ANSWER_MS)
    page.close()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=ANSWER_MS)
    window.locate.commands.clear()
    window.intake.open_paths([tmp_path / "scan.jpg"])
    qtbot.waitUntil(all_done(window, 1), timeout=ANSWER_MS)
    return tmp_path / "scan.jpg"


def test_the_evidence_by_keyboard(window: MainWindow, scan: Path, qtbot: QtBot) -> None:
    outcome = window.locate.model.rows()[0].outcome
    assert outcome is not None
    assert outcome.located.prediction.level is Level.SAME_PLACE
    card = window.locate.detail.match
    assert card.card.title.text() == "Same place as IMG_2041.jpg (12 May 2019)"
    assert "matching points" in card.card.body.text()

    qtbot.keyClick(window.locate.list.view, Qt.Key.Key_E)
    assert window.locate.evidence.is_open
    viewer = window.locate.evidence.viewer
    qtbot.waitUntil(lambda: len(viewer.candidates) == 2, timeout=ANSWER_MS)
    assert viewer.title.text().startswith("Same place: ")
    assert "Pixel 4" in viewer.sides[1].accessibleDescription()
    qtbot.waitUntil(lambda: len(viewer.overlay.pairs_in_sight()) > 20, timeout=ANSWER_MS)

    target = viewer.sides[0]
    qtbot.keyClick(target, Qt.Key.Key_L)
    assert viewer.overlay.shown is PointsShown.DOTS
    plain = target.grab().toImage()
    qtbot.keyClick(target, Qt.Key.Key_B)
    assert viewer.blend.value() == 50
    assert target.grab().toImage() != plain
    qtbot.keyClick(target, Qt.Key.Key_2)
    assert viewer.number == 1
    assert viewer.title.text().startswith("Not verified")
    assert "from candidate 1" in viewer.place.text()
    assert not viewer.blend.isVisible()
    qtbot.keyClick(target, Qt.Key.Key_1)

    qtbot.keyClick(target, Qt.Key.Key_N)
    assert [one.compared.near.reference.path.name for one in viewer.candidates] == ["elsewhere.jpg"]
    qtbot.keyClick(viewer.sides[0], Qt.Key.Key_Escape)
    assert not viewer.isVisible()
    row = window.locate.model.rows()[0]
    qtbot.waitUntil(
        lambda: (
            row.outcome is not None and row.outcome.located.prediction.level is not Level.SAME_PLACE
        ),
        timeout=ANSWER_MS,
    )
    with ReferenceCollection() as collection:
        assert collection.has_refused


def test_clues_do_not_change_an_answer_that_a_reference_proves(
    window: MainWindow, scan: Path, qtbot: QtBot
) -> None:
    row = window.locate.model.rows()[0]
    window.locate.clues.use(parse_clue("hemisphere=south"))
    card = window.locate.detail.restricted
    qtbot.waitUntil(lambda: card.title.text() == "Clues change nothing here")
    assert window.map_pane._state is row.outcome.map_state
    window.locate.steps.undo()
    assert card.isHidden()


def test_the_reference_is_laid_where_its_points_match(
    window: MainWindow, scan: Path, qtbot: QtBot
) -> None:
    window.locate.commands.show_evidence()
    viewer = window.locate.evidence.viewer
    qtbot.waitUntil(lambda: len(viewer.candidates) == 2, timeout=ANSWER_MS)
    match = viewer.candidates[0].compared.match
    assert match is not None
    assert match.homography is not None
    shares = QTransform(*match.homography.T.ravel().tolist())
    (x, y), (u, v) = match.reference_points[0], match.query_points[0]
    assert shares.map(float(x), float(y)) == pytest.approx((u, v), abs=0.01)
    viewer.close_()


def test_points_move_with_the_photos(window: MainWindow, scan: Path, qtbot: QtBot) -> None:
    window.locate.commands.show_evidence()
    viewer = window.locate.evidence.viewer
    qtbot.waitUntil(lambda: len(viewer.overlay.pairs_in_sight()) > 20, timeout=ANSWER_MS)
    before = len(viewer.overlay.pairs_in_sight())
    viewer.sides[0].zoom_by(4.0)
    assert viewer.sides[1].zoom == viewer.sides[0].zoom > 1.0
    assert 0 < len(viewer.overlay.pairs_in_sight()) < before
    viewer.close_()


def test_verified_matches_are_filtered_and_accepted_together(
    window: MainWindow, scan: Path, qtbot: QtBot
) -> None:
    other = scan.with_name("other.jpg")
    shutil.copy(resource_dir() / "samples" / "coffee.jpg", other)
    review = open_review(window, qtbot)
    controller = control(review)
    review.open_paths([scan, other])
    qtbot.waitUntil(located(review, 2), timeout=ANSWER_MS)
    review.pane.filters.matched.setChecked(True)
    qtbot.waitUntil(lambda: len(review.model.numbers) == 1, timeout=ANSWER_MS)
    assert review.pane.filters.summary.text() == "Same place as a reference photo"
    review.pane.filters.matched.setChecked(False)
    qtbot.waitUntil(lambda: len(review.model.numbers) == 2, timeout=ANSWER_MS)

    # A clue for both leaves the proven answer as it is.
    review.listing.show([photo.id for photo in controller.session])
    review.list.selectAll()
    clues = review.panel.clues.list
    clues.activated.emit(clues.findText("Southern hemisphere"))
    qtbot.waitUntil(
        lambda: any(photo.decision.clues for photo in controller.session), timeout=ANSWER_MS
    )
    decided = {photo.path.name: photo.decision.clues for photo in controller.session}
    assert decided == {"scan.jpg": (), "other.jpg": ("hemisphere=south",)}
    assert "Clues change nothing for 1" in window.services.notice.text
    assert [photo.path.name for photo in controller.session if photo.is_match] == ["scan.jpg"]
    qtbot.keyClick(review.list, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: not any(photo.decision.clues for photo in controller.session))

    qtbot.keyClick(review.list, Qt.Key.Key_Return, CTRL | SHIFT)
    states = {photo.path.name: photo.state for photo in controller.session}
    assert states == {"scan.jpg": State.ACCEPTED, "other.jpg": State.LOCATED}
    assert "Accepted 1" in window.services.notice.text
    qtbot.keyClick(review.list, Qt.Key.Key_Z, CTRL)
    assert {photo.state for photo in controller.session} == {State.LOCATED}

    # Accepted and saved by keys; the file says that it rests on a match.
    qtbot.keyClick(review.list, Qt.Key.Key_Return, CTRL | SHIFT)
    saving = review.saving.saving
    assert saving is not None
    qtbot.waitUntil(lambda: saving.bar.save.isEnabled(), timeout=ANSWER_MS)
    qtbot.keyClick(review.list, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: bool(review.services.host.findChildren(SaveDialog)))
    dialog = review.services.host.findChildren(SaveDialog)[0]
    qtbot.waitUntil(lambda: saving.live.plan is not None, timeout=ANSWER_MS)
    with qtbot.waitSignal(saving.writer.finished, timeout=ANSWER_MS):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    tags = exiftool([scan], "-n")["scan.jpg"]
    found = (tags["GPSLatitude"], tags["GPSLongitude"])
    assert found == pytest.approx((LAT, LON), abs=1e-6)
    assert tags["GPSProcessingMethod"].startswith("ML-MATCH ")
    assert tags["GPSHPositioningError"] >= 50
    with qtbot.waitSignal(saving.writer.finished, timeout=ANSWER_MS):
        review.saving.undo.trigger()
    assert "GPSLatitude" not in exiftool([scan], "-n")["scan.jpg"]
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(review.list, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: control(review).counts()[State.LOCATED] == 2, timeout=ANSWER_MS)

    number = controller.session.number_of(scan)
    assert number is not None
    review.listing.show([number])
    qtbot.waitUntil(lambda: review.panel.match.isVisible(), timeout=ANSWER_MS)
    qtbot.keyClick(review.list, Qt.Key.Key_E)
    viewer = review.evidence.same_place.viewer
    qtbot.waitUntil(lambda: len(viewer.candidates) == 2, timeout=ANSWER_MS)
    qtbot.keyClick(viewer.sides[0], Qt.Key.Key_N)
    viewer.close_()
    qtbot.waitUntil(
        lambda: (photo := controller.photo(number)).answer is not None and not photo.is_match,
        timeout=ANSWER_MS,
    )
    window.modes.switch("locate")


def test_unlocated_photos_of_a_place_are_found_and_placed(
    window: MainWindow, scan: Path, qtbot: QtBot
) -> None:
    known = scan.with_name("phone") / "IMG_2041.jpg"
    other = scan.with_name("other.jpg")
    shutil.copy(resource_dir() / "samples" / "coffee.jpg", other)
    window.intake.open_paths([known, other])
    qtbot.waitUntil(all_done(window, 3), timeout=ANSWER_MS)
    window.locate.list.select(known)
    qtbot.keyClick(window.locate.list.view, Qt.Key.Key_E, SHIFT)
    notice = window.services.notice
    qtbot.waitUntil(lambda: "shows the same place" in notice.text, timeout=ANSWER_MS)
    assert notice.text == "scan.jpg shows the same place as IMG_2041.jpg."
    assert [row.name for row in window.locate.selected()] == ["scan.jpg"]
    notice.button.click()
    row = next(row for row in window.locate.model.rows() if row.name == "scan.jpg")
    qtbot.waitUntil(lambda: row.position is not None, timeout=ANSWER_MS)
    assert row.position is not None
    assert row.position.coordinate.latitude_deg == pytest.approx(LAT, abs=1e-4)
