"""The heading "Why here" in the detail panel; what is below it is made when it is first opened."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from geoguess_app.ui.kit.words import tr


class WhySection(QWidget):
    """A section that is closed until it is asked for: looking for regions takes a moment of the
    model's time."""

    toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        line = QFrame()
        line.setProperty("line", "true")
        self.heading = QToolButton()
        self.heading.setText(tr("Why here"))
        self.heading.setToolTip(tr("Show which parts of the photo support this place (Y)"))
        self.heading.setCheckable(True)
        self.heading.setProperty("disclosure", "true")
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setArrowType(Qt.ArrowType.RightArrow)
        self.heading.setIconSize(QSize(12, 12))
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.body: QWidget | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 6, 0, 0)
        self._box.setSpacing(6)
        self._box.addWidget(line)
        self._box.addWidget(self.heading, 0, Qt.AlignmentFlag.AlignLeft)
        self.heading.toggled.connect(self._open)

    @property
    def is_open(self) -> bool:
        """Tell whether regions are wanted."""
        return self.heading.isChecked()

    def put(self, body: QWidget) -> None:
        """Take the widget to show while it is open."""
        self.body = body
        self._box.addWidget(body)

    def _open(self, on: bool) -> None:
        self.heading.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.toggled.emit(on)
        if self.body is not None:
            self.body.setVisible(on)
