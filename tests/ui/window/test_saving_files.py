"""Saving from a review and taking it back, through the real dialogs, on real files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.photos.journal import Journal, read_runs
from geoguess_app.photos.save import save as write
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import State
from geoguess_app.ui.saving.outcomes import WriterOutcome
from geoguess_app.ui.saving.results_dialog import ResultsDialog
from geoguess_app.ui.saving.runs_dialog import RunsDialog
from geoguess_app.ui.saving.save_dialog import SaveDialog
from geoguess_app.ui.saving.save_table import OLD, PHOTO, REPLACE, SOURCE, WHERE
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.review_controller import ReviewController
from tests.photos.saving import exiftool, hashes
from tests.review.samples import PLACES
from tests.ui.window.saving_parts import EIFFEL, Review, album, review_of

WAIT_MS = 30_000
EVERYTHING = ("plain_1.jpg", "plain_2.jpg", "plain_3.jpg", "scan.png", "scan.tif")


@pytest.fixture
def review(
    make_window: Callable[..., MainWindow], photo_sets: Path, tmp_path: Path
) -> Iterator[Review]:
    folder = album(photo_sets, tmp_path / "album")
    with review_of(make_window(), folder, tmp_path / "review.sqlite") as made:
        yield made


def planned(review: Review, qtbot: QtBot) -> str:
    """The line under the worklist once it is up to date."""
    qtbot.waitUntil(lambda: review.saving.live.plan is not None, timeout=WAIT_MS)
    return review.saving.bar.line.text()


def dialog(review: Review, qtbot: QtBot) -> SaveDialog:
    """The save dialog, opened by its key, with its plan."""
    review.side.save.trigger()
    shown = QApplication.activeModalWidget()
    assert isinstance(shown, SaveDialog)
    qtbot.waitUntil(lambda: review.saving.live.plan is not None, timeout=WAIT_MS)
    return shown


def save(review: Review, qtbot: QtBot) -> WriterOutcome:
    """Save by the dialog's default key; what came of it."""
    shown = dialog(review, qtbot)
    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS) as done:
        qtbot.keyClick(shown, Qt.Key.Key_Return)
    return done.args[0]


def undo(review: Review, qtbot: QtBot) -> WriterOutcome:
    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS) as done:
        review.side.undo.trigger()
    return done.args[0]


def cell(shown: SaveDialog, name: str, column: int) -> str:
    (row,) = [row for row in shown.model.rows if row.request.path.name == name]
    return shown.model.text(row, column)


def test_the_line_says_what_a_save_would_do(review: Review, qtbot: QtBot) -> None:
    assert planned(review, qtbot).startswith("Nothing to save yet")
    review.answer_all()
    review.controller.accept(review.numbers(*EVERYTHING))
    assert planned(review, qtbot) == "3 JPEG embedded, 1 PNG as sidecar, 1 TIFF as sidecar"
    review.controller.place(review.numbers("located.jpg"), EIFFEL)
    assert planned(review, qtbot).endswith(", 1 skipped: already have GPS")
    review.controller.undo()
    review.controller.undo()
    assert planned(review, qtbot).startswith("Nothing to save yet")
    assert not review.saving.bar.save.isEnabled()


def test_save_and_undo_from_the_window(review: Review, qtbot: QtBot) -> None:
    before = hashes(review.folder)
    review.answer_all()
    review.controller.accept(review.numbers("plain_1.jpg", "scan.png"))
    review.controller.place(review.numbers("plain_2.jpg"), EIFFEL)
    shown = dialog(review, qtbot)
    assert shown.line.text() == "2 JPEG embedded, 1 PNG as sidecar."
    assert cell(shown, "plain_1.jpg", WHERE) == "Write to JPEG file"
    assert cell(shown, "scan.png", WHERE) == "New sidecar scan.png.xmp"
    assert cell(shown, "plain_1.jpg", SOURCE) == "Estimate"
    assert cell(shown, "plain_2.jpg", SOURCE) == "By hand"
    shown.reject()
    assert hashes(review.folder) == before, "looking changes nothing"

    outcome = save(review, qtbot)
    assert (outcome.good, outcome.bad) == (3, ())
    names = ["plain_1.jpg", "plain_2.jpg", "scan.png.xmp"]
    read = exiftool([review.folder / name for name in names], "-n")
    assert read["plain_1.jpg"]["GPSLatitude"] == pytest.approx(46.948271, abs=1e-6)
    assert read["plain_1.jpg"]["GPSProcessingMethod"] == "ML-ESTIMATE Sample 1.0"
    assert read["plain_1.jpg"]["GPSHPositioningError"] == pytest.approx(12300, rel=1e-3)
    assert read["plain_2.jpg"]["GPSLatitude"] == pytest.approx(48.85837, abs=1e-6)
    assert read["plain_2.jpg"]["GPSProcessingMethod"] == "MANUAL"
    assert read["scan.png.xmp"]["GPSLongitude"] == pytest.approx(7.451451, abs=1e-6)
    assert {review.state(n) for n in ("plain_1.jpg", "plain_2.jpg", "scan.png")} == {State.SAVED}
    notice = review.window.notice
    assert notice.text == "3 files saved."
    assert notice.button.text() == "Undo last save"

    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS):
        notice.button.click()
    assert hashes(review.folder) == before
    assert review.state("plain_1.jpg") is State.ACCEPTED
    assert review.state("plain_2.jpg") is State.PLACED
    assert "3 files restored" in notice.text
    # The same decisions can be saved again, although files and sidecar changed in between.
    assert save(review, qtbot).good == 3


def test_gps_of_their_own_is_replaced_only_where_ticked(review: Review, qtbot: QtBot) -> None:
    before = hashes(review.folder)
    review.controller.place(review.numbers("located.jpg", "located.webp"), EIFFEL)
    shown = dialog(review, qtbot)
    assert not shown.save_button.isEnabled()
    assert cell(shown, "located.jpg", OLD).startswith("48.858")
    row = [row.request.path.name for row in shown.model.rows].index("located.jpg")
    index = shown.model.index(row, REPLACE)
    assert shown.model.data(index, Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Unchecked
    assert shown.model.setData(index, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(shown.save_button.isEnabled, timeout=WAIT_MS)
    assert shown.save_button.text() == "Save 1 photo"
    assert shown.model.data(index, Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Checked
    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS):
        shown.save_button.click()
    after = hashes(review.folder)
    assert [name for name in before if after[name] != before[name]] == ["located.jpg"]
    assert set(after) == set(before)
    assert exiftool([review.folder / "located.jpg"], "-n")["located.jpg"][
        "GPSLatitude"
    ] == pytest.approx(48.85837, abs=1e-6)
    undo(review, qtbot)
    assert hashes(review.folder) == before


def test_a_position_far_away_warns_and_photos_are_seen(review: Review, qtbot: QtBot) -> None:
    review.controller.place(review.numbers("located.jpg"), "35.0, 135.0")
    review.controller.permit_replacing(review.numbers("located.jpg"))
    shown = dialog(review, qtbot)
    qtbot.waitUntil(shown.save_button.isEnabled, timeout=WAIT_MS)
    told = cell(shown, "located.jpg", OLD).replace("\xa0", " ")
    assert told == "⚠ 9,580 km away"  # from Paris to Hyōgo, on the sphere
    (row,) = shown.model.rows
    assert "48.858" in shown.model.tip(row, OLD)
    photo = shown.model.index(0, PHOTO)

    def seen() -> bool:
        picture = shown.model.data(photo, Qt.ItemDataRole.DecorationRole).toImage()
        return picture.pixelColor(picture.rect().center()).alpha() > 0

    shown.table.viewport().repaint()
    qtbot.waitUntil(seen, timeout=WAIT_MS)
    shown.reject()


def test_space_ticks_all_chosen_rows_in_one_step(review: Review, qtbot: QtBot) -> None:
    review.controller.place(review.numbers("located.jpg", "located.webp", "scan.png"), EIFFEL)
    shown = dialog(review, qtbot)
    shown.table.setFocus()
    shown.table.selectAll()
    qtbot.keyClick(shown.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown.save_button.text() == "Save 3 photos", timeout=WAIT_MS)
    assert len(shown.table.selected_rows()) == 3
    qtbot.keyClick(shown.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown.save_button.text() == "Save 1 photo", timeout=WAIT_MS)
    review.controller.undo()
    qtbot.waitUntil(lambda: shown.save_button.text() == "Save 3 photos", timeout=WAIT_MS)
    shown.reject()


def test_choices_of_the_dialog_are_obeyed_and_remembered(review: Review, qtbot: QtBot) -> None:
    review.answer_all()
    review.controller.accept(review.numbers("plain_1.jpg"))
    shown = dialog(review, qtbot)
    shown.options.where.setCurrentIndex(2)
    shown.options.naming.setCurrentIndex(1)
    shown.options.precision.setCurrentIndex(1)
    shown.options.place.setChecked(True)
    shown.reject()
    assert review.window.settings.sidecar_naming == "adobe"
    outcome = save(review, qtbot)
    assert outcome.good == 1
    read = exiftool([review.folder / "plain_1.xmp"], "-n")["plain_1.xmp"]
    assert read["GPSLatitude"] == pytest.approx(46.9, abs=1e-9)
    assert read["Country"] == "Switzerland"
    assert read["City"] == "Bern"


def test_what_cannot_be_written_is_reported_with_the_reason(review: Review, qtbot: QtBot) -> None:
    before = hashes(review.folder)
    review.controller.place(review.numbers("plain_1.jpg", "plain_2.jpg", "scan.png"), EIFFEL)
    shown = dialog(review, qtbot)
    (review.folder / "plain_1.jpg").chmod(0o444)
    (review.folder / "scan.png").unlink()
    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS) as done:
        shown.save_button.click()
    outcome = done.args[0]
    assert {line.file.name for line in outcome.bad} == {"plain_1.jpg"}
    results = QApplication.activeModalWidget()
    assert isinstance(results, ResultsDialog)
    assert "write-protected" in results.model.text(results.model.rows[0], 1)
    results.reject()
    assert review.state("plain_1.jpg") is State.PLACED
    assert review.state("plain_2.jpg") is State.SAVED
    undo(review, qtbot)
    del before["scan.png"]
    assert hashes(review.folder) == before


def test_a_file_changed_between_plan_and_save_is_left_alone(review: Review, qtbot: QtBot) -> None:
    photo = review.folder / "plain_1.jpg"
    review.controller.place(review.numbers("plain_1.jpg", "plain_2.jpg"), EIFFEL)
    shown = dialog(review, qtbot)
    changed = photo.read_bytes() + b"more"
    photo.write_bytes(changed)
    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS) as done:
        shown.save_button.click()
    outcome = done.args[0]
    assert outcome.good == 1
    assert [line.file.name for line in outcome.bad] == ["plain_1.jpg"]
    assert photo.read_bytes() == changed
    QApplication.activeModalWidget().reject()


def test_undo_leaves_alone_what_changed_since(review: Review, qtbot: QtBot) -> None:
    review.controller.place(review.numbers("plain_1.jpg", "plain_2.jpg"), EIFFEL)
    assert save(review, qtbot).good == 2
    photo = review.folder / "plain_1.jpg"
    photo.write_bytes(photo.read_bytes() + b"more")
    outcome = undo(review, qtbot)
    assert outcome.good == 1
    assert [line.file.name for line in outcome.bad] == ["plain_1.jpg"]
    assert "changed" in outcome.bad[0].text
    assert review.state("plain_1.jpg") is State.SAVED
    assert review.state("plain_2.jpg") is State.PLACED
    results = QApplication.activeModalWidget()
    assert isinstance(results, ResultsDialog)
    results.reject()


def test_an_earlier_save_is_taken_back_from_the_list(review: Review, qtbot: QtBot) -> None:
    before = hashes(review.folder)
    review.controller.place(review.numbers("plain_1.jpg"), EIFFEL)
    save(review, qtbot)
    review.controller.place(review.numbers("plain_2.jpg"), EIFFEL)
    save(review, qtbot)
    review.side.runs.trigger()
    shown = QApplication.activeModalWidget()
    assert isinstance(shown, RunsDialog)
    qtbot.waitUntil(lambda: shown.model.rowCount() == 2, timeout=WAIT_MS)
    assert [shown.model.text(row, 3) for row in shown.model.rows] == ["1", "1"]
    assert shown.model.text(shown.model.rows[1], 2) == str(review.folder)
    shown.table.selectRow(1)
    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS):
        shown.undo.click()
    after = hashes(review.folder)
    assert after["plain_1.jpg"] == before["plain_1.jpg"]
    assert after["plain_2.jpg"] != before["plain_2.jpg"]
    assert undo(review, qtbot).good == 1
    assert hashes(review.folder) == before
    nothing = undo(review, qtbot)
    assert nothing.run == ""
    assert review.window.notice.text == "No save to undo."


def test_revoking_counts_asks_and_removes_estimates_only(review: Review, qtbot: QtBot) -> None:
    before = hashes(review.folder)
    review.answer_all()
    review.controller.accept(review.numbers("plain_1.jpg", "scan.png"))
    review.controller.place(review.numbers("plain_2.jpg"), EIFFEL)
    save(review, qtbot)
    saved = hashes(review.folder)
    shown = review.saving.open_revoke(review.folder)
    qtbot.waitUntil(shown.remove.isEnabled, timeout=WAIT_MS)
    assert shown.line.text() == "Found 2 files with a GeoGuess estimate in album."
    assert hashes(review.folder) == saved, "counting changes nothing"
    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS) as done:
        shown.remove.click()
    assert done.args[0].good == 2
    after = hashes(review.folder)
    assert after == {**before, "plain_2.jpg": saved["plain_2.jpg"]}
    assert review.state("plain_1.jpg") is State.ACCEPTED
    assert review.state("scan.png") is State.ACCEPTED
    assert review.state("plain_2.jpg") is State.SAVED
    # Even that can be taken back.
    undo(review, qtbot)
    assert hashes(review.folder) == saved


def test_closing_in_the_middle_of_a_save_loses_nothing(
    review: Review, photo_sets: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    source = (review.folder / "plain_1.jpg").read_bytes()
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    for number in range(120):
        (crowd / f"{number}.jpg").write_bytes(source)
    before = hashes(crowd)
    from geoguess_app.review.intake import intake

    review.controller.add(intake([crowd]))
    numbers = [p.id for p in review.controller.session if p.path.parent == crowd]
    review.controller.place(numbers, EIFFEL)
    shown = dialog(review, qtbot)
    with qtbot.waitSignal(review.saving.writer.progressed, timeout=WAIT_MS):
        shown.save_button.click()
    qtbot.waitUntil(lambda: review.controller.counts()[State.SAVED] > 0, timeout=WAIT_MS)
    assert review.saving.close()
    review.controller.close()
    review.window.close()

    with ReviewSession(tmp_path / "review.sqlite", PLACES) as again:
        noted = {p.path.name for p in again if p.state is State.SAVED}
        open_ = {p.path.name for p in again if p.state is State.PLACED}
    after = hashes(crowd)
    assert noted == {name for name in before if after[name] != before[name]}
    assert 0 < len(noted) < 120
    assert len(noted) + len(open_) == 120
    (run,) = read_runs()
    assert len(run.entries) == len(noted)
    from geoguess_app.photos.undo import undo as undone

    list(undone(run))
    assert hashes(crowd) == before


def test_stopping_a_save_leaves_the_rest_to_be_saved(
    review: Review, tmp_path: Path, qtbot: QtBot
) -> None:
    source = (review.folder / "plain_1.jpg").read_bytes()
    for number in range(80):
        (review.folder / f"more_{number}.jpg").write_bytes(source)
    from geoguess_app.review.intake import intake

    review.controller.add(intake([review.folder]))
    review.controller.place(
        [p.id for p in review.controller.session if p.path.name.startswith("more")], EIFFEL
    )
    shown = dialog(review, qtbot)
    with qtbot.waitSignal(review.saving.writer.progressed, timeout=WAIT_MS):
        shown.save_button.click()
    with qtbot.waitSignal(review.saving.writer.finished, timeout=WAIT_MS) as done:
        review.saving.bar.stop.click()
    outcome = done.args[0]
    assert outcome.stopped
    assert review.controller.counts()[State.SAVED] == outcome.good < 80
    assert review.controller.counts()[State.PLACED] == 80 - outcome.good
    assert save(review, qtbot).good == 80 - outcome.good
    assert isinstance(review.controller, ReviewController)


def test_what_a_killed_save_wrote_is_found_again(review: Review, qtbot: QtBot) -> None:
    review.controller.place(review.numbers("plain_1.jpg", "plain_2.jpg", "scan.png"), EIFFEL)
    qtbot.waitUntil(lambda: review.saving.live.plan is not None, timeout=WAIT_MS)
    # As if the program had been killed: two files are written, and the review does not know.
    with Journal(None, {"command": "save"}) as journal:
        for _ in islice(write(review.saving.live.plan, journal), 2):
            pass
    assert review.controller.counts()[State.SAVED] == 0
    review.saving._reconcile()
    qtbot.waitUntil(lambda: review.controller.counts()[State.SAVED] == 2, timeout=WAIT_MS)
    assert planned(review, qtbot) == "1 PNG as sidecar"
    assert undo(review, qtbot).good == 2
    assert review.controller.counts()[State.PLACED] == 3


def test_what_was_taken_off_the_review_is_not_saved(review: Review, qtbot: QtBot) -> None:
    review.controller.place(review.numbers("plain_1.jpg", "plain_2.jpg"), EIFFEL)
    assert planned(review, qtbot) == "2 JPEG embedded"
    review.controller.run(lambda session: session.remove([1, *review.numbers("plain_1.jpg")]))
    assert planned(review, qtbot) == "1 JPEG embedded"
    review.controller.undo()
    assert planned(review, qtbot) == "2 JPEG embedded"
