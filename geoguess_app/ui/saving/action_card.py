"""A card with things to do about what it says."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from geoguess_app.ui.cards import Card
from geoguess_app.ui.theme import Theme


class ActionCard(Card):
    """Hidden until it says something."""

    def __init__(self, kind: str, icon: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(kind, icon, theme, parent)
        self._row = QHBoxLayout()
        self._row.setSpacing(14)
        self._row.addStretch(1)
        box = self.layout()
        assert isinstance(box, QHBoxLayout)
        item = box.itemAt(1)
        texts = item.layout() if item is not None else None
        assert isinstance(texts, QVBoxLayout)
        texts.addLayout(self._row)
        self.hide()

    def offer(self, text: str, slot: Callable[[], object]) -> QPushButton:
        """One more link below the words."""
        button = QPushButton(text)
        button.setProperty("link", True)
        button.clicked.connect(lambda _checked=False: slot())
        self._row.insertWidget(self._row.count() - 1, button)
        return button
