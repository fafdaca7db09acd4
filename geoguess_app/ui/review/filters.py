"""Filters and orders of a review's list: search, state, and what else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.review.values import State
from geoguess_app.review.views import Order, PhotoFilter
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.icons import Icons
from geoguess_app.ui.kit.inputs import ComboBox, SpinBox, add_clear_button
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.review.rows import state_word

_TYPING_MS = 180
_ANY_COUNTRY = "*"


@dataclass(frozen=True, slots=True)
class _Choice:
    """One entry of the list of states."""

    states: frozenset[State] | None

    def title(self) -> str:
        """In words."""
        if self.states is None:
            return tr("All photos")
        if self.states == _TO_SAVE:
            return tr("To save")
        return state_word(next(iter(self.states)))


_TO_SAVE = frozenset({State.ACCEPTED, State.PLACED})
_CHOICES = [
    _Choice(None),
    _Choice(frozenset({State.LOCATED})),
    _Choice(_TO_SAVE),
    *(
        _Choice(frozenset({state}))
        for state in (
            State.ACCEPTED,
            State.PLACED,
            State.REJECTED,
            State.SAVED,
            State.HAS_GPS,
            State.FAILED,
            State.WAITING,
        )
    ),
]


class FilterBar(QWidget):
    """Search, state and order in sight; confidence, country and GPS behind a button."""

    changed = Signal()
    """What is wanted is different now: ask ``wanted`` and ``order``."""
    moreOpened = Signal()
    """The list of countries is about to be seen."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filling = False
        self._later = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._later.timeout.connect(self.changed)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search name or place"))
        self.search.setAccessibleName(tr("Search photos by name or place"))
        add_clear_button(self.search)
        self.search.textChanged.connect(self._typed)
        self.state = ComboBox()
        self.state.setAccessibleName(tr("Show photos"))
        for choice in _CHOICES:
            self.state.addItem(choice.title(), choice)
        self.orders = ComboBox()
        self.orders.setAccessibleName(tr("Sort order"))
        self.orders.setToolTip(tr("Sort order"))
        for order, title in _order_titles().items():
            self.orders.addItem(title, order)
        self.more = icons.bind(QToolButton(), "filter")
        self.more.setCheckable(True)
        self.more.setAccessibleName(tr("More filters"))
        self.more.setToolTip(tr("Filter by confidence, country, GPS or verified match"))
        self._make_details()
        self._lay_out()
        for box in (self.state, self.orders, self.country, self.gps):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.currentIndexChanged.connect(self._chosen)
        for spin in (self.least, self.most):
            spin.valueChanged.connect(self._typed)
        self.more.toggled.connect(self._toggle_details)

    # --- what is wanted ---------------------------------------------------------------------

    def wanted(self) -> PhotoFilter:
        """The filter as it is set."""
        country, gps = self.country.currentData(), self.gps.currentData()
        low, high = sorted((self.least.value(), self.most.value()))
        return PhotoFilter(
            states=self.state.currentData().states,
            min_confidence=low / 100,
            max_confidence=high / 100,
            country_code=None if country in (None, _ANY_COUNTRY) else country,
            has_gps=gps,
            text=self.search.text(),
            matched=self.matched.isChecked(),
        )

    def order(self) -> Order:
        """The order as it is set."""
        return Order(self.orders.currentData())  # Qt gives a plain text back

    def set_wanted(self, wanted: PhotoFilter, order: Order) -> None:
        """Set everything at once, as far as there is a choice for it."""
        self._filling = True
        self.search.setText(wanted.text)
        states = [choice.states for choice in _CHOICES]
        self.state.setCurrentIndex(states.index(wanted.states) if wanted.states in states else 0)
        self.order_by(order)
        self.least.setValue(round(100 * wanted.min_confidence))
        self.most.setValue(round(100 * wanted.max_confidence))
        self.gps.setCurrentIndex(max(0, self.gps.findData(wanted.has_gps)))
        self._choose_country(wanted.country_code)
        self.matched.setChecked(wanted.matched)
        self._filling = False
        self._chosen()

    def _choose_country(self, code: str | None) -> None:
        if code is not None and self.country.findData(code) < 0:
            self.moreOpened.emit()
        if code is not None and self.country.findData(code) < 0:
            self.country.addItem(code, code)  # none of the photos is there, or not yet
        self.country.setCurrentIndex(max(0, self.country.findData(code or _ANY_COUNTRY)))

    def order_by(self, order: Order) -> None:
        """Choose an order of the list."""
        self.orders.setCurrentIndex(self.orders.findData(order))

    def reset(self) -> None:
        """List all photos; the order stays."""
        self._filling = True
        self.search.clear()
        self.state.setCurrentIndex(0)
        self._clear_details()
        self._filling = False
        self._chosen()

    # --- what there is ------------------------------------------------------------------------

    def show_counts(self, counts: Counter[State]) -> None:
        """Show how many photos are in which state."""
        for i, choice in enumerate(_CHOICES):
            states = choice.states or frozenset(State)
            count = sum(counts[state] for state in states)
            self.state.setItemText(i, f"{choice.title()} ({count:,})")

    def show_countries(self, countries: Mapping[str, tuple[str, int]]) -> None:
        """Countries by code: name and how many photos are said to be there."""
        chosen = self.country.currentData()
        self._filling = True
        self.country.clear()
        self.country.addItem(tr("Any country"), _ANY_COUNTRY)
        for code, (name, count) in sorted(countries.items(), key=lambda item: item[1][0]):
            self.country.addItem(f"{name or tr('No country')} ({count:,})", code)
        self.country.setCurrentIndex(max(0, self.country.findData(chosen)))
        self._filling = False

    # --- inside -------------------------------------------------------------------------------

    def _make_details(self) -> None:
        self.least, self.most = _percent(0), _percent(100)
        self.least.setAccessibleName(tr("Minimum confidence"))
        self.most.setAccessibleName(tr("Maximum confidence"))
        self.country, self.gps = ComboBox(), ComboBox()
        self.country.addItem(tr("Any country"), _ANY_COUNTRY)
        for title, value in (
            (tr("With or without GPS"), None),
            (tr("With GPS"), True),
            (tr("Without GPS"), False),
        ):
            self.gps.addItem(title, value)
        self.matched = QCheckBox(tr("Same place as a reference photo"))
        self.matched.toggled.connect(self._chosen)
        self.clear = QPushButton(tr("Clear"))
        self.clear.setProperty("link", "true")
        self.clear.setAccessibleName(tr("Clear all filters"))
        self.clear.clicked.connect(self.reset)
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        self.summary.setWordWrap(True)

    def _lay_out(self) -> None:
        finding, choosing = QHBoxLayout(), QHBoxLayout()
        for row, parts in (
            (finding, (self.search, self.more)),
            (choosing, (self.state, self.orders)),
        ):
            row.setSpacing(6)
            for part in parts:
                row.addWidget(part, 0 if part is self.more else 1)
        between = QHBoxLayout()
        between.setSpacing(6)
        between.addWidget(self.least, 1)
        between.addWidget(QLabel(tr("to")))
        between.addWidget(self.most, 1)
        self.details = QFrame()
        self.details.setProperty("card", "plain")
        form = QFormLayout(self.details)
        form.setContentsMargins(10, 8, 10, 8)
        form.setSpacing(6)
        form.addRow(_label(tr("Confidence"), self.least), between)
        form.addRow(_label(tr("Country"), self.country), self.country)
        form.addRow(_label(tr("GPS"), self.gps), self.gps)
        form.addRow(self.matched)
        self.details.hide()
        self._note = QWidget()
        note = QHBoxLayout(self._note)
        note.setContentsMargins(2, 0, 0, 0)
        note.setSpacing(8)
        note.addWidget(self.summary, 1)
        note.addWidget(self.clear)
        self._note.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 0, 10, 8)
        box.setSpacing(6)
        box.addLayout(finding)
        box.addLayout(choosing)
        box.addWidget(self.details)
        box.addWidget(self._note)

    def _toggle_details(self, on: bool) -> None:
        if on:
            self.moreOpened.emit()
        self.details.setVisible(on)

    def _clear_details(self) -> None:
        self.least.setValue(0)
        self.most.setValue(100)
        self.country.setCurrentIndex(0)
        self.gps.setCurrentIndex(0)
        self.matched.setChecked(False)

    def _typed(self) -> None:
        self._tell_active()
        if not self._filling:
            self._later.start()

    def _chosen(self) -> None:
        self._tell_active()
        if not self._filling:
            self._later.stop()
            self.changed.emit()

    def _tell_active(self) -> None:
        """What filters beyond the state are on, also while they are folded away."""
        wanted, parts = self.wanted(), []
        if (wanted.min_confidence, wanted.max_confidence) != (0.0, 1.0):
            low, high = words.percent(wanted.min_confidence), words.percent(wanted.max_confidence)
            parts.append(tr("{low} to {high} confidence").format(low=low, high=high))
        if wanted.country_code is not None:
            parts.append(self.country.currentText().rpartition(" (")[0])
        if wanted.has_gps is not None:
            parts.append(self.gps.currentText())
        if wanted.matched:
            parts.append(self.matched.text())
        if wanted.text.strip():
            parts.append(f"“{wanted.text.strip()}”")
        self.summary.setText(" · ".join(parts))
        self._note.setVisible(bool(parts))


def _order_titles() -> dict[Order, str]:
    return {
        Order.UNCERTAIN_FIRST: tr("Least confident"),
        Order.CERTAIN_FIRST: tr("Most confident"),
        Order.ADDED: tr("As added"),
        Order.TIME: tr("Date taken"),
        Order.NAME: tr("File name"),
    }


def _percent(value: int) -> QSpinBox:
    spin = SpinBox()
    spin.setRange(0, 100)
    spin.setSuffix("%")
    spin.setSingleStep(5)
    spin.setValue(value)
    return spin


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setBuddy(buddy)
    buddy.setAccessibleName(buddy.accessibleName() or text)
    return label
