"""Above the list: search, which photos, their order, and all of them on the map."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.inputs import ComboBox, add_clear_button
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.arranging import ListOrder, ListPart, order_titles, part_titles

_TYPING_MS = 180


class ListBar(QWidget):
    """The fields of the list; ``changed`` says that something else is wanted."""

    changed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._later = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._later.timeout.connect(self.changed)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search name or place"))
        self.search.setAccessibleName(tr("Search photos by name, folder or place"))
        add_clear_button(self.search)
        self.search.textChanged.connect(lambda _text: self._later.start())
        self.part, self.order = ComboBox(), ComboBox()
        self.part.setAccessibleName(tr("Show photos"))
        self.order.setAccessibleName(tr("Sort order"))
        self.order.setToolTip(tr("Sort order"))
        for part, title in part_titles().items():
            self.part.addItem(title, part)
        for order, title in order_titles().items():
            self.order.addItem(title, order)
        for box in (self.part, self.order):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self.overview = icons.bind(QToolButton(), "all-photos")
        self.overview.setCheckable(True)
        self.overview.setAccessibleName(tr("All photos on the map"))
        self.overview.setToolTip(tr("Show all listed photos on the map (A)"))
        self._lay_out()

    def wanted_part(self) -> ListPart:
        """Return which photos are to be listed."""
        return ListPart(self.part.currentData())

    def wanted_order(self) -> ListOrder:
        """Return how they are to be sorted."""
        return ListOrder(self.order.currentData())

    def reset(self) -> None:
        """Show all photos again."""
        self.search.clear()
        self.part.setCurrentIndex(0)
        self._later.stop()
        self.changed.emit()

    def order_by(self, order: str) -> None:
        """Choose an order by its value; an unknown one changes nothing."""
        index = self.order.findData(order)
        if index >= 0:
            self.order.setCurrentIndex(index)

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.search, 1)
        first.addWidget(self.overview)
        second.setSpacing(6)
        second.addWidget(self.part, 1)
        second.addWidget(self.order, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 0, 10, 8)
        box.setSpacing(6)
        box.addLayout(first)
        box.addLayout(second)
