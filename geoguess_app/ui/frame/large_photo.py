"""Large photos over the middle of the window, with a store of large pictures of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from geoguess_app.ui.work.photo_viewer import VIEWER_KEPT, VIEWER_PX, PhotoViewer
from geoguess_app.ui.work.pictures import Pictures

if TYPE_CHECKING:
    from geoguess_app.ui.frame.services import Services


def large_pictures(services: Services, parent: QObject) -> Pictures:
    """Make a store of pictures as large as a screen; whoever makes it closes it."""
    side_px = round(VIEWER_PX * services.host.devicePixelRatioF())
    pool = services.pools.pictures
    return Pictures(pool, side_px, square=False, kept=VIEWER_KEPT, parent=parent)


def make_viewer(services: Services, pictures: Pictures) -> PhotoViewer:
    """Make the viewer of one photo."""
    return PhotoViewer(services.theme, pictures, middle_of(services))


def middle_of(services: Services) -> QWidget:
    """Return what such a photo lies over: list, map and details."""
    centre = services.host.centralWidget()
    assert centre is not None
    return centre
