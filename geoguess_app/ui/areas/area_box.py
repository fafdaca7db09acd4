"""The choice of where the selected photos are looked for: everywhere, in a country, in a drawn
area."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.area.areas import Area, Box, Countries, Country
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.words import tr


class AreaBox(QWidget):
    """A country by name, or a box or an area drawn on the map."""

    chosen = Signal(object)
    """A Country; the drawn ones come from the map."""
    everywhere = Signal()
    drawing = Signal(object)
    """"box", "ring", or None when drawing was given up here."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.country = ComboBox()
        self.country.setEditable(True)
        self.country.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.country.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.country.setAccessibleName(tr("Search only in this country"))
        line, completer = self.country.lineEdit(), self.country.completer()
        assert line is not None
        assert completer is not None
        line.setPlaceholderText(tr("Country"))
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.country.activated.connect(self._picked)
        self.box = _button(icons, "draw-box", tr("Draw a box on the map"))
        self.ring = _button(icons, "draw-ring", tr("Draw a polygon on the map"))
        for button, kind in ((self.box, "box"), (self.ring, "ring")):
            button.toggled.connect(lambda on, kind=kind: self._draw(kind, on=on))
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setProperty("role", "muted")
        self.all = QPushButton(tr("Search everywhere"))
        self.all.setProperty("link", "true")
        self.all.clicked.connect(self.everywhere)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.country, 1)
        row.addWidget(self.box)
        row.addWidget(self.ring)
        under = QHBoxLayout()
        under.addWidget(self.state, 1)
        under.addWidget(self.all)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(row)
        box.addLayout(under)
        self.show_area(None)

    def list_countries(self, countries: Sequence[tuple[str, str]]) -> None:
        """Codes and names to choose from."""
        with QSignalBlocker(self.country):
            self.country.clear()
            for code, name in countries:
                self.country.addItem(name, code)
            self.country.setCurrentIndex(-1)

    def show_area(self, area: Area | None) -> None:
        """The area of the current photo."""
        with QSignalBlocker(self.country):
            at = self.country.findData(area.code) if isinstance(area, Country) else -1
            self.country.setCurrentIndex(at)
            if at < 0:
                self.country.clearEditText()
        text = ""
        if isinstance(area, Country):
            text = tr("Searching only in this country.")
        elif isinstance(area, Countries):
            names = [self.country.itemText(self.country.findData(code)) for code in area.codes]
            text = tr("Searching only in these countries: {names}.").format(names=", ".join(names))
        elif area is not None:
            text = tr("Searching only inside your box.")
            text = text if isinstance(area, Box) else tr("Searching only inside your area.")
        self.state.setText(text)
        self.state.setVisible(bool(text))
        self.all.setVisible(area is not None)

    def stop_drawing(self) -> None:
        """The drawing has ended: nothing is told."""
        for button in (self.box, self.ring):
            with QSignalBlocker(button):
                button.setChecked(False)

    def _picked(self, index: int) -> None:
        code = self.country.itemData(index)
        if code:
            self.chosen.emit(Country(code))

    def _draw(self, kind: str, *, on: bool) -> None:
        other = self.ring if kind == "box" else self.box
        with QSignalBlocker(other):
            other.setChecked(False)
        self.drawing.emit(kind if on else None)


def _button(icons: Icons, icon: str, text: str) -> QToolButton:
    button = QToolButton()
    icons.bind(button, icon)
    button.setCheckable(True)
    button.setToolTip(text)
    button.setAccessibleName(text)
    return button
