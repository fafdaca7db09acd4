"""The question before any tile is fetched from the network."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.tiles.files import TileError
from geoguess_app.ui.map.tiles.online import OPENSTREETMAP, host_of


class OnlineDialog(QDialog):
    """Names the host and what it learns; agreeing holds until the program is closed."""

    agreed = Signal(str)
    """The address of the tiles that the user has agreed to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Online map tiles"))
        self.question = QLabel()
        self.question.setWordWrap(True)
        self.question.setProperty("role", "strong")
        what = QLabel(
            tr(
                "While online tiles are on, the host can see your IP address and which "
                "part of the map you view, which can reveal where a photo was taken. "
                "Photos, answers and coordinates are not sent. Online tiles are off "
                "again the next time the program starts."
            )
        )
        what.setWordWrap(True)
        self.address = QLineEdit(OPENSTREETMAP)
        self.address.setAccessibleName(tr("Tile URL"))
        self.address.textChanged.connect(self._check)
        form = QFormLayout()
        form.addRow(tr("URL"), self.address)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.agree = QPushButton(tr("Show online tiles"))
        buttons.addButton(self.agree, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setDefault(True)
        buttons.accepted.connect(self._agree)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(22, 20, 22, 16)
        box.setSpacing(12)
        for part in (self.question, what):
            box.addWidget(part)
        box.addLayout(form)
        box.addWidget(buttons)
        self.setMinimumWidth(500)
        self._check()

    def _check(self) -> None:
        try:
            host = host_of(self.address.text())
        except TileError as error:
            self.question.setText(str(error))
            self.agree.setEnabled(False)
            return
        self.agree.setEnabled(True)
        self.question.setText(tr("Load map tiles from {host}?").format(host=host))

    def _agree(self) -> None:
        self.agreed.emit(self.address.text().strip())
        self.accept()
