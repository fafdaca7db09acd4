"""The theme: which palette is on, and telling everybody when it changes."""

from __future__ import annotations

from string import Template
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from geoguess_app.paths import resource_dir
from geoguess_app.ui.kit.palettes import DARK, LIGHT, Tokens, palette

THEMES = ("system", "light", "dark")
_MARKS = ("check", "up", "down", "left", "right", "question", "caution")

_STYLE = Template("""
QToolBar { background: $window; border: none; border-bottom: 1px solid $border;
           spacing: 4px; padding: 6px 10px; }
QToolBar::separator { background: $border; width: 1px; margin: 5px 8px; }
QToolButton { border: 1px solid transparent; border-radius: 6px; padding: 5px 9px; color: $text; }
QToolButton:hover { background: $raised; }
QToolButton:pressed, QToolButton:checked { background: $accent_soft; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $muted; }
QToolButton[popupMode="1"], QToolButton[popupMode="2"] { padding-right: 20px; }
QToolButton::menu-indicator { subcontrol-origin: border; subcontrol-position: right center;
             right: 6px; width: 9px; }
QToolButton::menu-button { border: none; width: 16px; border-radius: 6px; }
QToolButton::menu-button:hover { background: $raised; }
QMessageBox { messagebox-question-icon: url("$question"); messagebox-warning-icon: url("$caution");
            messagebox-critical-icon: url("$caution"); }
QFileDialog { backward-icon: url("$left"); forward-icon: url("$right");
            filedialog-parent-directory-icon: url("$up"); }
QFileDialog QToolButton { padding: 0; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 2px; }
QScrollBar::handle { background: $border; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QMenuBar { background: $window; padding: 2px 6px; }
QMenuBar::item { padding: 4px 9px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected { background: $accent_soft; color: $text; }
QMenu { background: $surface; border: 1px solid $border; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 12px; border-radius: 5px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 5px 8px; }
QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; }
QStatusBar QPushButton { padding: 3px 12px; }
QSplitter::handle { background: $border; }
QSplitter::handle:hover { background: $accent; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 6px; }
QPushButton { background: $surface; color: $text; border: 1px solid $border;
              border-radius: 6px; padding: 6px 14px; }
QPushButton:hover { background: $raised; }
QPushButton:checked { background: $accent_soft; border-color: $accent; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $muted; background: $raised; }
QPushButton:default, QPushButton[primary="true"] { background: $accent; color: $on_accent;
              border-color: $accent; }
QPushButton:default:disabled, QPushButton[primary="true"]:disabled { background: $raised;
              color: $muted; border-color: $border; }
QPushButton[primary="true"]:focus { border: 2px solid $text; padding: 5px 13px; }
QTableView { background: $surface; border: 1px solid $border; border-radius: 6px;
             gridline-color: transparent; selection-background-color: $accent_soft;
             selection-color: $text; outline: none; }
QTableView::item { padding: 2px 4px; }
QTableView:focus { border-color: $accent; }
#photos, #photos:focus { border: none; border-radius: 0;
             selection-background-color: transparent; }
#modelList { background: $surface; border: none; outline: none; }
#modelList::item { border-radius: 6px; margin: 1px 6px; }
#modelList::item:hover { background: $raised; }
#modelList::item:selected { background: $accent_soft; }
QHeaderView { background: $surface; }
QHeaderView::section { background: $surface; color: $muted; border: none;
             border-bottom: 1px solid $border; padding: 4px 5px; }
QLineEdit { background: $surface; color: $text; border: 1px solid $field; border-radius: 6px;
            padding: 4px 6px; selection-background-color: $accent;
            selection-color: $on_accent; }
QLineEdit:focus { border-color: $accent; }
QLineEdit:disabled { color: $muted; background: $raised; }
QComboBox { background: $surface; color: $text; border: 1px solid $field; border-radius: 6px;
            padding: 4px 0 4px 6px; }
QComboBox:hover { background: $raised; }
QComboBox:focus { border-color: $accent; }
QComboBox:disabled { color: $muted; background: $raised; border-color: $border; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox::down-arrow { image: url("$down"); width: 10px; height: 10px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $border;
            selection-background-color: $accent_soft; selection-color: $text; }
QAbstractSpinBox { background: $surface; color: $text; border: 1px solid $field;
            border-radius: 6px; padding: 3px 2px 3px 5px; }
QAbstractSpinBox:focus { border-color: $accent; }
QAbstractSpinBox:disabled { color: $muted; background: $raised; border-color: $border; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 16px; }
QAbstractSpinBox::up-arrow { image: url("$up"); width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: url("$down"); width: 9px; height: 9px; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0;
            background: transparent; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QCheckBox { spacing: 7px; }
QCheckBox::indicator, QTableView::indicator { width: 14px; height: 14px;
             border: 1px solid $muted; border-radius: 4px; background: $surface; }
QCheckBox::indicator:checked, QTableView::indicator:checked { background: $accent;
             border-color: $accent; image: url("$check"); }
QCheckBox::indicator:disabled { border-color: $border; }
QCheckBox:focus { color: $accent; }
QRadioButton { spacing: 7px; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $muted; border-radius: 8px;
             background: $surface; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent;
             background: $on_accent; }
QRadioButton:focus { color: $accent; }
QScrollArea { border: none; background: $surface; }
QProgressBar { border: none; border-radius: 3px; background: $raised; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
#detail, #welcome, #listPane, #explorePane, #detailBody { background: $surface; }
#mapPane { background: $window; }
#mapSearch, #mapGuide, #mapOffer { background: $surface; border: 1px solid $border;
             border-radius: 8px; }
QLabel[role="title"] { font-size: 15pt; font-weight: 600; }
QLabel[role="heading"] { color: $muted; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[badge="plain"] { background: $raised; color: $muted; border-radius: 9px; padding: 2px 9px; }
QLabel[badge="accent"] { background: $accent_soft; color: $text; border-radius: 9px;
             padding: 2px 9px; }
QFrame[card="warning"] { background: $warning_soft; border-radius: 8px; }
QFrame[card="error"] { background: $error_soft; border-radius: 8px; }
QFrame[card="plain"] { background: $raised; border-radius: 8px; }
QFrame#notice { border-radius: 8px; border: 1px solid $border; }
QFrame[line="true"] { background: $border; max-height: 1px; min-height: 1px; }
QPushButton[chip="true"] { background: $accent_soft; color: $text; border: 1px solid $accent;
             border-radius: 9px; padding: 2px 10px; }
QPushButton[link="true"] { background: transparent; border: none; color: $accent; padding: 2px 0;
             text-align: left; }
QPushButton[link="true"]:hover, QPushButton[link="true"]:focus { text-decoration: underline; }
QPushButton[plain="true"] { background: transparent; border: none; color: $muted; padding: 2px 0; }
QPushButton[plain="true"]:hover, QPushButton[plain="true"]:focus { text-decoration: underline; }
QToolButton[disclosure="true"], QToolButton[disclosure="true"]:checked,
QToolButton[disclosure="true"]:hover { background: transparent; color: $muted; font-weight: 600;
             padding: 3px 2px; text-align: left; }
QToolButton[disclosure="true"]:hover { color: $text; }
QToolButton[segment="true"] { border: 1px solid $border; padding: 4px 8px; }
QToolButton[segment="true"]:checked { border-color: $accent; }
QToolButton[sample="true"] { background: $surface; border: 1px solid $border; border-radius: 8px;
             padding: 6px; }
QToolButton[sample="true"]:hover, QToolButton[sample="true"]:focus { border-color: $accent; }
""")


class Theme(QObject):
    """A theme that applies light or dark to the application and follows the system when asked
    to."""

    changed = Signal(object)
    """Emitted with the new Tokens after the application wears them."""

    def __init__(self, app: QApplication, choice: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice if choice in THEMES else "system"
        self.tokens: Tokens = LIGHT
        if not app.styleSheet():  # once: it styles all widgets anew
            app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.tokens = self._wanted()
        self._put_on()

    @property
    def choice(self) -> str:
        """Return what the user asked for: system, light or dark."""
        return self._choice

    @property
    def name(self) -> Literal["light", "dark"]:
        """Return what is on: light or dark."""
        return "dark" if self.tokens.dark else "light"

    def choose(self, choice: str) -> None:
        """Switch to system, light or dark."""
        self._choice = choice if choice in THEMES else "system"
        self._follow()

    def toggle(self) -> None:
        """The other one of light and dark."""
        self.choose("light" if self.tokens.dark else "dark")

    def _system_changed(self) -> None:
        if self._choice == "system":
            self._follow()

    def _wanted(self) -> Tokens:
        dark = self._choice == "dark" or (
            self._choice == "system" and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        return DARK if dark else LIGHT

    def _follow(self) -> None:
        """Change the application's look if it is another: Qt takes tenths of a second for that."""
        wanted = self._wanted()
        if wanted is self.tokens:
            return
        self.tokens = wanted
        self._put_on()
        self.changed.emit(self.tokens)

    def _put_on(self) -> None:
        self._app.setPalette(palette(self.tokens))
        colours = {name: getattr(self.tokens, name) for name in self.tokens.__slots__}
        marks = {mark: _mark(mark, self.name) for mark in _MARKS}
        sheet = _STYLE.substitute(colours, **marks)
        if sheet != self._app.styleSheet():
            self._app.setStyleSheet(sheet)


def _mark(mark: str, theme: str) -> str:
    """A style sheet cannot colour an icon: there is one for each theme."""
    return (resource_dir() / "icons" / f"{mark}-{theme}.svg").as_posix()
