"""Help: the documents of the program as pages in a window of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QTextCursor
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.paths import docs_dir
from geoguess_app.ui.kit.inputs import add_clear_button
from geoguess_app.ui.kit.words import tr

PAGES = (
    "window.md",
    "review.md",
    "tagging.md",
    "trips.md",
    "why.md",
    "explore.md",
    "evaluation.md",
    "train.md",
    "models.md",
    "sharing.md",
    "bundle.md",
    "glossary.md",
)
"""The documents for users, in the order of the list."""
_SIZE = (940, 700)
_MARGIN_PX = 28
_FILE_LINK = re.compile(r"\[([\w-]+\.md)\]\(([^)]*)\)")


class HelpDialog(QDialog):
    """A list of pages, and the page that is read; links between pages work, the network is never
    used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Help"))
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.resize(*_SIZE)
        self.pages = QListWidget()
        self.pages.setAccessibleName(tr("Pages"))
        self.pages.addItems([page_title(name) for name in PAGES])
        self.pages.currentRowChanged.connect(lambda row: self.open_page(PAGES[row]))
        self.text = _PageBrowser()
        self.text.sourceChanged.connect(self._page_changed)
        self.text.outsideChosen.connect(self._copy_address)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find on this page"))
        self.search.setAccessibleName(self.search.placeholderText())
        add_clear_button(self.search)
        self.search.returnPressed.connect(self.find_next)
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        find = QAction(self)
        find.setShortcut(QKeySequence(QKeySequence.StandardKey.Find))
        find.triggered.connect(self.search.setFocus)
        self.addAction(find)
        self._lay_out()

    def open_page(self, name: str, part: str = "") -> None:
        """Show a page, from the heading ``part`` on ("comparing"); the top without one."""
        self.text.setSource(QUrl(name))
        self.text.show_heading(part)

    def find_next(self) -> None:
        """Go to the next place that holds what is searched for, from the top again at the end."""
        wanted = self.search.text()
        if not wanted or self.text.find(wanted):
            self.note.setText("")
            return
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        found = self.text.find(wanted)
        self.note.setText("" if found else tr("Not found on this page."))

    def _page_changed(self, source: QUrl) -> None:
        name = source.path()
        if name in PAGES:
            self.pages.blockSignals(True)
            self.pages.setCurrentRow(PAGES.index(name))
            self.pages.blockSignals(False)
        self.note.setText("")

    def _copy_address(self, address: str) -> None:
        """A page of the web is not opened: its address can be pasted into a browser."""
        QGuiApplication.clipboard().setText(address)
        self.note.setText(tr("Copied: {}").format(address))

    def _lay_out(self) -> None:
        back = _button("←", tr("Back"), self.text.backward)
        forward = _button("→", tr("Forward"), self.text.forward)
        self.text.backwardAvailable.connect(back.setEnabled)
        self.text.forwardAvailable.connect(forward.setEnabled)
        bar = QHBoxLayout()
        for widget in (back, forward):
            widget.setEnabled(False)
            bar.addWidget(widget)
        bar.addWidget(self.note, 1)
        self.search.setFixedWidth(240)
        bar.addWidget(self.search)
        right = QVBoxLayout()
        right.addLayout(bar)
        right.addWidget(self.text, 1)
        self.pages.setFixedWidth(250)
        self.pages.setWordWrap(True)
        self.pages.setFrameShape(QListWidget.Shape.NoFrame)
        self.pages.setSpacing(4)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 12)
        box.setSpacing(12)
        box.addWidget(self.pages)
        box.addLayout(right, 1)


class _PageBrowser(QTextBrowser):
    """Reads Markdown from the program's own documents and from nowhere else."""

    outsideChosen = Signal(str)
    """The address of a page that is not the program's own."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Page"))
        self.setOpenLinks(False)
        self.sourceChanged.connect(lambda _: self.document().setDocumentMargin(_MARGIN_PX))
        self.anchorClicked.connect(self._follow)

    def loadResource(self, _kind: int, name: QUrl | str) -> str:
        """Read a page by its name; nothing else is ever read."""
        return read_page(QUrl(name).path())

    def changeEvent(self, event: QEvent) -> None:
        """Links keep the colour that they were read with: read the page again in the new one."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and not self.source().isEmpty():
            bar = self.verticalScrollBar()
            place = bar.value()
            self.reload()
            self.document().setDocumentMargin(_MARGIN_PX)
            bar.setValue(place)

    def show_heading(self, part: str) -> None:
        """Scroll to a heading by the name that links use; to the top where there is none."""
        block = self.document().begin()
        while part and block.isValid():
            if block.blockFormat().headingLevel() and anchor_of(block.text()) == part:
                self.setTextCursor(QTextCursor(block))
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(round(top) - _MARGIN_PX // 2)
                return
            block = block.next()
        self.verticalScrollBar().setValue(0)

    def _follow(self, link: QUrl) -> None:
        inside = link.isRelative() and (not link.path() or read_page(link.path()))
        if not inside:
            self.outsideChosen.emit(link.toString())
            return
        if link.path():
            self.setSource(QUrl(link.path()))
        self.show_heading(link.fragment())


def read_page(name: str) -> str:
    """Read a document by its name; empty where the program has none of that name."""
    file = docs_dir() / name
    if Path(name).name != name or not name.endswith(".md") or not file.is_file():
        return ""
    return _as_read(file.read_text(encoding="utf-8"))


def _as_read(markdown: str) -> str:
    """A document for readers of the program: links say a page's title, not its file's name."""
    return _FILE_LINK.sub(lambda link: f"[{_title_of(link[1])}]({link[2]})", markdown)


def _title_of(name: str) -> str:
    file = docs_dir() / Path(name).name
    if not file.is_file():
        return name
    with file.open(encoding="utf-8") as lines:
        return lines.readline().lstrip("# ").strip().partition(":")[0] or name


def page_title(name: str) -> str:
    """The first heading of a document, up to a colon."""
    return _title_of(name)


def anchor_of(heading: str) -> str:
    """Name a heading as links to it do: "Privacy check (Ctrl+P)" is ``privacy-check-ctrlp``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _button(text: str, name: str, slot: Callable[[], object]) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.clicked.connect(slot)
    return button
