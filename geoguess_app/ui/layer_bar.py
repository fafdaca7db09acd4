"""Which partition the map's heat shows: coarse, middle, fine, or all together."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QToolButton, QWidget

from geoguess_app.ui.icons import Icons
from geoguess_app.ui.map.state import COMBINED
from geoguess_app.ui.words import tr


class LayerBar(QWidget):
    """One button a layer; Ctrl+1, Ctrl+2 … choose them too (the window binds the keys)."""

    layerChosen = Signal(str)
    fitRequested = Signal()
    worldRequested = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerBar")
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._group.buttonClicked.connect(
            lambda button: self.layerChosen.emit(button.property("layer"))
        )
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(4)
        self._caption = QLabel(tr("Show cells"))
        self._caption.setProperty("role", "muted")
        self.fit = self._tool(icons, "fit", tr("Show the whole answer (F)"), self.fitRequested)
        self.world = self._tool(icons, "globe", tr("Show the whole world (W)"), self.worldRequested)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 6, 12, 6)
        box.setSpacing(8)
        box.addWidget(self._caption)
        box.addLayout(self._buttons)
        box.addStretch(1)
        box.addWidget(self.fit)
        box.addWidget(self.world)
        self.set_layers(())

    def set_layers(self, names: Sequence[str]) -> None:
        """Offer these partitions and their combination; the combination is on."""
        for button in self._group.buttons():
            self._group.removeButton(button)
            button.deleteLater()
        offered = [*names, COMBINED] if names else []
        for i, name in enumerate(offered):
            self._buttons.addWidget(self._segment(name, i + 1))
        if offered:
            self._group.buttons()[-1].setChecked(True)
        self._caption.setVisible(bool(offered))

    def layers(self) -> list[str]:
        """The names on offer, in order."""
        return [button.property("layer") for button in self._group.buttons()]

    def current(self) -> str:
        """The layer that is on."""
        button = self._group.checkedButton()
        return button.property("layer") if button else COMBINED

    def choose(self, number: int) -> None:
        """Choose the layer with this number, counted from 1."""
        buttons = self._group.buttons()
        if 1 <= number <= len(buttons):
            buttons[number - 1].click()

    def _segment(self, name: str, number: int) -> QToolButton:
        button = QToolButton()
        title = {
            "coarse": tr("Coarse"),
            "middle": tr("Middle"),
            "fine": tr("Fine"),
            COMBINED: tr("All"),
        }.get(name, name[:1].upper() + name[1:])
        button.setText(title)
        button.setCheckable(True)
        button.setProperty("segment", "true")
        button.setProperty("layer", name)
        button.setAccessibleName(tr("Show cells: {name}").format(name=title))
        button.setToolTip(f"{button.accessibleName()} (Ctrl+{number})")
        self._group.addButton(button)
        return button

    def _tool(self, icons: Icons, icon: str, tip: str, signal) -> QToolButton:
        button = icons.bind(QToolButton(), icon)
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.clicked.connect(signal)
        return button
