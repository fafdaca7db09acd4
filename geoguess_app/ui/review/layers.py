"""The cells of a photo's answer: looked up among remembered answers, in a worker."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.area.areas import Area
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.types import FloatArray, IntArray
from geoguess_app.review.values import ReviewPhoto
from geoguess_app.ui.work.jobs import Job
from geoguess_app.ui.work.pools import TaskPool

if TYPE_CHECKING:
    from geoguess_app.ui.work.answers import Answers
    from geoguess_app.ui.work.workers import LoadedModel

Layers = Mapping[str, tuple[IntArray, FloatArray]]
_KEPT = 64
_Key = tuple[int, object, object]


class CellLayers(QObject):
    """Cells of one photo at a time; what was asked for before the newest is not told."""

    came = Signal(int)
    """The layers of this photo are there."""

    def __init__(self, answers: Answers, pool: TaskPool, parent: QObject) -> None:
        super().__init__(parent)
        self._answers = answers
        self._pool = pool
        self._model: LoadedModel | None = None
        self._kept: OrderedDict[_Key, Layers] = OrderedDict()
        self._job: Job | None = None

    def use_model(self, model: LoadedModel) -> None:
        """The cells of this model are on the map."""
        self._model = model
        self._kept.clear()

    def of(self, photo: ReviewPhoto) -> Layers | None:
        """The cells of a photo; None: not yet, ``came`` will tell. Empty where there are none."""
        model, answer = self._model, photo.answer
        if model is None or answer is None:
            return {}
        if answer.model != model.predictor.bundle.manifest.title:
            return {}
        key = _key(photo)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        self._look_up(photo, model, key)
        return None

    def close(self) -> bool:
        """Wait for the thread; False where it did not end in time."""
        if self._job is not None:
            self._job.cancel()
        return self._pool.waitForDone(20_000)

    def _look_up(self, photo: ReviewPhoto, model: LoadedModel, key: _Key) -> None:
        if self._job is not None:
            self._job.cancel()

        def work(_token: CancelToken) -> Iterator[Layers]:
            yield self._found(photo, model)

        job = self._job = Job(work)
        job.item.connect(lambda layers: self._keep(job, photo.id, key, layers))
        job.failed.connect(lambda _error: self._keep(job, photo.id, key, {}))
        job.start(self._pool)

    def _found(self, photo: ReviewPhoto, model: LoadedModel) -> Layers:
        from geoguess_app.core.decision.heatmap import cells_to_draw
        from geoguess_app.core.types import COMBINED
        from geoguess_app.ui.work.map_state import DRAWN_MASS

        store, key = self._answers.store(), self._answers.key(model)
        prediction = store.prediction(photo.path, key)
        if prediction is None:
            return {}
        cells = dict(prediction.cell_probabilities)
        area = photo.decision.area
        if area is not None:
            cells = _inside(area, model, cells.get(COMBINED))
        return {name: cells_to_draw(p, mass=DRAWN_MASS) for name, p in cells.items()}

    def _keep(self, job: Job, number: int, key: _Key, layers: Layers) -> None:
        self._kept[key] = layers
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        if job is self._job:
            self._job = None
            self.came.emit(number)


def _inside(area: Area, model: LoadedModel, cells: FloatArray | None) -> dict[str, FloatArray]:
    """The probabilities on the map given that the photo was taken in an area."""
    from geoguess_app.core.types import COMBINED

    if cells is None:
        return {}
    with model.atlas.use() as atlas:
        inside = atlas.cover(area).condition(cells)
    return {} if inside is None else {COMBINED: inside}


def _key(photo: ReviewPhoto) -> _Key:
    answer = photo.answer
    return photo.id, photo.decision.area, answer.coordinate if answer is not None else None
