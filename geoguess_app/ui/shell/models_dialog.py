"""The dialog about the model: which one is at work, what it is good for, and choosing another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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

from geoguess_app.paths import starter_bundle_dir
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.work.workers import LoadedModel


class ModelsDialog(QDialog):
    """A dialog that says by ``modelChosen`` which bundle to load; None is the starter."""

    modelChosen = Signal(object)

    def __init__(self, model: LoadedModel | None, parent: QWidget | None = None) -> None:
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


def _wrap(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
