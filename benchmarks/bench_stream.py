"""The locating stream: what runs in the inference thread, and what a second run costs.

Run as `python -m benchmarks stream`. Uses the starter model on the CPU, and copies of the sample
photos, each a picture of its own. All shares and ratios are of one run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.photos import copies
from benchmarks.results import QUICK, Figures
from geoguess_app.core.picture.decode import PhotoBytes
from geoguess_app.core.types import Coordinate, Place, Prediction

if TYPE_CHECKING:
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.locating.memory import AnswerMemory

_PHOTOS = 12 if QUICK else 60


class _Clock:
    """Wall time and the calling thread's own computing time, summed."""

    def __init__(self) -> None:
        self.wall_s = self.own_s = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        wall_s, own_s = time.perf_counter(), time.thread_time()
        yield
        self.wall_s += time.perf_counter() - wall_s
        self.own_s += time.thread_time() - own_s


class _TimedPredictor:
    """A predictor that says how long it was at work."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor, self.clock = predictor, _Clock()
        self.device_name = predictor.device_name

    def prepare(self, photo: Path | PhotoBytes) -> np.ndarray:
        return self._predictor.prepare(photo)

    def predict(self, images: Sequence[np.ndarray]) -> list[Prediction]:
        with self.clock.running():
            return self._predictor.predict(images)


class _TimedPlaces:
    """Place names, and how long finding them took."""

    def __init__(self, places: PlaceFinder) -> None:
        self._places, self.clock = places, _Clock()
        self.load = places.load

    def at_many(self, points: Sequence[Coordinate]) -> list[Place]:
        with self.clock.running():
            return self._places.at_many(points)


def main() -> None:
    """Three runs over the same photos: without memory, filling it, and from it."""
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.predictor import load_predictor
    from geoguess_app.locating.answer_store import AnswerStore
    from geoguess_app.locating.memory import AnswerMemory, model_key

    figures = Figures(__file__, __doc__)
    predictor, finder = load_predictor(device="cpu"), PlaceFinder()
    predictor.warm_up()
    finder.load()
    with tempfile.TemporaryDirectory() as name:
        paths = copies(Path(name) / "photos", _PHOTOS)
        with closing(AnswerStore(Path(name) / "results.sqlite")) as store:
            memory = AnswerMemory(store, model_key(predictor.bundle))
            _run(figures, "without memory", paths, predictor, finder, None)
            first_s = _run(figures, "first run", paths, predictor, finder, memory)
            second_s = _run(figures, "second run", paths, predictor, finder, memory)
    figures.add(
        "second run, from memory", 1000 * second_s / _PHOTOS, "ms a photo",
        ratio=first_s / second_s, beside="the first", short=True,
    )  # fmt: skip
    figures.save()


def _run(
    figures: Figures,
    name: str,
    paths: list[Path],
    predictor: Predictor,
    finder: PlaceFinder,
    memory: AnswerMemory | None,
) -> float:
    """Locate all; what the inference thread spent its own time on; seconds."""
    from geoguess_app.locating.stream import locate

    timed, places, whole = _TimedPredictor(predictor), _TimedPlaces(finder), _Clock()
    with whole.running():
        for _ in locate(paths, timed, memory=memory, places=places):  # type: ignore[arg-type]
            pass
    if name != "second run":
        share = timed.clock.own_s / whole.own_s
        figures.add(f"{name}: inference thread in the network", share, "of its work")
        figures.add(f"{name}: place names", places.clock.own_s / whole.own_s, "of its work")
    return whole.wall_s


if __name__ == "__main__":
    main()
