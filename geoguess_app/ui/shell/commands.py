"""Commands of the window, which menus, keys and buttons call."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from geoguess_app.core.format import use_units
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.frame.position_menu import add_position_actions
from geoguess_app.ui.kit.menus import pop_up
from geoguess_app.ui.kit.units import units_of
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.shell.about import AboutDialog, KeysDialog

if TYPE_CHECKING:
    from geoguess_app.models.library import LibraryModel
    from geoguess_app.ui.library.page import LibraryPage
    from geoguess_app.ui.shell.window import MainWindow

_PHOTO_FILTER = (
    "*.jpg *.jpeg *.png *.heic *.heif *.webp *.tif *.tiff *.bmp *.gif *.avif *.jp2 *.jxl "
    "*.dng *.cr2 *.cr3 *.nef *.arw *.raf *.orf *.rw2"
)


class Commands(QObject):
    """The commands of a MainWindow; hold no state of their own."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def choose_photos(self) -> None:
        """Ask for photo files."""
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

    def review(self, photos: list[Path]) -> None:
        """Open photos in the review; answers are remembered, so nothing is computed anew;
        clues go with them."""
        from geoguess_app.ui.review.mode import ReviewMode

        review = self._window.modes.switch("review")
        assert isinstance(review, ReviewMode)
        self._window.intake.open_paths(photos)
        review.areas.carry(self._window.locate.areas.clues_of(photos))

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

    def toggle_full_screen(self) -> None:
        """Use the whole screen, or the window's frame again."""
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def reset_layout(self) -> None:
        """Give the panes their usual widths, which follow the window's."""
        self._window.forget_panes()

    def toggle_theme(self) -> None:
        """Light or dark, remembered."""
        self._window.theme.toggle()
        self._window.services.settings.change(theme=self._window.theme.choice)

    def use_model(self, path: Path | None) -> None:
        """Load another bundle; it is remembered once it has loaded."""
        self._window.load_model(path)

        def remember(model: object) -> None:
            forget()
            self._window.services.settings.change(model=str(path) if path else None)

        def forget(*_: object) -> None:
            self._window.locator.modelReady.disconnect(remember)
            self._window.locator.modelFailed.disconnect(forget)

        self._window.locator.modelReady.connect(remember)
        self._window.locator.modelFailed.connect(forget)

    def show_models(self, wanted: object = None) -> None:
        """Open the model library at a model (a path, or a published one's name), or at the one in
        use."""
        self._library().open_at(wanted)

    def calibrate_asked(self) -> None:
        """Open the library at the model in use, where it can be calibrated."""
        self.show_models()

    def ask_another_model(self) -> None:
        """Ask another model about the photo looked at: the only other one, or one of a menu."""
        from geoguess_app.models.library import LibraryModel, library

        used = self._window.locator.model
        others = [
            model
            for model in library()
            if isinstance(model, LibraryModel)
            and model.locates
            and (used is None or model.path != used.path)
        ]
        if not others:
            self.show_models("geoclip")
        elif len(others) == 1:
            self.compare_with(others[0].path)
        else:
            self._offer_models(others)

    def compare_with(self, path: Path) -> None:
        """Compare the model in use with another, on the photo looked at."""
        from geoguess_app.ui.compare.mode import CompareMode

        mode = self._window.modes.switch("compare")
        assert isinstance(mode, CompareMode)
        mode.ask_other(path)
        self._window.activateWindow()

    def _offer_models(self, models: list[LibraryModel]) -> None:
        menu = QMenu(self._window)
        for model in models:
            menu.addAction(model.manifest.title, partial(self.compare_with, model.path))
        menu.setActiveAction(menu.actions()[0])
        pane = self._window.map_pane
        pop_up(menu, pane.mapToGlobal(pane.rect().center()))

    def _library(self) -> LibraryPage:
        from geoguess_app.ui.library.page import LibraryPage

        found = self._window.findChild(LibraryPage)
        if found is not None:
            return found
        page = LibraryPage(self._window.services, self._window)
        page.useWanted.connect(self.use_model)
        page.compareWanted.connect(self.compare_with)
        page.trainWanted.connect(self._train)
        page.workTold.connect(partial(self._window.page_told, self.show_models))
        page.connected.connect(self._window.status.show_download)
        self._window.closing.connect(page.close_work)
        return page

    def show_references(self) -> None:
        """Open the page of the reference photos."""
        from geoguess_app.ui.references.page import ReferencesPage

        page = self._window.findChild(ReferencesPage)
        if page is None:
            page = ReferencesPage(self._window.services, self._window)
            page.workTold.connect(partial(self._window.page_told, self.show_references))
            self._window.closing.connect(page.close_work)
        page.open_()

    def _train(self) -> None:
        self._window.modes.switch("train")
        self._window.activateWindow()

    def show_device(self) -> None:
        """Show what the model runs on, and how fast."""
        from geoguess_app.ui.shell.device_dialog import DeviceDialog

        dialog = DeviceDialog(lambda: self._window.locator.model, self._window)
        dialog.settingsWanted.connect(self.show_settings)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_settings(self) -> None:
        """Device, crops, theme, coordinate format."""
        from geoguess_app.ui.shell.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._window.settings, self._window)
        dialog.changed.connect(lambda values: self.apply_settings(**values))
        dialog.open()

    def apply_settings(self, **values: Any) -> None:
        """Change settings and everything that follows from them."""
        keeper = self._window.services.settings
        before, units_before = (keeper.now.device, keeper.now.crops), keeper.now.units
        keeper.change(**values)
        self._window.theme.choose(keeper.now.theme)
        self._window.locate.use_coordinate_format()
        if keeper.now.units != units_before:
            self._use_units()
        if not keeper.now.keep_list:
            self._window.locate.keeper.forget()
        if (keeper.now.device, keeper.now.crops) != before:
            self._window.load_model(Path(keeper.now.model) if keeper.now.model else None)

    def _use_units(self) -> None:
        use_units(units_of(self._window.settings))
        self._window.map_pane.show_units()
        for mode in self._window.modes:
            mode.units_changed()

    def show_map_menu(self, where: Coordinate, on_screen: QPoint) -> None:
        """Offer what can be done with a place of the map."""
        menu, mode = QMenu(self._window), self._window.modes.current
        if mode is not None:
            mode.add_map_actions(menu, where)
            menu.addSeparator()
        add_position_actions(menu, self._window.services, where)
        pop_up(menu, on_screen)

    def show_help(self) -> None:
        """Open the page about the mode that is on."""
        from geoguess_app.ui.shell.help import HelpDialog

        dialog = self._window.findChild(HelpDialog) or HelpDialog(self._window)
        mode = self._window.modes.current
        page, _, part = (mode.help_page if mode is not None else "window.md").partition("#")
        dialog.open_page(page, part)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def show_questions(self) -> None:
        """Answer what newcomers ask, with the loaded model's own figures."""
        from geoguess_app.ui.shell.first_questions import FirstQuestionsDialog

        dialog = FirstQuestionsDialog(self._window.locator.model, self._window)
        dialog.wanted.connect(self.follow)
        dialog.open()

    def show_model_card(self) -> None:
        """Show what the loaded model's maker says of it."""
        from geoguess_app.ui.shell.first_questions import ModelCardDialog, model_card

        model = self._window.locator.model
        if model is not None:
            ModelCardDialog(model.name, model_card(model), self._window).open()

    def follow(self, link: str) -> None:
        """Do what a link of the first questions or the welcome says: a page, a model, a mode."""
        if link == "card":
            self.show_model_card()
        elif link == "models":
            self.show_models()
        elif link == "geoclip":
            self.show_models(link)
        elif link == "references":
            self.show_references()
        else:
            self._window.modes.switch(link)

    def show_keys(self) -> None:
        """The keyboard at a glance."""
        KeysDialog(self._window).open()

    def show_about(self) -> None:
        """Show what the program is, and acceptable use."""
        AboutDialog(self._window).open()

    def _opened(self, paths: list[Path]) -> None:
        if paths:
            folder = paths[0] if paths[0].is_dir() else paths[0].parent
            self._window.window_state.setValue("folder", str(folder))
            self._window.intake.open_paths(paths)

    def _last_folder(self) -> str:
        return str(self._window.window_state.value("folder", "") or Path.home())
