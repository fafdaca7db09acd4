"""Compare mode: chooses the sides, runs them in the inference thread, shows both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from geoguess_app.evaluation.answers.variants import COMPLETE
from geoguess_app.ui.compare import payload
from geoguess_app.ui.compare.picker import SidePicker
from geoguess_app.ui.compare.result import ComparePanel
from geoguess_app.ui.compare.work import (
    LikelyCell,
    Side,
    SideChoice,
    decision_work,
    ways_of_model,
)
from geoguess_app.ui.frame.mode import Mode
from geoguess_app.ui.frame.pair_viewer import make_pair_viewer
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.locator import sentence
from geoguess_app.ui.work.workers import LoadedModel, model_work

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.views.opened import OpenedView

_NAMES = ("A", "B")


class CompareMode(Mode):
    """A mode that keeps at most one other model beside the window's own."""

    name = "compare"
    menu = "&Compare"
    help_page = "window.md#comparing"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        theme = services.theme
        self.pickers = tuple(SidePicker(name, theme, services.pictures) for name in _NAMES)
        self.viewer = make_pair_viewer(services, self)
        self.panel = ComparePanel()
        self.view_box = ComboBox()
        self.sides: list[Side | None] = [None, None]
        self._models: dict[Path, LoadedModel] = {}
        self._ways_of: list[LoadedModel | None] = [None, None]  # whose ways each side offers
        self._extra_photos: list[Path] = []
        self._jobs: list[Job | None] = [None, None]
        self._loading: Job | None = None
        self._on = False
        self._fit = True
        self._view: OpenedView | None = None
        """What asked for the present choices and has not been shown yet."""
        self._serial = 0
        self._views: list[QAction] = []
        self._make_views()
        for number, picker in enumerate(self.pickers):
            picker.picture.opened.connect(self.view_photos)
            picker.changed.connect(lambda n=number: self._choice_changed(n))
            picker.otherPhoto.connect(lambda path, n=number: self._add_photo(n, path))
            picker.otherModel.connect(lambda path, n=number: self._add_model(n, path))
        self.panel.cells.chosen.connect(self._show_cell)

    # --- the mode -------------------------------------------------------------------------

    def left(self) -> QWidget:
        pane = QWidget()
        pane.setObjectName("listPane")
        box = QVBoxLayout(pane)
        box.setContentsMargins(14, 12, 14, 12)
        box.setSpacing(12)
        box.addWidget(self.pickers[0])
        line = QFrame()
        line.setProperty("line", True)
        box.addWidget(line)
        box.addWidget(self.pickers[1])
        other = QFrame()
        other.setProperty("line", True)
        box.addWidget(other)
        label = QLabel(tr("On the map"))
        label.setBuddy(self.view_box)
        box.addWidget(label)
        box.addWidget(self.view_box)
        box.addStretch(1)
        scrolled = QScrollArea()
        scrolled.setObjectName("listPane")
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scrolled.setWidget(pane)
        return scrolled

    def right(self) -> QWidget:
        return self.panel

    def actions(self) -> list[QAction]:
        return self._views

    def focus_widget(self) -> QWidget | None:
        return self.pickers[0].photo

    def enter(self) -> None:
        self._on, self._fit = True, True
        self._fill_photos()
        self._draw()
        self.pickers[0].photo.setFocus()
        if self.services.locator.model is None:
            self.panel.say(tr("Waiting for the model."))
        elif not self._photos():
            self.panel.say(tr("Add photos in Locate, or choose one here."))
        else:
            self._run_missing()

    def leave(self) -> None:
        self._on = False
        self.viewer.close_()
        if self.services.map.map is not None:
            self.services.map.map.push("compare", None)
            self.services.map.map.push("compareCell", None)

    def model_changed(self, model: LoadedModel) -> None:
        self._models = {model.path: model}
        self.sides = [None, None]
        for picker in self.pickers:
            picker.fill_models([(model.path, model.name)], model.path)
        self._fill_ways(0, COMPLETE)
        names = [way.name for way in ways_of_model(model)]
        usual = (name for name in names if name.startswith("without hierarchy"))
        self._fill_ways(1, next(usual, names[1] if len(names) > 1 else COMPLETE))
        if self._on:
            self._run_missing()

    def open_paths(self, paths: list[Path]) -> bool:
        files = [path for path in paths if path.is_file()]
        for number, path in enumerate(files[:2]):
            self._add_photo(number, path)
        return bool(files)

    def units_changed(self) -> None:
        if all(self.sides):
            self.panel.show_sides(*self.sides)
            self._draw()

    def close(self) -> bool:
        # The jobs run in the window's own pool, which waits for them.
        self.viewer.pictures.close()
        for job in (*self._jobs, self._loading):
            if job is not None:
                job.cancel()
        return True

    def view_photos(self) -> None:
        """Show both photos large, side by side; once more: put them away."""
        if self.viewer.isVisible():
            self.viewer.close_()
        else:
            sides = [(picker.chosen_photo(), picker.photo.currentText()) for picker in self.pickers]
            self.viewer.open(
                [(path, f"{n}: {name}") for n, (path, name) in zip(_NAMES, sides, strict=True)]
            )

    # --- what is chosen -------------------------------------------------------------------

    def _photos(self) -> list[tuple[Path, str]]:
        listed = [(row.path, row.name) for row in self.services.photos.listed()]
        known = {path for path, _ in listed}
        return listed + [(p, p.name) for p in self._extra_photos if p not in known]

    def _fill_photos(self) -> None:
        photos = self._photos()
        chosen = [row.path for row in self.services.photos.selected()]
        current = self.services.photos.current()
        first = current.path if current else (photos[0][0] if photos else None)
        second = next((path for path in chosen if path != first), first)
        for picker, usual in zip(self.pickers, (first, second), strict=True):
            had = picker.chosen_photo()
            stays = had is not None and any(path == had for path, _ in photos)
            picker.fill_photos(photos, had if stays else usual)
        if second != first:
            # Two photos are compared as the model answers both.
            self._fill_ways(1, COMPLETE)

    def _fill_ways(self, number: int, chosen: str) -> None:
        picker = self.pickers[number]
        model = self._models.get(picker.chosen_model() or Path())
        if model is not None:
            picker.fill_ways(ways_of_model(model), chosen)
            self._ways_of[number] = model

    def _add_photo(self, number: int, path: Path) -> None:
        self._view = None
        self._extra_photos.append(path)
        for n, picker in enumerate(self.pickers):
            picker.fill_photos(self._photos(), path if n == number else picker.chosen_photo())
        self._choice_changed(number)

    def _add_model(self, number: int, path: Path) -> None:
        self._view = None
        self.load_model(path, lambda model: self._model_came(number, model), self._failed)

    def ask_other(self, path: Path) -> None:
        """Ask another model (its bundle) about the photo looked at, beside the window's own."""
        current = self.services.photos.current()
        if current is not None:
            for picker in self.pickers:
                picker.fill_photos(self._photos(), current.path)
        self._forget_sides()
        self._add_model(1, path)

    def load_model(
        self, path: Path, use: Callable[[LoadedModel], None], failed: Callable[[Exception], None]
    ) -> None:
        """Load a bundle to be compared with; the window's own model stays what it is."""
        settings = self.services.settings.now
        if self._loading is not None:
            self._loading.cancel()
        self.panel.say(tr("Loading {name}…").format(name=path.name))
        job = self._loading = Job(model_work(path, settings.device, settings.crops))

        def came(step: object) -> None:
            if isinstance(step, LoadedModel):
                use(step)

        job.item.connect(came)
        job.failed.connect(failed)
        job.start(self.services.pools.inference)

    def keep_model(self, model: LoadedModel) -> None:
        """Let the user choose this model, beside the window's own."""
        own = self.services.locator.model
        self._models = {own.path: own} if own else {}
        self._models[model.path] = model

    def models(self) -> dict[Path, LoadedModel]:
        """List the models that can be chosen, by path."""
        return dict(self._models)

    def choose(self, choices: Sequence[SideChoice], shown: str, view: OpenedView) -> None:
        """Compare what a view compares; its place on the map stays."""
        self._extra_photos += [choice.photo for choice in choices if choice.photo is not None]
        for number, (picker, choice) in enumerate(zip(self.pickers, choices, strict=True)):
            picker.fill_models(self._named_models(), choice.model)
            picker.fill_photos(self._photos(), choice.photo)
            if choice.photo is None:
                picker.photo.setCurrentIndex(-1)
            self._fill_ways(number, choice.way)
        self._forget_sides()
        self.view_box.setCurrentIndex(max(0, self.view_box.findData(shown)))
        self._view = view
        self._draw()
        self.panel.show_sides(None, None)
        self._run_missing()
        if any(choice.photo is None for choice in choices):
            self._shown()

    def _forget_sides(self) -> None:
        for job in self._jobs:
            if job is not None:
                job.cancel()
        self.sides, self._jobs = [None, None], [None, None]

    def _named_models(self) -> list[tuple[Path, str]]:
        return [(path, model.name) for path, model in self._models.items()]

    def _model_came(self, number: int, model: LoadedModel) -> None:
        self.keep_model(model)
        named = self._named_models()
        for n, picker in enumerate(self.pickers):
            had = picker.chosen_model()
            wanted = model.path if n == number or had not in self._models else had
            picker.fill_models(named, wanted or model.path)
            if wanted != had:
                self._fill_ways(n, COMPLETE)
                self.sides[n] = None
        self._run_missing()

    def _choice_changed(self, number: int) -> None:
        self._view = None
        picker = self.pickers[number]
        way = picker.chosen_way()
        model = self._models.get(picker.chosen_model() or Path())
        if model is not None:
            self._fill_ways(number, way.name if way else COMPLETE)
        self.sides[number] = None
        self._run_missing()

    # --- the answers ----------------------------------------------------------------------

    def _run_missing(self) -> None:
        for number, side in enumerate(self.sides):
            if side is None:
                self._run(number)

    def _run(self, number: int) -> None:
        running = self._jobs[number]
        if running is not None:
            running.cancel()
            self._jobs[number] = None
        picker = self.pickers[number]
        photo, way = picker.chosen_photo(), picker.chosen_way()
        model = self._models.get(picker.chosen_model() or Path())
        if model is not self._ways_of[number]:
            self._fill_ways(number, way.name if way else COMPLETE)
            way = picker.chosen_way()
        if photo is None or way is None or model is None:
            return
        self.panel.say(tr("Estimating…"))
        job = self._jobs[number] = Job(decision_work(model, photo, way))
        job.item.connect(lambda side: self._came(number, job, side))
        job.failed.connect(self._failed)
        job.start(self.services.pools.inference)

    def _came(self, number: int, job: Job, side: Side) -> None:
        if job is not self._jobs[number]:
            return
        self.sides[number] = side
        self.panel.show_sides(*self.sides)
        if self._jobs[1 - number] is not None and self.sides[1 - number] is None:
            self.panel.say(tr("Estimating…"))
        self._fit = self._view is None
        self._draw()
        if all(self.sides):
            self._shown()

    def _shown(self) -> None:
        view, self._view = self._view, None
        if view is not None:
            view.shown()

    def _failed(self, error: Exception) -> None:
        self.panel.say(sentence(error))

    # --- the map --------------------------------------------------------------------------

    def _make_views(self) -> None:
        titles = (tr("A and B"), tr("A only"), tr("B only"), tr("Difference"))
        for key, (name, title) in enumerate(
            zip(("both", "a", "b", "difference"), titles, strict=True), start=1
        ):
            self.view_box.addItem(title, name)
            action = QAction(title, self)
            action.setShortcut(QKeySequence(str(key)))
            action.triggered.connect(lambda _checked=False, n=key - 1: self._show_view(n))
            self._views.append(action)
        large = QAction(tr("Both photos side by side"), self)
        large.setShortcut(QKeySequence("V"))
        large.triggered.connect(self.view_photos)
        self._views.append(large)
        self.view_box.setAccessibleName(tr("Map display"))
        self.view_box.activated.connect(self._show_view)

    def _show_view(self, index: int) -> None:
        self.view_box.setCurrentIndex(index)
        self._fit = False
        self._draw()

    def _show_cell(self, cell: LikelyCell | None) -> None:
        """Outline a cell, and go where it is."""
        if not self._on:
            return
        ring = None if cell is None else payload.cell_payload(cell)

        def show(view: MapView) -> None:
            view.push("compareCell", ring)
            if ring:
                across, down = ring[::2], ring[1::2]
                view.fit_box(min(across), min(down), max(across), max(down))

        self.services.map.when_map(show)

    def _draw(self) -> None:
        if self._on:
            self.services.map.when_map(self._push)

    def _push(self, view: MapView) -> None:
        a, b = self.sides
        if not self._on or a is None or b is None:
            view.push("compare", None)
            return
        self._serial += 1

        def publish(name: str, content: bytes) -> str:
            # The number keeps a page from taking an older file for this one.
            return f"{view.publish(f'compare-{name}.bin', content)}?{self._serial}"

        drawn = payload.comparison_payload(a, b, publish)
        view.push("compare", {**drawn, "view": self.view_box.currentData(), "fit": self._fit})
        self._fit = False
