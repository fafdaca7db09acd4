"""The right side: one photo, its truth, its answer, and whether the model knew how far off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from geoguess_app.core.format import threshold
from geoguess_app.core.types import CONFIDENCE_KM
from geoguess_app.evaluation.accuracy.part import confident_errors
from geoguess_app.ui.accuracy import wording
from geoguess_app.ui.accuracy.map_side import error_ends
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.pieces import say, section, stand_as_pane, text_label
from geoguess_app.ui.kit.scene_bars import SceneBars
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.photo_view import PhotoView
from geoguess_app.ui.work.pictures import Pictures

if TYPE_CHECKING:
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos


class ErrorPanel(QScrollArea):
    """A column with all that is known about one judged photo."""

    folderRequested = Signal()
    """The photos lie elsewhere: the user wants to say where."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        stand_as_pane(self, tr("Details of the selected photo"))
        self.setObjectName("accuracyDetail")
        self._name = ""
        self.nothing = text_label("muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.photo = PhotoView(theme, pictures)
        self.file = text_label("muted")
        self.missing = Card("plain", "broken", theme)
        self.elsewhere = QPushButton(tr("Choose photo folder…"))
        self.elsewhere.clicked.connect(self.folderRequested)
        self.error = text_label("title")
        self.sure = text_label(None)
        self.radius = text_label(None)
        self.fear = Card("warning", "warning", theme)
        self.seen = Card("warning", "warning", theme)
        self.truth = text_label(None)
        self.answer = text_label(None)
        self.exactness = text_label("muted")
        self.scene = text_label("muted")
        self.bars = SceneBars(tr("Scene"), theme)
        for label in (self.truth, self.answer, self.error):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._truth_part = section(tr("True position"), self.truth, self.exactness)
        self._answer_part = section(tr("Answer"), self.answer)
        self._scene_part = section(tr("Scene"), self.bars, self.scene)
        self._lay_out()
        self.show_photo(None, -1)

    def sizeHint(self) -> QSize:
        return QSize(350, 600)

    def show_photo(
        self, photos: JudgedPhotos | None, index: int, places: PlaceFinder | None = None
    ) -> None:
        """Show one photo, without its picture yet; −1 for none. ``places`` names the truth."""
        known = photos is not None and index >= 0
        self._body.setVisible(known)
        self.nothing.setVisible(not known)
        self.nothing.setText(
            tr("Open an evaluation to see its errors here.")
            if photos is None
            else tr("Click a dot on the map or a row in the table to see the photo.")
        )
        self.show_picture(None)
        if photos is None or index < 0:
            return
        self.verticalScrollBar().setValue(0)
        self._name = photos.files[index]
        self.file.setText(self._elided())
        self.file.setToolTip(str(photos.path(index)))
        self._show_error(photos, index)
        truth, answer = error_ends(photos, index)
        place = wording.place_name(places.at(truth) if places is not None else None)
        self.truth.setText(wording.position(truth, place))
        self.answer.setText(wording.position(answer, photos.place[index]))
        say(self.exactness, wording.exactness(float(photos.judged_from_km[index])))
        self._show_scene(photos, index)

    def show_picture(self, path: Path | None) -> None:
        """The photo's file, once it is known to be there."""
        self.photo.show_photo(path, self._name)
        self.photo.show()
        self.missing.hide()
        self.elsewhere.hide()

    def show_missing(self, path: Path, *, movable: bool) -> None:
        """The file is not where it should be; ``movable``: the user may say where it is."""
        self.photo.hide()
        self.missing.say(tr("Photo not found"), str(path))
        self.elsewhere.setVisible(movable)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.file.setText(self._elided())

    def _show_error(self, photos: JudgedPhotos, index: int) -> None:
        self.error.setText(wording.error_text(float(photos.error_km[index])))
        say(self.sure, wording.confidence_text(float(photos.confidence[index]), photos.about.model))
        say(self.radius, wording.radius(photos, index))
        feared = bool(confident_errors(photos).mask(photos)[index])
        stated = photos.confidence[index] == photos.confidence[index]
        self.fear.setVisible(feared)
        if feared and stated and not confident_errors(photos).outside_radius:
            self.fear.say(
                tr("Confident but wrong"),
                tr("Stated as likely within {near}, but farther off.").format(
                    near=threshold(CONFIDENCE_KM)
                ),
            )
        elif feared:
            self.fear.say(
                tr("Outside the radius"),
                tr("The true position is outside the 80% radius."),
            )
        self.seen.setVisible(bool(photos.seen[index]))
        if photos.seen[index]:
            self.seen.say(
                tr("Probably a training photo"),
                tr(
                    "The model’s bank contains a photo that looks identical, so this answer "
                    "proves nothing."
                ),
            )

    def _show_scene(self, photos: JudgedPhotos, index: int) -> None:
        labels = photos.scene_labels[index]
        sentence = wording.scenes(photos, index)
        self._scene_part.setVisible(bool(labels or sentence))
        self.bars.setVisible(bool(labels))
        self.bars.show_rows([(words.scene(label), share) for label, share in labels])
        say(self.scene, sentence)

    def _elided(self) -> str:
        width = max(80, self.viewport().width() - 40)
        return self.file.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, width)

    def _lay_out(self) -> None:
        whole = QWidget()
        whole.setObjectName("detailBody")
        around = QVBoxLayout(whole)
        around.setContentsMargins(16, 16, 16, 18)
        self._body = QWidget()
        box = QVBoxLayout(self._body)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        for part in (
            *(self.photo, self.missing, self.elsewhere, self.file),
            *(self.error, self.sure, self.radius, self.fear, self.seen),
            *(self._truth_part, self._answer_part, self._scene_part),
        ):
            box.addWidget(part)
        box.addStretch(1)
        around.addWidget(self._body, 1)
        around.addWidget(self.nothing, 1)
        self.setWidget(whole)
