"""Drops: offers of a drop or the clipboard, told apart without opening any photo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData

from geoguess_app.evaluation.accuracy.sniff import holds_evaluation
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.views.view_file import SUFFIX as VIEW_SUFFIX
from geoguess_app.ui.work.bundle_files import looks_like_bundle

_LOOKED_AT = 50
"""While dragging, only so many paths are looked at on disk; the rest count as photos."""


@dataclass(frozen=True, slots=True)
class DropOffer:
    """Local paths, a possible bundle or evaluation, a bare image, and how many web addresses."""

    paths: tuple[Path, ...] = ()
    web: int = 0
    image: bool = False
    bundle: Path | None = None
    folders: int = 0
    evaluation: bool = False
    view: bool = False

    @property
    def acceptable(self) -> bool:
        """Tell whether a drop of this does anything, be it only a message."""
        return bool(self.paths or self.image or self.web)

    @property
    def invitation(self) -> str:
        """Return what dropping it will do, in one line."""
        if self.bundle is not None:
            return tr("Drop to use this model")
        if self.view:
            return tr("Drop to open this view")
        if self.evaluation:
            return tr("Drop to see the errors of this evaluation")
        files = len(self.paths) - self.folders
        if files == 1 and not self.folders:
            return tr("Drop 1 photo to locate it")
        if files and not self.folders:
            return tr("Drop {photos} to locate them").format(photos=words.photos(files))
        if self.folders == 1 and not files:
            return tr("Drop the folder to locate its photos")
        if self.folders:
            folders = words.count(self.folders, tr("folder"), tr("folders"))
            what = f"{words.photos(files)}{tr(' and ')}{folders}" if files else folders
            return tr("Drop {what} to locate all photos").format(what=what)
        if self.image:
            return tr("Drop the image to locate it")
        return tr("Web links are not downloaded: save the photo first")


def offer_of(mime: QMimeData) -> DropOffer:
    """Read the offer from Qt's data; touches the disk for a few ``stat`` calls only."""
    local = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    web = sum(1 for url in mime.urls() if not url.isLocalFile() and url.scheme())
    if not mime.hasUrls() and mime.hasText():
        local = _paths_in_text(mime.text())
    # A browser's drag carries both an address and the pixels: the pixels are local already.
    image = mime.hasImage() and not local
    folders = sum(1 for path in local[:_LOOKED_AT] if path.is_dir())
    bundle = local[0] if len(local) == 1 and looks_like_bundle(local[0]) else None
    evaluation = len(local) == 1 and holds_evaluation(local[0])
    view = len(local) == 1 and local[0].suffix.lower() == VIEW_SUFFIX
    return DropOffer(tuple(local), web, image, bundle, folders, evaluation, view)


def _paths_in_text(text: str) -> list[Path]:
    """Existing absolute paths, one a line; any other text is no offer."""
    paths = []
    for line in text.splitlines()[:5000]:
        cleaned = line.strip().strip("\"'")
        if not cleaned:
            continue
        path = Path(cleaned).expanduser() if cleaned.startswith("~") else Path(cleaned)
        try:
            if not path.is_absolute() or not path.exists():
                return []
        except (OSError, ValueError):
            return []
        paths.append(path)
    return paths
