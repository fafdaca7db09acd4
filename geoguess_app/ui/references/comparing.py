"""A photo held against the reference photos: the work behind the viewer, and what it teaches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.jobs import Job

if TYPE_CHECKING:
    import numpy as np

    from geoguess_app.references.answer import ComparedReference
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.references.same_place_viewer import SamePlaceViewer


class SamePlaceController(QObject):
    """A controller that opens the viewer for a photo and fills it when the work is done."""

    refused = Signal(object)
    """A pair with this photo (its path) was refused: its answer may have changed."""
    closed = Signal()

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._viewer: SamePlaceViewer | None = None
        self._job: Job | None = None
        self._photo: Path | None = None

    @property
    def viewer(self) -> SamePlaceViewer:
        """The viewer, made when it is first needed."""
        from geoguess_app.ui.references.same_place_viewer import make_same_place_viewer

        if self._viewer is None:
            self._viewer = make_same_place_viewer(self._services, self)
            self._viewer.closed.connect(self._stop)
            self._viewer.closed.connect(self.closed)
            self._viewer.refused.connect(self._refuse)
        return self._viewer

    @property
    def is_open(self) -> bool:
        """Tell whether the viewer is on the screen."""
        return self._viewer is not None and self._viewer.isVisible()

    def open(self, photo: Path, vector: np.ndarray | None = None) -> None:
        """Show a photo beside the references most like it; ``vector``: its embedding, if known."""
        model = self._services.locator.model
        if model is None:
            return
        self._stop()
        self._photo = photo
        self.viewer.begin(photo, photo.name)
        references = self._services.locator.references
        work = references.compare_work(model, photo, vector)
        job = Job(work, self)
        job.item.connect(lambda found, job=job: self._show(job, found))
        job.failed.connect(lambda problem, job=job: self._fail(job, problem))
        self._job = job.start(self._services.pools.matching)

    def close(self) -> None:
        """End the work and close the viewer."""
        self._stop()
        if self._viewer is not None:
            self._viewer.close_()
            self._viewer.pictures.close()

    def hide(self) -> None:
        """Close the viewer: its mode is left."""
        if self._viewer is not None:
            self._viewer.close_()

    def _show(self, job: Job, found: list[tuple[ComparedReference, str]]) -> None:
        from geoguess_app.ui.references.same_place_viewer import ShownCandidate

        if job is self._job:
            self.viewer.show_candidates([ShownCandidate(*one) for one in found])

    def _fail(self, job: Job, problem: Exception) -> None:
        if job is self._job:
            self.viewer.close_()
            self._services.tell_error(str(problem))

    def _refuse(self, compared: ComparedReference) -> None:
        model, photo = self._services.locator.model, self._photo
        if model is None or photo is None:
            return
        references = self._services.locator.references

        def work(_token: CancelToken) -> Iterator[Path]:
            references.refuse(model, photo, compared)
            yield photo

        job = Job(work, self)
        job.item.connect(self.refused)
        job.failed.connect(lambda problem: self._services.tell_error(str(problem)))
        job.start(self._services.pools.matching)
        self.viewer.forget(compared)
        self._services.notice.tell(
            tr("{name} will not be compared with this photo again.").format(
                name=compared.near.reference.path.name
            )
        )

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
