"""What menus, keys and buttons of the window do."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from geoguess_app.core.errors import SettingsError
from geoguess_app.settings import save_settings
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.export import exporting, results_of
from geoguess_app.ui.locate.photo_row import RowState
from geoguess_app.ui.shell.about import AboutDialog, KeysDialog
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.ui.shell.window import MainWindow

_PHOTO_FILTER = (
    "*.jpg *.jpeg *.png *.heic *.heif *.webp *.tif *.tiff *.bmp *.gif *.avif *.jp2 "
    "*.dng *.cr2 *.cr3 *.nef *.arw *.raf *.orf *.rw2"
)


class Commands(QObject):
    """Acts on a MainWindow; holds no state of its own."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def choose_photos(self) -> None:
        """Ask for files."""
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            tr("Add photos"),
            self._last_folder(),
            f"{tr('Photos')} ({_PHOTO_FILTER} {_PHOTO_FILTER.upper()});;{tr('All files')} (*)",
        )
        self._opened([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Ask for a folder."""
        name = QFileDialog.getExistingDirectory(self._window, tr("Add folder"), self._last_folder())
        self._opened([Path(name)] if name else [])

    def copy_coordinates(self) -> None:
        """Copy those of the current photo in the usual form."""
        row = self._window.list.current()
        if row is not None and row.outcome is not None:
            self._window.detail.answer.copy.copy()

    def locate_again(self) -> None:
        """Locate the selected photos anew."""
        rows = [self._window.model.row(index) for index in self._window.list.selected()]
        paths = [row.path for row in rows if row is not None]
        self._window.model.set_waiting(paths)
        self._window.locate(paths)

    def resume(self) -> None:
        """Go on with what was stopped."""
        paths = [row.path for row in self._window.model.rows() if row.state is RowState.STOPPED]
        self._window.model.set_waiting(paths)
        self._window.locate(paths)

    def cancel(self) -> None:
        """Stop after the photos at work."""
        self._window.locator.cancel()
        self._window.model.set_stopped()

    def remove_selected(self) -> None:
        """Take photos off the list; no file is touched."""
        indexes = self._window.list.selected()
        first = min((index.row() for index in indexes), default=0)
        self._window.locator.forget(self._window.model.remove(indexes))
        left = self._window.model.rowCount()
        if left:
            self._window.list.select(self._window.model.rows()[min(first, left - 1)].path)
        else:
            self._window.show_row(None)

    def clear(self) -> None:
        """Empty the list."""
        self._window.locator.cancel()
        self._window.model.clear()

    def point_at(self, rank: int) -> None:
        """Choose a possible place by its rank."""
        self._window.detail.candidates.choose(rank)

    def next_pane(self) -> None:
        """Give the keyboard to list, map and details in turn."""
        window = self._window
        mode = window.modes.current
        first = mode.focus_widget() if mode is not None else None
        middle = window.map_pane.map or window.map_pane
        panes = [first or window.left, middle, window.right.currentWidget() or window.right]
        focused = QApplication.focusWidget()
        at = -1
        for i, pane in enumerate(panes):
            if focused is not None and (pane is focused or pane.isAncestorOf(focused)):
                at = i
        panes[(at + 1) % len(panes)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def toggle_theme(self) -> None:
        """Light or dark, remembered."""
        self._window.theme.toggle()
        self.change_settings(theme=self._window.theme.choice)

    def use_model(self, path: Path | None) -> None:
        """Load another bundle; it is remembered once it has loaded."""
        self._window.load_model(path)

        def remember(model: object) -> None:
            forget()
            self.change_settings(model=str(path) if path else None)

        def forget(*_: object) -> None:
            self._window.locator.modelReady.disconnect(remember)
            self._window.locator.modelFailed.disconnect(forget)

        self._window.locator.modelReady.connect(remember)
        self._window.locator.modelFailed.connect(forget)

    def check_privacy(self) -> None:
        """How precisely the current photo could be placed, and a copy that tells less."""
        from geoguess_app.ui.privacy.dialog import PrivacyDialog

        window = self._window
        row, model = window.list.current(), window.locator.model
        if row is not None and model is not None:
            PrivacyDialog(row.path, model, window.theme, window.pools, window).show()

    def show_models(self) -> None:
        """What the model is, and choosing another."""
        from geoguess_app.ui.shell.models_dialog import ModelsDialog

        dialog = ModelsDialog(self._window.locator.model, self._window)
        dialog.modelChosen.connect(self.use_model)
        dialog.open()

    def show_settings(self) -> None:
        """Device, crops, theme, coordinate format."""
        from geoguess_app.ui.shell.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._window.settings, self._window)
        dialog.changed.connect(lambda values: self.apply_settings(**values))
        dialog.open()

    def apply_settings(self, **values: Any) -> None:
        """Change settings and everything that follows from them."""
        before = (self._window.settings.device, self._window.settings.crops)
        self.change_settings(**values)
        self._window.theme.choose(self._window.settings.theme)
        self._window.detail.answer.copy.form = self._window.settings.coordinate_format
        if (self._window.settings.device, self._window.settings.crops) != before:
            self._window.load_model(
                Path(self._window.settings.model) if self._window.settings.model else None
            )

    def change_settings(self, **values: Any) -> None:
        """Set and save; a folder that cannot be written costs only the memory of it."""
        self._window.settings = dataclasses.replace(self._window.settings, **values)
        try:
            save_settings(self._window.settings)
        except SettingsError as error:
            self._window.notice.tell(str(error))

    def show_keys(self) -> None:
        """The keyboard at a glance."""
        KeysDialog(self._window).open()

    def show_about(self) -> None:
        """What this is, and acceptable use."""
        AboutDialog(self._window).open()

    def export(self, form: str) -> None:
        """Ask for a file and write all answers of the list to it."""
        suggested = str(Path(self._last_folder()) / f"photos.{form}")
        name, _ = QFileDialog.getSaveFileName(
            self._window, tr("Export results"), suggested, f"*.{form}"
        )
        if name:
            self.export_to(Path(name), form)

    def export_to(self, target: Path, form: str) -> None:
        """Write all answers of the list to ``target``, as the command line would."""
        window = self._window

        def done(count: int) -> None:
            window.notice.tell(
                tr("Wrote {photos} to {file}.").format(photos=words.photos(count), file=target)
            )

        def failed(error: Exception) -> None:
            why = error.strerror if isinstance(error, OSError) else sentence(error)
            window.notice.tell(
                tr("Could not write {file}: {why}.").format(file=target, why=why), error=True
            )

        results = results_of(window.model.rows())
        window.locator.aside(exporting(results, form, target), done, failed)

    def _opened(self, paths: list[Path]) -> None:
        if paths:
            folder = paths[0] if paths[0].is_dir() else paths[0].parent
            self._window.window_state.setValue("folder", str(folder))
            self._window.intake.open_paths(paths)

    def _last_folder(self) -> str:
        return str(self._window.window_state.value("folder", "") or Path.home())
