"""The menu that keeps what is looked at: as a picture, as a page, as a view to come back to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui.kit.choose import ask_to_save
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.export.snapshot import Caption, MapSnapshot
from geoguess_app.ui.views import captions
from geoguess_app.ui.views.values import ViewError
from geoguess_app.ui.views.view_file import SUFFIX, read_view, write_view
from geoguess_app.ui.work.jobs import Job, Work
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.ui.frame.modes import Modes
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.views.opened import OpenedView

_PATIENCE_MS = 3000
"""A map that has not painted in this time is taken as it is."""


class ViewCommands(QObject):
    """The commands that save and open views; made with the window, import what they need when it is
    used."""

    def __init__(self, services: Services, modes: Modes) -> None:
        super().__init__(services.host)
        self._services, self._modes = services, modes
        self._job: Job | None = None
        self._opened: OpenedView | None = None
        self.exports = [
            self._action(tr("Map as image (PNG)…"), self.choose_picture),
            self._action(tr("Map as web page (HTML)…"), self.choose_page),
            self._action(tr("Save view…"), self.choose_view),
        ]
        self.opening = self._action(tr("Open view…"), self.choose_opened)

    # --- asking for names -----------------------------------------------------------------

    def choose_picture(self) -> None:
        """Ask where to, and save the map as a picture."""
        self._ask(tr("Export map as image"), ".png", self.save_picture)

    def choose_page(self) -> None:
        """Ask where to, and save the map as a page."""
        self._ask(tr("Export map as web page"), ".html", self.save_page)

    def choose_view(self) -> None:
        """Ask where to, and save the view."""
        self._ask(tr("Save view"), SUFFIX, self.save_view)

    def choose_opened(self) -> None:
        """Ask which view to open."""
        kinds = f"{tr('Views')} (*{SUFFIX});;{tr('All files')} (*)"
        name, _ = QFileDialog.getOpenFileName(self._services.host, tr("Open view"), "", kinds)
        if name:
            self.open(Path(name))

    def _ask(self, title: str, suffix: str, save: Callable[[Path], None]) -> None:
        start = captions.file_name(self._caption().title) + suffix
        kinds = [(suffix.removeprefix(".").upper(), (suffix,))]
        services = self._services
        path = ask_to_save(services.host, title, start, kinds, services.window_state)
        if path is not None:
            save(path)

    # --- saving and opening ---------------------------------------------------------------

    def save_picture(self, path: Path) -> None:
        """The map without its buttons, at the screen's resolution, with legend and sources."""
        pane, theme = self._services.map, self._services.theme
        view = pane.map
        if view is None:
            return

        def drawn(topic: str = "buttons", _serial: int = 0) -> None:
            if topic != "buttons" or not waiting.isActive():
                return
            waiting.stop()
            view.drawn.disconnect(drawn)
            # The frame that has been drawn is on the screen with the next one.
            QTimer.singleShot(120, self, take)

        def take() -> None:
            from geoguess_app.ui.map.export.picture import picture, png

            shown = picture(view, self._caption(), theme.tokens)
            pane.show_buttons(True)
            self._write(path, lambda: png(shown))

        waiting = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        waiting.timeout.connect(take)
        waiting.start()
        view.drawn.connect(drawn)
        pane.show_buttons(False)

    def save_page(self, path: Path) -> None:
        """The map as one HTML file that needs neither program nor network."""
        from geoguess_app.ui.map.payload import compact

        view, mode = self._services.map.map, self._modes.current
        if view is None:
            return
        shot, caption = view.snapshot(), self._caption()
        if mode is not None:
            topics, files = mode.exported_map()
            shot = shot.with_part({name: compact(value) for name, value in topics.items()}, files)
        self._write(path, lambda: _page(shot, caption))

    def save_view(self, path: Path) -> None:
        """Mode, place, layer, photos and choices, to be opened again here or elsewhere."""
        from geoguess_app.ui.views.capture import capture_view

        view = self._services.map.map
        if view is None:
            return
        try:
            folder = path.absolute().parent
            write_view(path, capture_view(self._services, self._modes, view, folder))
        except ViewError as error:
            self._services.notice.tell(str(error), error=True)
        else:
            self._services.notice.tell(tr("Saved {name}").format(name=path))

    def open(self, path: Path) -> None:
        """Show what a view says, or say in one sentence why that cannot be."""
        from geoguess_app.ui.views.opened import OpenedView

        try:
            found = read_view(path)
            self.drop()
            self._opened = OpenedView(self._services, self._modes, path, found)
            self._opened.show()
        except GeoGuessError as error:
            self.drop()
            self._services.notice.tell(str(error), error=True)

    def drop(self) -> None:
        """The user does something else: what of a view still waits does not come any more."""
        if self._opened is not None:
            self._opened.drop()
            self._opened = None

    def _write(self, path: Path, make: Callable[[], bytes]) -> None:
        self._job = Job(_writing_work(path, make), self)
        self._job.item.connect(lambda size: self._services.notice.tell(_saved_text(path, size)))
        self._job.failed.connect(
            lambda error: self._services.notice.tell(sentence(error), error=True)
        )
        self._job.start(self._services.pools.map)

    def _caption(self) -> Caption:
        return captions.caption(self._modes, self._services.locator.model)

    def _action(self, text: str, slot: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(lambda _checked=False: slot())
        return action


def _page(shot: MapSnapshot, caption: Caption) -> bytes:
    from geoguess_app.ui.map.export.page import exported_page

    return exported_page(shot, caption).encode(errors="replace")


def _writing_work(path: Path, make: Callable[[], bytes]) -> Work:
    def work(_token: CancelToken) -> Iterator[int]:
        from geoguess_app.files.atomic import atomic_binary_file

        content = make()
        try:
            with atomic_binary_file(path) as stream:
                stream.write(content)
        except OSError as error:
            raise ViewError(
                f"{path}: cannot be written ({error.strerror or error}).", code="unwritable"
            ) from error
        yield len(content)

    return work


def _saved_text(path: Path, size_bytes: int) -> str:
    return captions.about_file(str(path), size_bytes)
