"""A strip of a page that shows what runs, and says how it ended."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit.pieces import say, text_label
from geoguess_app.ui.kit.words import tr


class ActivityStrip(QWidget):
    """A title, a step, a bar and Cancel while something runs; afterwards one sentence."""

    cancelRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.step = text_label("strong"), text_label("muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self.cancelRequested)
        self.close_ = QPushButton(tr("Close message"))
        self.close_.setProperty("link", "true")
        self.close_.clicked.connect(self.hide)
        for button in (self.cancel, self.close_):
            button.setAutoDefault(False)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for widget in (self.title, self.bar, self.step):
            texts.addWidget(widget)
        self._card = QFrame()
        around = QVBoxLayout(self)
        around.setContentsMargins(12, 10, 12, 12)
        around.addWidget(self._card)
        box = QHBoxLayout(self._card)
        box.setContentsMargins(14, 10, 14, 10)
        box.setSpacing(14)
        box.addLayout(texts, 1)
        box.addWidget(self.cancel)
        box.addWidget(self.close_)
        self.hide()

    def show_work(self, title: str, step: str, share: float) -> None:
        """Show what runs; ``share`` 0…1, below 0 where nobody knows how much is done."""
        self._dress("plain")
        self.title.setText(title)
        say(self.step, step)
        self.bar.setRange(0, 1000 if share >= 0 else 0)
        self.bar.setValue(round(1000 * max(share, 0.0)))
        self.bar.setAccessibleName(f"{title} {step}")
        for widget, there in ((self.bar, True), (self.cancel, True), (self.close_, False)):
            widget.setVisible(there)
        self.show()

    def show_cancelling(self) -> None:
        """Say at once that Cancel was heard."""
        self.cancel.setEnabled(False)
        say(self.step, tr("Cancelling…"))

    def show_end(self, sentence: str, *, error: bool = False) -> None:
        """Say how it ended, until it is closed or the next work begins."""
        self._dress("error" if error else "plain")
        self.title.setText(sentence)
        say(self.step, "")
        for widget, there in ((self.bar, False), (self.cancel, False), (self.close_, True)):
            widget.setVisible(there)
        self.show()

    def text(self) -> str:
        """Return what it says."""
        labels: tuple[QLabel, ...] = (self.title, self.step)
        return " ".join(label.text() for label in labels).strip()

    def _dress(self, kind: str) -> None:
        self.cancel.setEnabled(True)
        card = self._card
        if card.property("card") != kind:
            card.setProperty("card", kind)
            card.style().unpolish(card)
            card.style().polish(card)
