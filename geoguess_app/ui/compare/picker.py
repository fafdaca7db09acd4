"""Choosing one side of a comparison: photo, model, way of deciding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLabel, QVBoxLayout, QWidget

from geoguess_app.evaluation.answers.variants import COMPLETE, Variant
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.photo_view import PhotoView
from geoguess_app.ui.work.pictures import Pictures

_OTHER = "other"
_PICTURE_PX = 100
"""How high the picture of a side may be."""


class SidePicker(QWidget):
    """Three lists; ``changed`` after every choice. Knows no model: the mode fills it."""

    changed = Signal()
    otherPhoto = Signal(object)
    """A photo file that is not in the list."""
    otherModel = Signal(object)
    """A bundle's path to be loaded for this side."""

    def __init__(
        self, name: str, theme: Theme, pictures: Pictures, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.name = name
        self.picture = PhotoView(theme, pictures)
        self.picture.most_px = _PICTURE_PX
        self.picture.setToolTip(tr("Click to see both photos side by side (V)"))
        title = QLabel(name)
        title.setProperty("role", "title")
        self.photo, self.model, self.way = (self._box(word) for word in _words())
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        for box, word in zip((self.photo, self.model, self.way), _words(), strict=True):
            form.addRow(word, box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(title)
        layout.addWidget(self.picture)
        layout.addLayout(form)
        self.photo.activated.connect(self._photo_chosen)
        self.photo.currentIndexChanged.connect(self._show_picture)
        self.picture.hide()
        self.model.activated.connect(self._model_chosen)
        self.way.activated.connect(lambda _index: self.changed.emit())

    def fill_photos(self, photos: Sequence[tuple[Path, str]], chosen: Path | None) -> None:
        """Photos by path and name."""
        self.photo.clear()
        for path, name in photos:
            self.photo.addItem(name, path)
        self.photo.addItem(tr("Another photo…"), _OTHER)
        self.photo.setCurrentIndex(_find(self.photo, chosen) if chosen else 0)

    def fill_models(self, models: Sequence[tuple[Path, str]], chosen: Path) -> None:
        """Loaded models by path and name."""
        self.model.clear()
        for path, name in models:
            self.model.addItem(name, path)
        self.model.addItem(tr("Another model…"), _OTHER)
        self.model.setCurrentIndex(max(0, _find(self.model, chosen)))

    def fill_ways(self, ways: Sequence[Variant], chosen: str = COMPLETE) -> None:
        """Ways of deciding of the chosen model, grouped as an ablation groups them."""
        self.way.clear()
        section = ""
        for way in ways:
            if way.section != section and self.way.count():
                self.way.insertSeparator(self.way.count())
            section = way.section
            self.way.addItem(way.name[:1].upper() + way.name[1:], way)
        names = [way.name if isinstance(way, Variant) else "" for way in _data(self.way)]
        self.way.setCurrentIndex(names.index(chosen) if chosen in names else 0)

    def chosen_photo(self) -> Path | None:
        """The photo, None while there is none."""
        found = self.photo.currentData()
        return found if isinstance(found, Path) else None

    def chosen_model(self) -> Path | None:
        """The model's path, None while there is none."""
        found = self.model.currentData()
        return found if isinstance(found, Path) else None

    def chosen_way(self) -> Variant | None:
        """Return how to decide, None while there is no model."""
        found = self.way.currentData()
        return found if isinstance(found, Variant) else None

    def _show_picture(self) -> None:
        path = self.chosen_photo()
        self.picture.show_photo(path, self.photo.currentText())
        self.picture.setVisible(path is not None)

    def _photo_chosen(self, _index: int) -> None:
        if self.photo.currentData() != _OTHER:
            self.changed.emit()
            return
        self.photo.setCurrentIndex(0)
        name, _ = QFileDialog.getOpenFileName(self, tr("Photo to compare"))
        if name:
            self.otherPhoto.emit(Path(name))

    def _model_chosen(self, _index: int) -> None:
        if self.model.currentData() != _OTHER:
            self.changed.emit()
            return
        self.model.setCurrentIndex(0)
        name, _ = QFileDialog.getOpenFileName(
            self, tr("Model to compare"), "", f"{tr('Models')} (*.geomodel bundle.json)"
        )
        if name:
            path = Path(name)
            self.otherModel.emit(path.parent if path.name == "bundle.json" else path)

    def _box(self, word: str) -> QComboBox:
        box = ComboBox()
        box.setAccessibleName(f"{self.name}: {word}")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(12)
        return box


def _words() -> tuple[str, str, str]:
    return tr("Photo"), tr("Model"), tr("Decision method")


def _data(box: QComboBox) -> list[object]:
    return [box.itemData(i) for i in range(box.count())]


def _find(box: QComboBox, wanted: object) -> int:
    data = _data(box)
    return data.index(wanted) if wanted in data else -1
