"""Menus, toolbar and keys of the window; every action works and has a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.commands import make_action
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.shell.modes import MODES

if TYPE_CHECKING:
    from geoguess_app.ui.shell.window import MainWindow


class Actions:
    """The actions of a MainWindow, all built once; they call its methods."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        make = self._make
        self.add_photos = make(
            "add-photos", tr("Add photos…"), window.commands.choose_photos, "Ctrl+O"
        )
        self.add_folder = make(
            "add-folder", tr("Add folder…"), window.commands.choose_folder, "Ctrl+Shift+O"
        )
        self.world = make("globe", tr("Zoom to world"), window.map_pane.fit_world, "W")
        self.find = make("search", tr("Find on map…"), window.map_pane.find_place, "Ctrl+G")
        self.pane = make(None, tr("Next pane"), window.commands.next_pane, "F6")
        self.full = make(None, tr("Full screen"), window.commands.toggle_full_screen, "F11")
        self.reset = make(None, tr("Reset layout"), window.commands.reset_layout)
        self.theme = make(
            "theme-dark", tr("Switch light/dark theme"), window.commands.toggle_theme, "Ctrl+T"
        )
        self.models = make("model", tr("Models…"), window.commands.show_models, "Ctrl+M")
        self.references = make(
            None, tr("Reference photos…"), window.commands.show_references, "Ctrl+Shift+R"
        )
        self.ask_other = make(
            None, tr("Ask another model…"), window.commands.ask_another_model, "Shift+M"
        )
        self.settings = make("settings", tr("Settings…"), window.commands.show_settings, "Ctrl+,")
        self.help = make("help", tr("Help"), window.commands.show_help, "F1")
        self.keys = make(None, tr("Keyboard shortcuts"), window.commands.show_keys, "Ctrl+F1")
        self.about = make(None, tr("About and responsible use"), window.commands.show_about)
        self.questions = make(None, tr("Questions and answers"), window.commands.show_questions)
        self.quit = make(None, tr("Quit"), window.close, "Ctrl+Q")
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.exports = self._export_menu()
        self.modes = self._mode_actions()
        self._build_menus()
        self.toolbar = self._build_toolbar()
        self.list_layers()

    def list_layers(self) -> None:
        """The map's layers as checkable entries; Ctrl+1, Ctrl+2 … are their keys."""
        pane = self._window.map_pane
        for old in self.layers.actions():
            self._window.removeAction(old)
        self.layers.clear()
        self.layers.setEnabled(bool(pane.layers()))
        for number, name in enumerate(pane.layers(), start=1):
            action = self.layers.addAction(words.layer(name))
            action.setCheckable(True)
            action.setChecked(name == pane.layer())
            if number < 10:
                action.setShortcut(QKeySequence(f"Ctrl+{number}"))
            action.triggered.connect(lambda _checked=False, n=number: pane.choose_layer(n))
            self._window.addAction(action)

    def _make(
        self, icon: str | None, text: str, slot: Callable[[], object], key: str | None = None
    ) -> QAction:
        icons = self._window.services.icons
        action = make_action(self._window, icons, icon, text, slot, key)
        self._window.addAction(action)
        return action

    def fit_toolbar(self, width: int) -> None:
        """Words beside the icons where there is room for them; the modes keep theirs longest, the
        mode that is on always."""
        layout = self.toolbar.layout()
        assert layout is not None
        for secondary, modes in ((True, True), (False, True), (False, False)):
            for button in self._secondary:
                _name(button, secondary)
            for action in self.modes.actions():
                _name(_button(self.toolbar, action), modes or action.isChecked())
            layout.invalidate()
            if layout.sizeHint().width() <= width:
                break

    def _mode_actions(self) -> QActionGroup:
        group = QActionGroup(self._window)
        for number, entry in enumerate(MODES, start=1):
            switch = partial(self._window.modes.switch, entry.name)
            action = self._make(entry.icon, tr(entry.title), switch, f"Ctrl+Alt+{number}")
            action.setCheckable(True)
            action.setData(entry.name)
            group.addAction(action)
        return group

    def show_mode(self, name: str) -> None:
        """Mark the mode that is on."""
        for action in self.modes.actions():
            action.setChecked(action.data() == name)
        self.fit_toolbar(self._window.width())

    def _export_menu(self) -> QMenu:
        menu = QMenu(tr("Export"), self._window)
        self._window.services.icons.bind(menu.menuAction(), "export")
        self._exports_end = menu.addSeparator()
        menu.addActions(self._window.views.exports)
        return menu

    def offer_exports(self, actions: list[QAction]) -> None:
        """Offer the exports of the mode that is on, above map and view."""
        before = self.exports.actions()
        for action in before[: before.index(self._exports_end)]:
            self.exports.removeAction(action)
        self.exports.insertActions(self._exports_end, actions)

    def _build_menus(self) -> None:
        bar = self._window.menuBar()
        file = bar.addMenu(tr("&File"))
        file.addActions([self.add_photos, self.add_folder])
        file.addMenu(self._window.recent.menu)
        file.addAction(self._window.views.opening)
        file.addSeparator()
        file.addMenu(self.exports)
        file.addSeparator()
        file.addAction(self.quit)
        view = self.view_menu = bar.addMenu(tr("&View"))
        view.addActions(self.modes.actions())
        view.addSeparator()
        view.addActions([self.find, self.world, self.pane])
        view.addSeparator()
        self.layers = view.addMenu(tr("Cells on the map"))
        view.addMenu(self._window.background.menu)
        view.addSeparator()
        view.addActions([self.theme, self.full, self.reset])
        tools = bar.addMenu(tr("&Tools"))
        tools.addActions([self.models, self.ask_other, self.references, self.settings])
        helps = bar.addMenu(tr("&Help"))
        helps.addActions([self.help, self.questions, self.keys, self.about])

    def _build_toolbar(self) -> QToolBar:
        bar = QToolBar(tr("Main toolbar"), self._window)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addActions([self.add_photos, self.add_folder])
        bar.addSeparator()
        bar.addActions(self.modes.actions())
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(space)
        export = QToolButton()
        self.exports.menuAction().setIconText(tr("Export"))
        export.setDefaultAction(self.exports.menuAction())
        export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        bar.addWidget(export)
        bar.addAction(self.models)
        bar.addActions([self.theme, self.settings, self.help])
        named = (self.add_photos, self.add_folder, *self.modes.actions(), self.models)
        for action in (*named, self.theme, self.settings, self.help):
            action.setIconText(action.text().rstrip("…"))
            _button(bar, action).setAccessibleName(action.text().rstrip("…"))
        self._secondary = [_button(bar, a) for a in (self.add_photos, self.add_folder, self.models)]
        self._secondary.append(export)
        for action in (self.theme, self.settings, self.help):
            _button(bar, action).setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        for button in bar.findChildren(QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._window.addToolBar(bar)
        return bar


def _name(button: QToolButton, named: bool) -> None:
    wide, narrow = (
        Qt.ToolButtonStyle.ToolButtonTextBesideIcon,
        Qt.ToolButtonStyle.ToolButtonIconOnly,
    )
    button.setToolButtonStyle(wide if named else narrow)


def _button(bar: QToolBar, action: QAction) -> QToolButton:
    button = bar.widgetForAction(action)
    assert isinstance(button, QToolButton)
    return button
