"""The dialog about the model: which one is at work, what it is good for, and choosing another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.models.known import KnownModel, accuracy_of
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pick_table import PickTable
from geoguess_app.ui.kit.pieces import section
from geoguess_app.ui.kit.value_table import ModelIndex, ValueTable
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.work.workers import LoadedModel

_DISTANCES = ("25", "200", "750")
"""Kilometres, as a bundle names them."""


class ModelsDialog(QDialog):
    """A dialog that says by ``modelChosen`` which bundle to load; None is the starter."""

    modelChosen = Signal(object)

    def __init__(
        self,
        model: LoadedModel | None,
        known: Sequence[KnownModel] = (),
        parent: QWidget | None = None,
    ) -> None:
        """``known``: the models to choose from, besides files and folders."""
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self.setMinimumWidth(640)
        self._model = model
        title = QLabel(model.name if model else tr("No model loaded"))
        title.setProperty("role", "title")
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 22, 24, 18)
        box.setSpacing(12)
        box.addWidget(title)
        if model is not None:
            box.addWidget(_wrap(model.predictor.bundle.manifest.description))
            box.addLayout(_facts(model))
        self.known = _KnownTable(known)
        self.known.activated.connect(lambda index: self._use_known(index.row()))
        if known:
            note = _wrap(
                tr(
                    "Share of each model’s own test photos placed within the distance; figures "
                    "from different test photos cannot be compared. Double-click a model to use it."
                )
            )
            note.setProperty("role", "muted")
            box.addWidget(section(tr("Used on this computer"), self.known, note))
        hint = _wrap(tr("You can also drop a model file or folder on the window."))
        hint.setProperty("role", "muted")
        box.addWidget(hint)
        box.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        self.file = QPushButton(tr("Open model file…"))
        self.folder = QPushButton(tr("Open model folder…"))
        self.starter = QPushButton(tr("Use starter model"))
        self.file.clicked.connect(self._choose_file)
        self.folder.clicked.connect(self._choose_folder)
        self.starter.clicked.connect(lambda: self._chosen(None))
        at_work = self._model is not None and self._model.path == starter_bundle_dir()
        self.starter.setEnabled(not at_work)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        row = QHBoxLayout()
        for button in (self.file, self.folder, self.starter):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _use_known(self, row: int) -> None:
        chosen = self.known.rows[row]
        if self._model is None or Path(chosen.path) != self._model.path:
            self._chosen(None if chosen.is_starter else Path(chosen.path))

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self,
            tr("Open model file"),
            "",
            f"{tr('Models')} (*.geomodel *.zip bundle.json);;{tr('All files')} (*)",
        )
        if name:
            self._chosen(Path(name))

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, tr("Open model folder"))
        if name:
            self._chosen(Path(name))

    def _chosen(self, path: Path | None) -> None:
        self.modelChosen.emit(path)
        self.accept()


def _facts(model: LoadedModel) -> QFormLayout:
    manifest = model.predictor.bundle.manifest
    form = QFormLayout()
    form.setHorizontalSpacing(20)
    form.setVerticalSpacing(6)
    cells = ", ".join(
        tr("{n} {name}").format(n=f"{partition.size:,}", name=partition.name)
        for partition in model.predictor.bundle.partitions
    )
    for name, value in (
        (tr("Intended area"), manifest.intended_area),
        (tr("Measured accuracy"), _accuracy(accuracy_of(manifest.evaluation))),
        (tr("Cells"), cells),
        (tr("Licence"), manifest.license),
        (tr("Device"), model.device),
        (tr("Location"), str(model.path)),
    ):
        if value:
            caption = QLabel(name)
            caption.setProperty("role", "muted")
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
            form.addRow(caption, _wrap(str(value)))
    return form


def _accuracy(found: Mapping[str, float]) -> str:
    """Say what a model measured, in one sentence; nothing where it measured nothing."""
    parts = [
        tr("{share} within {distance}").format(
            share=words.percent(found[km]), distance=words.distance(float(km))
        )
        for km in _DISTANCES
        if km in found
    ]
    return tr("{parts} on its test photos").format(parts=", ".join(parts)) if parts else ""


class _KnownModels(ValueTable):
    def __init__(self) -> None:
        distances = [words.distance(float(km)) for km in _DISTANCES]
        titles = (tr("Model"), *distances, tr("Location"))
        super().__init__(titles, numbers=range(1, len(_DISTANCES) + 1))

    def data(self, index: ModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        known, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return known.path
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if column == 0:
            return known.name
        if column > len(_DISTANCES):
            return tr("comes with the program") if known.is_starter else known.path
        share = known.accuracy.get(_DISTANCES[column - 1])
        return words.percent(share) if share is not None else "–"


class _KnownTable(PickTable):
    """The models to choose from; as high as it has rows."""

    def __init__(self, known: Sequence[KnownModel]) -> None:
        self._model = _KnownModels()
        super().__init__(self._model, len(_DISTANCES) + 1, tr("Models used on this computer"))
        self._model.fill(known)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.fit_height()

    @property
    def rows(self) -> Sequence[KnownModel]:
        """The models, from the top."""
        return self._model.rows


def _wrap(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
