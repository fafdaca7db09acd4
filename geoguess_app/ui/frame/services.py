"""Services that a mode and its controllers work with, in place of the whole window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geoguess_app.ui.frame.open_photos import OpenPhotos
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QMainWindow

    from geoguess_app.photos.left_out import LeftOut
    from geoguess_app.ui.kit.icons import Icons
    from geoguess_app.ui.kit.notice import Notice
    from geoguess_app.ui.kit.theme import Theme
    from geoguess_app.ui.map.pane import MapPane
    from geoguess_app.ui.work.locator import Locator
    from geoguess_app.ui.work.pictures import Pictures
    from geoguess_app.ui.work.pools import Pools
    from geoguess_app.ui.work.settings_keeper import SettingsKeeper


# Qt keeps weak references to the objects whose methods are slots.
@dataclass(frozen=True, slots=True, weakref_slot=True)
class Services:
    """The shared parts of one window; made once, before any mode."""

    host: QMainWindow
    """Parent of dialogs and receiver of keys. Nothing that is the program's own is asked of it."""
    notice: Notice
    """Tells the user one sentence."""
    locator: Locator
    """The loaded model, and the work with it."""
    pools: Pools
    map: MapPane
    icons: Icons
    theme: Theme
    pictures: Pictures
    """Photos for panels, at most 900 pixels on a side."""
    thumbnails: Pictures
    """Small square photos for lists."""
    settings: SettingsKeeper
    window_state: QSettings
    """Sizes, folders and switches that are remembered between runs."""
    photos: OpenPhotos = field(default_factory=OpenPhotos)
    """The photos that are open in modes, for other modes."""

    def tell_error(self, sentence: str) -> None:
        """Say that something went wrong; the sentence stays until it is closed."""
        self.notice.tell(sentence, error=True)

    def tell_left_out(self, left_out: LeftOut, search_all: Callable[[], object]) -> None:
        """Say what a search left out, and offer to search other programs' folders, too."""
        action = (tr("Search these folders"), search_all) if left_out.folders.total() else None
        self.notice.tell(" ".join(left_out.sentences()), action=action)
