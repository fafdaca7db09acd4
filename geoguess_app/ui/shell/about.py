"""The dialogs about the program: what it should and should not be used for, and its keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from geoguess_app import __version__
from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.words import tr


def keys() -> list[tuple[str, str]]:
    """Every key of the window and what it does."""
    return [
        ("Ctrl+O", tr("Add photos")),
        ("Ctrl+Shift+O", tr("Add folder")),
        ("Ctrl+V", tr("Paste an image, files or paths")),
        ("Ctrl+C", tr("Copy coordinates")),
        ("Delete", tr("Remove photos from the list (files are kept)")),
        ("F5", tr("Locate the selected photos again")),
        ("Alt+↓ / Alt+↑", tr("Next / previous photo")),
        ("1 … 9", tr("Show a candidate on the map")),
        ("Ctrl+1 … Ctrl+9", tr("Cells on the map: coarse to combined")),
        ("F / W", tr("Map: zoom to answer / zoom to world")),
        ("Ctrl+G", tr("Map: find a place, coordinates or an S2 cell")),
        ("Ctrl+P", tr("Privacy check of the current photo")),
        ("P", tr("Map: animate cells from coarse to fine")),
        ("Ctrl+Alt+1 …", tr("Locate, Review, Explore …")),
        ("Y", tr("Why here: show the parts of the photo that count most")),
        ("Shift+T", tr("Locate: read the text on the photo")),
        ("Enter / R", tr("Review: accept / reject and go to the next photo")),
        ("Backspace / Delete", tr("Review: previous photo / clear decision")),
        ("M / T", tr("Locate, Review: place at map centre / type a place")),
        ("A / Ctrl+F", tr("Locate: all photos on the map / search the list")),
        ("U / X", tr("Locate: use / dismiss the clue that was found")),
        ("Ctrl+R", tr("Locate: review these photos")),
        ("Space", tr("Show the photo large; arrow keys go on")),
        ("G", tr("Review: allow GPS to be replaced")),
        ("Ctrl+Z / Ctrl+Shift+Z", tr("Locate, Review: undo / redo")),
        ("[ / ]", tr("Explore: coarser / finer cells")),
        ("P / C", tr("Explore: parent cell / densest child cell")),
        ("1 … 4", tr("Compare: both, A, B, difference")),
        ("V", tr("Compare: both photos side by side")),
        ("Ctrl+Shift+E / S", tr("Accuracy: open evaluation / confident but wrong")),
        ("F1 / Ctrl+F1", tr("Help / keyboard shortcuts")),
        ("F6", tr("Next pane; Esc leaves the map")),
        ("F11", tr("Full screen")),
        ("Ctrl+.", tr("Stop locating")),
        ("Ctrl+T", tr("Switch light/dark theme")),
        ("Ctrl+,", tr("Settings")),
    ]


class AboutDialog(QDialog):
    """A dialog that says what the program is, and a clear word on acceptable use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About GeoGuess"))
        symbol = QLabel()
        symbol.setPixmap(icons.app_icon().pixmap(64, 64))
        title = QLabel(f"GeoGuess {__version__}")
        title.setProperty("role", "title")
        use = _paragraph(
            tr(
                "Use it for your own photos, for research, journalism and teaching, or "
                "with the consent of the people concerned. Do not use it to find, follow "
                "or expose anyone. A photo can reveal more than it seems to; handle what "
                "you learn with care."
            )
        )
        heading = QLabel(tr("Responsible use"))
        heading.setProperty("role", "strong")
        box = self._box = QVBoxLayout(self)
        box.setContentsMargins(24, 22, 24, 18)
        box.setSpacing(10)
        box.addWidget(symbol)
        box.addWidget(title)
        box.addWidget(
            _paragraph(
                tr("Estimates where a photo was taken, from the image alone, on this computer.")
            )
        )
        box.addWidget(
            _paragraph(
                tr(
                    "Every answer is an estimate and may be wrong, even at high "
                    "confidence. Photos never leave this computer; a position does only where "
                    "you open it in a browser."
                )
            )
        )
        box.addWidget(heading)
        box.addWidget(use)
        box.addWidget(
            _paragraph(
                tr(
                    "Free software under the GNU General Public License, version 3 or later. "
                    "Map data: Natural Earth (public domain), GSHHG (LGPL, version 3 or later). "
                    "Place names: GeoNames (CC BY 4.0)."
                ),
                muted=True,
            )
        )
        box.addWidget(_close_button(self))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Wrapped text knows its height only once its width is fixed.
        self.setFixedSize(480, self._box.heightForWidth(480))


class KeysDialog(QDialog):
    """The keyboard at a glance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        columns = QHBoxLayout()
        columns.setSpacing(36)
        listed = keys()
        half = (len(listed) + 1) // 2
        for part in (listed[:half], listed[half:]):
            columns.addLayout(_key_column(part))
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 22, 24, 18)
        box.setSpacing(16)
        box.addLayout(columns)
        box.addWidget(_close_button(self))


def _key_column(listed: list[tuple[str, str]]) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(28)
    form.setVerticalSpacing(8)
    for key, meaning in listed:
        shown = QLabel(key)
        shown.setProperty("role", "strong")
        form.addRow(shown, QLabel(meaning))
    return form


def _paragraph(text: str, *, muted: bool = False) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if muted:
        label.setProperty("role", "muted")
    return label


def _close_button(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    return buttons
