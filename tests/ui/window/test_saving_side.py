"""What stands under the worklist: failures, accuracy, trips, export; and the settings."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.review.values import State
from geoguess_app.ui.review.accuracy_card import AccuracyCard
from geoguess_app.ui.review.failures_card import FailuresCard
from geoguess_app.ui.review.trips import TripSwitch
from geoguess_app.ui.saving.export_dialog import ExportDialog
from geoguess_app.ui.shell.settings_dialog import SettingsDialog
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS
from tests.ui.window.saving_parts import EIFFEL, Review, album, review_of

WAIT_MS = 30_000


@pytest.fixture
def review(
    make_window: Callable[..., MainWindow], photo_sets: Path, tmp_path: Path
) -> Iterator[Review]:
    """Without a model: nothing is located."""
    folder = album(photo_sets, tmp_path / "album")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"no picture" * 30)
    (folder / "empty.jpg").touch()
    with review_of(make_window(), folder, tmp_path / "review.sqlite") as made:
        yield made


@pytest.fixture
def located(window: MainWindow, photo_sets: Path, tmp_path: Path, qtbot: QtBot) -> Iterator[Review]:
    """With a model of random weights: everything has an answer."""
    folder = album(photo_sets, tmp_path / "album")
    with review_of(window, folder, tmp_path / "review.sqlite") as made:
        made.work.start()
        qtbot.waitUntil(
            lambda: not made.work.running and not made.controller.session.unlocated(),
            timeout=ANSWER_MS,
        )
        yield made


def test_failures_are_counted_explained_and_tried_again(review: Review, qtbot: QtBot) -> None:
    card = review.side.foot.findChild(FailuresCard)
    qtbot.waitUntil(lambda: card.text == "2 photos could not be located.", timeout=WAIT_MS)
    shown = card.open_dialog()
    assert {shown.model.text(row, 0) for row in shown.model.rows} == {
        "broken.jpg",
        "empty.jpg",
    }
    reasons = {row.path.name: shown.model.text(row, 1) for row in shown.model.rows}
    assert "empty" in reasons["empty.jpg"]
    assert not shown.some.isEnabled()
    row = [row.path.name for row in shown.model.rows].index("empty.jpg")
    shown.table.selectRow(row)
    wanted: list[list[int]] = []
    review.side.wanted.connect(wanted.append)
    shown.show_.click()
    assert wanted == [review.numbers("empty.jpg")]
    shown = card.open_dialog()
    shown.table.selectRow(row)
    shown.some.click()
    assert review.state("empty.jpg") is State.WAITING
    assert review.state("broken.jpg") is State.FAILED
    qtbot.waitUntil(lambda: card.text == "1 photo could not be located.", timeout=WAIT_MS)
    card.follow("again")
    assert review.state("broken.jpg") is State.WAITING
    qtbot.waitUntil(card.isHidden, timeout=WAIT_MS)


def test_accuracy_is_measured_on_photos_with_gps(review: Review, qtbot: QtBot) -> None:
    card = review.side.foot.findChild(AccuracyCard)
    assert card.isHidden()
    review.answer_all()
    # One answer is made to lie some 11 km from the truth, inside its radius of 12.3 km.
    photo = review.controller.photo(review.number("located.jpg"))
    assert photo.known is not None
    assert photo.answer is not None
    near = Coordinate(photo.known.latitude_deg + 0.1, photo.known.longitude_deg)
    review.controller.update([replace(photo, answer=replace(photo.answer, coordinate=near))])
    qtbot.waitUntil(lambda: not card.isHidden(), timeout=WAIT_MS)
    # The other lies far from Bern.
    assert card.text == (
        "On your 2 photos with GPS: median error 1,460\N{NO-BREAK SPACE}km, "
        "50% inside the 80% radius."
    )
    card.follow("details")
    shown = QApplication.activeModalWidget()
    rows = [shown.model.text(row, column) for row in shown.model.rows for column in (0, 1, 2)]
    assert rows[0] == "located.webp"
    assert rows[2].endswith("outside")
    assert rows[3:5] == ["located.jpg", "11\N{NO-BREAK SPACE}km"]
    shown.reject()


def test_a_photo_placed_by_hand_helps_its_trip_when_switched_on(
    located: Review, qtbot: QtBot
) -> None:
    session = located.controller.session
    start = datetime(2024, 7, 1, 12)
    plain = [p for p in session if p.path.name.startswith("plain")]
    others = [p for p in session if p not in plain]
    # Three photos ten minutes apart; nobody knows when the others were taken.
    located.controller.update(
        [replace(p, taken=start + timedelta(minutes=10 * i)) for i, p in enumerate(plain)]
        + [replace(p, taken=None) for p in others]
    )
    located.controller.place([plain[0].id], EIFFEL)
    switch = located.side.foot.findChild(TripSwitch)
    assert not switch.tick.isChecked()
    qtbot.wait(600)
    assert all(p.trip is None for p in session)
    switch.tick.click()
    qtbot.waitUntil(lambda: session[plain[1].id].trip is not None, timeout=WAIT_MS)
    moved = session[plain[1].id].current
    assert moved is not None
    assert moved.coordinate.latitude_deg == pytest.approx(48.86, abs=0.5)
    qtbot.waitUntil(lambda: "placed using their trip" in switch.line.text(), timeout=WAIT_MS)
    # Taken back with the step that it follows from.
    located.controller.undo()
    qtbot.waitUntil(lambda: all(p.trip is None for p in session), timeout=WAIT_MS)
    located.controller.redo()
    qtbot.waitUntil(lambda: session[plain[2].id].trip is not None, timeout=WAIT_MS)
    switch.tick.click()
    assert all(p.trip is None for p in session)
    assert not switch.line.isVisibleTo(switch)
    switch._note_running(True)  # work that was called off comes to its end
    assert not switch.line.isVisibleTo(switch)


def export(review: Review, form: str, target: Path, qtbot: QtBot) -> None:
    """Through the dialog, but for the file dialog of the system."""
    shown = review.saving.open_export()
    assert isinstance(shown, ExportDialog)
    for button in shown.forms.buttons():
        if button.property("value") == form:
            button.click()
    with qtbot.waitSignal(shown.accepted, timeout=WAIT_MS):
        shown.export_to(target)


def test_a_review_is_exported_in_every_form(located: Review, tmp_path: Path, qtbot: QtBot) -> None:
    names = ("plain_1.jpg", "plain_2.jpg")
    located.controller.accept(located.numbers(*names))
    located.controller.place(located.numbers("scan.png"), EIFFEL)
    located.controller.choose(located.numbers("plain_3.jpg"), 2)
    located.controller.accept(located.numbers("plain_3.jpg"))
    located.controller.paste(located.number("plain_3.jpg"), located.numbers("scan.tif"))
    every = (*names, "plain_3.jpg", "scan.png", "scan.tif")
    where = {n: located.controller.photo(located.number(n)).proposed for n in every}
    out = {form: tmp_path / f"out.{form}" for form in ("csv", "geojson", "kml", "kmz", "gpx")}
    for form, file in out.items():
        export(located, form, file, qtbot)
        assert located.window.notice.text == f"Wrote 5 photos to {file}."

    with out["csv"].open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["img_id"] for row in rows] == list(every)
    for row in rows:
        assert float(row["pred_lat"]) == pytest.approx(
            where[row["img_id"]].coordinate.latitude_deg, abs=1e-6
        )
    assert rows[0]["model"] == "Tiny 0.1"
    # Who picks a candidate, types a position or pastes one says it himself, without a radius.
    for row in rows[2:]:
        assert (row["model"], row["r80_km"], row["confidence"]) == ("", "", "")

    features = json.loads(out["geojson"].read_text(encoding="utf-8"))["features"]
    kinds = [(f["properties"]["feature"], Path(f["properties"]["file"]).name) for f in features]
    assert kinds.count(("region", "plain_1.jpg")) == 1
    assert ("region", "scan.png") not in kinds
    (point,) = [f for f in features if f["properties"]["file"].endswith("scan.png")]
    assert point["geometry"]["coordinates"] == [pytest.approx(2.294481), pytest.approx(48.85837)]

    gpx = ElementTree.parse(out["gpx"]).getroot()
    space = "{http://www.topografix.com/GPX/1/1}"
    assert [e.text for e in gpx.iter(f"{space}src")] == [
        *["ML-ESTIMATE Tiny 0.1"] * 2,
        *["MANUAL"] * 3,
    ]
    kinds = ["estimate", "estimate", "manual", "manual", "manual"]
    assert [e.text for e in gpx.iter(f"{space}type")] == kinds
    kml = out["kml"].read_text(encoding="utf-8")
    assert kml.count("<Placemark>") == 5
    assert "Placed manually" in kml
    with zipfile.ZipFile(out["kmz"]) as archive:
        assert len([n for n in archive.namelist() if n.startswith("thumbnails/")]) == 5


def test_an_export_that_cannot_be_written_says_so(
    located: Review, tmp_path: Path, qtbot: QtBot
) -> None:
    shown = located.saving.open_export()
    shown.export_to(tmp_path / "nowhere" / "out.csv")
    qtbot.waitUntil(shown.go.isEnabled, timeout=WAIT_MS)
    assert "Could not write" in located.window.notice.text
    shown.reject()


def test_closing_the_window_ends_an_export(located: Review, tmp_path: Path, qtbot: QtBot) -> None:
    numbers = [p.id for p in located.controller.session]
    located.controller.accept(numbers)
    shown = located.saving.open_export()
    shown._photos["decided"] *= 3000
    shown.export_to(tmp_path / "out.kmz")
    qtbot.waitUntil(lambda: shown.progress.value() > 0, timeout=WAIT_MS)
    located.side.close()
    located.window.close()
    assert not list(tmp_path.glob("*out.kmz*")), "half a file"


def test_settings_name_sidecars_and_precision(make_window: Callable[..., MainWindow]) -> None:
    window = make_window()
    window.actions_.settings.trigger()
    shown = QApplication.activeModalWidget()
    assert isinstance(shown, SettingsDialog)
    shown.fields["sidecar_naming"].setCurrentIndex(1)
    shown.fields["precision"].setCurrentIndex(2)
    assert "79\N{NO-BREAK SPACE}km" in shown.fields["precision"].accessibleDescription()
    shown.accept()
    assert (window.settings.sidecar_naming, window.settings.precision) == ("adobe", "region")
