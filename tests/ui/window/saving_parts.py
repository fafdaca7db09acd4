"""A review of real files in a window that needs neither map nor model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from geoguess_app.core.types import Coordinate, Level, Radii
from geoguess_app.review.intake import intake
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import AnswerSummary, State
from geoguess_app.ui.review.saving_side import SavingSide
from geoguess_app.ui.review.work import ReviewWork
from geoguess_app.ui.saving.saving import SavingController
from geoguess_app.ui.shell.window import MainWindow
from geoguess_app.ui.work.review_controller import ReviewController
from tests.photos.saving import CHINA
from tests.review.samples import PLACES

EIFFEL = "48.858370, 2.294481"
BERN = Coordinate(46.948271, 7.451451)
MODEL = "Sample 1.0"


@dataclass
class Review:
    """A window, a session of the files in a folder, and what saves it."""

    window: MainWindow
    controller: ReviewController
    work: ReviewWork
    side: SavingSide
    folder: Path

    @property
    def saving(self) -> SavingController:
        """The part that writes."""
        assert self.side.saving is not None
        return self.side.saving

    def number(self, name: str) -> int:
        """Of the photo with this file name."""
        return next(p.id for p in self.controller.session if p.path.name == name)

    def numbers(self, *names: str) -> list[int]:
        return [self.number(name) for name in names]

    def state(self, name: str) -> State:
        return self.controller.session[self.number(name)].state

    def answer_all(self) -> None:
        """Give every photo an answer in Bern, as a model would."""
        answer = AnswerSummary(
            BERN, Radii(2.0, 12.3, 80.0), 0.6, Level.FINE, PLACES.at(BERN), MODEL
        )
        self.controller.update([replace(p, answer=answer) for p in self.controller.session])


@contextmanager
def review_of(window: MainWindow, folder: Path, file: Path) -> Iterator[Review]:
    """A review of a folder's photos, kept in `file`."""
    controller = ReviewController(ReviewSession(file, PLACES))
    controller.add(intake([folder]))
    work = ReviewWork(window.services, controller)
    side = SavingSide(window.services)
    side.use(controller, work)
    side.foot.setParent(window)
    try:
        yield Review(window, controller, work, side, folder)
    finally:
        work.close()
        side.close()
        controller.close()


def album(photo_sets: Path, folder: Path) -> Path:
    """Three JPEG, a PNG and a TIFF without GPS; a JPEG and a WebP of real cameras with."""
    folder.mkdir()
    exif = photo_sets / "exif"
    world = sorted((photo_sets / "world").iterdir())[:3]
    for number, source in enumerate(world, start=1):
        shutil.copy2(source, folder / f"plain_{number}.jpg")
    shutil.copy2(exif / "apple_1.jpg", folder / "located.jpg")
    shutil.copy2(exif / "htc.webp", folder / "located.webp")
    with Image.open(CHINA) as picture:
        picture.save(folder / "scan.png")
        picture.save(folder / "scan.tif")
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder
