"""The menu and the keys of Locate; they work in the whole window while it is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut

from geoguess_app.ui.kit.commands import make_action
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.found_list import DISMISS_KEY, USE_KEY

if TYPE_CHECKING:
    from geoguess_app.ui.locate.mode import LocateMode


class LocateActions:
    """All actions of a LocateMode, by name; ``menu`` is in the order of the menu."""

    def __init__(self, mode: LocateMode) -> None:
        self._mode = mode
        make, commands = self._make, mode.commands
        pane = mode.services.map
        self.undo = make(None, tr("Undo"), mode.steps.undo, "Ctrl+Z")
        self.redo = make(None, tr("Redo"), mode.steps.redo)
        self.redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        mode.steps.name(self.undo, self.redo)
        self.paste = make("paste", tr("Paste"), mode.pasteWanted.emit, "Ctrl+V")
        self.copy = make("copy", tr("Copy coordinates"), commands.copy_coordinates, "Ctrl+C")
        self.again = make("again", tr("Locate again"), commands.locate_again, "F5")
        self.remove = make("remove", tr("Remove from list"), commands.remove_selected, "Del")
        self.privacy = make("privacy", tr("Privacy check…"), commands.check_privacy, "Ctrl+P")
        self.review = make("review-accepted", tr("Review these photos"), commands.review, "Ctrl+R")
        self.know = make("review-placed", tr("I know where"), mode.placing.type_place, "T")
        self.centre = make(None, tr("Place at map centre"), mode.placing.place_at_center, "M")
        self.forget = make(None, tr("Clear decision"), mode.placing.forget)
        self.search = make("search", tr("Search"), commands.search, "Ctrl+F")
        self.overview = make("all-photos", tr("All photos on the map"), commands.overview, "A")
        self.overview.setCheckable(True)
        self.clear = make("clear", tr("Clear list"), commands.clear)
        self.cancel = make("cancel", tr("Stop locating"), commands.cancel, "Ctrl+.")
        self.next = make(None, tr("Next photo"), lambda: mode.list.step(1), "Alt+Down")
        self.previous = make(None, tr("Previous photo"), lambda: mode.list.step(-1), "Alt+Up")
        self.fit = make("fit", tr("Zoom to answer"), pane.fit_answer, "F")
        self.play = make(None, tr("Animate cells from coarse to fine"), pane.play_layers, "P")
        self.why = make(None, tr("Why here"), mode.why.toggle, "Y")
        self.read_text = make(None, tr("Read text"), mode.reading.read, "Shift+T")
        self.evidence = make(None, tr("Compare with reference photos"), commands.show_evidence, "E")
        self.find_place = make(None, tr("Find photos of this place"), mode.finding.find, "Shift+E")
        self.use_clue = make(None, tr("Use clue"), mode.clues.use_first, USE_KEY)
        self.no_clue = make(None, tr("Dismiss clue"), mode.clues.dismiss_first, DISMISS_KEY)
        self.view = make("photo", tr("Full preview"), commands.view_photo, "Space")
        # These keys mean other things where the list has not the keyboard.
        for action in (self.remove, self.view):
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        mode.list.view.addActions([self.view, self.copy, self.again, self.remove])
        self.reports = self._report_actions()
        self.exports = self._export_actions()
        self.menu = [
            *(self.undo, self.redo, self._line()),
            *(self.paste, self.copy, self.again, self.cancel, self.privacy),
            *(self.review, self._line()),
            *(self.know, self.centre, self.forget, self._line()),
            *(self.search, self.overview),
            *(self.next, self.previous, self.view, self._line()),
            *(self.remove, self.clear, self._line(), self.fit, self.play, self.why),
            *(self.evidence, self.find_place, self._line()),
            *(self.read_text, self.use_clue, self.no_clue),
        ]
        self._numbers = self._number_keys()

    def refresh(
        self, *, photos: bool, located: bool, decided: bool, answered: bool, running: bool
    ) -> None:
        """Switch off what makes no sense now."""
        self.forget.setEnabled(decided)
        self.copy.setEnabled(located)
        for action in (self.read_text, self.use_clue, self.no_clue):
            action.setEnabled(located)
        for action in (self.fit, self.play, self.privacy, self.why, self.evidence, self.find_place):
            action.setEnabled(located)
        for action in (
            self.again,
            self.remove,
            self.view,
            self.review,
            self.clear,
            self.next,
            self.previous,
            self.know,
            self.centre,
            self.search,
            self.overview,
        ):
            action.setEnabled(photos)
        for action in self.exports:
            action.setEnabled(answered)
        for action in self.reports:
            action.setEnabled(located)
        self.cancel.setEnabled(running)

    def use_number_keys(self, on: bool) -> None:
        """1 … 9 point at possible places of the current photo; other modes may use them too."""
        for key in self._numbers:
            key.setEnabled(on)

    def _number_keys(self) -> list[QShortcut]:
        keys = []
        for number in range(1, 10):
            point = QShortcut(QKeySequence(str(number)), self._mode.services.host)
            point.activated.connect(lambda n=number: self._mode.commands.point_at(n))
            keys.append(point)
        return keys

    def _export_actions(self) -> list[QAction]:
        made = []
        for form, title in (
            ("csv", tr("Table (CSV)…")),
            ("geojson", tr("Map layer (GeoJSON)…")),
            ("jsonl", tr("All details (JSON Lines)…")),
            ("gpx", tr("Waypoints (GPX)…")),
            ("kml", tr("Google Earth (KML)…")),
            ("kmz", tr("Google Earth with thumbnails (KMZ)…")),
        ):
            action = QAction(title, self._mode)
            action.triggered.connect(lambda _checked=False, f=form: self._mode.commands.export(f))
            made.append(action)
        return [*self.reports, *made]

    def _report_actions(self) -> list[QAction]:
        reporting = self._mode.reporting
        made = []
        for title, pictured in (
            (tr("Report of this photo…"), True),
            (tr("Report without the photo…"), False),
        ):
            action = QAction(title, self._mode)
            action.triggered.connect(
                lambda _checked=False, shown=pictured: reporting.choose(with_picture=shown)
            )
            made.append(action)
        return made

    def _make(
        self, icon: str | None, text: str, slot: Callable[[], object], key: str | None = None
    ) -> QAction:
        return make_action(self._mode, self._mode.services.icons, icon, text, slot, key)

    def _line(self) -> QAction:
        line = QAction(self._mode)
        line.setSeparator(True)
        return line
