"""Drag and drop, and paste: photos, folders, bundles and bare pictures come in here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage

from geoguess_app.evaluation.accuracy.sniff import holds_evaluation
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.shell.drops import DropOffer, offer_of
from geoguess_app.ui.views.view_file import SUFFIX as VIEW_SUFFIX
from geoguess_app.ui.work.bundle_files import looks_like_bundle

if TYPE_CHECKING:
    from geoguess_app.photos.left_out import LeftOut
    from geoguess_app.ui.shell.window import MainWindow


class Intake(QObject):
    """The way of photos, folders and models into a MainWindow."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.locator.leftOut.connect(self._tell_left_out)

    def drag_entered(self, event: QDragEnterEvent) -> None:
        """Invite to drop what we can use."""
        offer = offer_of(event.mimeData())
        if not offer.acceptable:
            event.ignore()
            return
        self._window.overlay.invite(offer.invitation)
        accept_as_copy(event)

    def dropped(self, event: QDropEvent) -> None:
        """Note what was dropped; the work begins after the event."""
        self._window.overlay.hide()
        offer = offer_of(event.mimeData())
        image = _image_of(event.mimeData()) if offer.image else None
        accept_as_copy(event)
        QTimer.singleShot(0, self, lambda: self.take(offer, image))

    def paste(self) -> None:
        """Take what the clipboard holds: a picture, files, or paths as text."""
        mime = QGuiApplication.clipboard().mimeData()
        offer = offer_of(mime)
        image = _image_of(mime) if offer.image else None
        if not offer.acceptable:
            self._window.notice.tell(tr("The clipboard contains no photo."))
            return
        self.take(offer, image)

    def take(self, offer: DropOffer, image: QImage | None) -> None:
        """Open what was dropped or pasted."""
        if offer.paths:
            self.open_paths(list(offer.paths))
        elif image is not None:
            self._take_picture(image)
        elif offer.web:
            self._window.notice.tell(
                tr("Web links are not downloaded. Save the photo first, then drop the file.")
            )

    def open_paths(self, paths: list[Path]) -> None:
        """Load a model if that is what this is; look for photos in the rest."""
        paths = [path.absolute() for path in paths]
        bundles = [path for path in paths if looks_like_bundle(path)]
        if bundles:
            self._use_model(bundles)
        photos = [path for path in paths if path not in bundles]
        if len(photos) == 1 and photos[0].suffix.lower() == VIEW_SUFFIX:
            self._window.views.open(photos[0])
            return
        if photos:
            self._window.recent.note(photos)
            self._window.views.drop()
        if len(photos) == 1 and holds_evaluation(photos[0]):
            self._window.modes.switch("accuracy").open_paths(photos)
            return
        mode = self._window.modes.current
        if photos and not (mode is not None and mode.open_paths(photos)):
            self._window.modes.switch("locate")
            self._window.locate.scan(photos)

    def _use_model(self, bundles: list[Path]) -> None:
        """Load the first of some models; what becomes of the others is said."""
        first, *others = dict.fromkeys(
            path.parent if path.name == "bundle.json" else path for path in bundles
        )
        self._window.commands.use_model(first)
        if others:
            self._window.notice.tell(
                tr(
                    "{first} is used; only one model can be at a time. Not loaded: {others}."
                ).format(first=first.name, others=", ".join(path.name for path in others))
            )

    def _tell_left_out(self, left_out: LeftOut, paths: list[Path]) -> None:
        self._window.services.tell_left_out(
            left_out, lambda: self._window.locator.scan(paths, everything=True)
        )

    def _take_picture(self, image: QImage) -> None:
        self._window.views.drop()
        self._window.modes.switch("locate")
        path = self._window.pasted.keep(image)
        if path is None:
            self._window.notice.tell(tr("The image on the clipboard could not be stored."))
            return
        self._window.locate.take_picture(path)


def accept_as_copy(event: QDropEvent) -> None:
    """Take a drag or drop without letting its source delete anything."""
    # A move would let the file manager delete what was dropped.
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _image_of(mime: QMimeData) -> QImage | None:
    data = mime.imageData()
    image = data if isinstance(data, QImage) else QImage(data) if data is not None else QImage()
    return None if image.isNull() else image
