"""The locating stream: what runs in the inference thread, and what a second run costs.

Run as `python -m benchmarks.bench_stream [PHOTOS]`; prints Markdown tables. Uses the starter model
on the CPU, and copies of the sample photos, each a picture of its own. All shares and ratios are
of one run, so they hold on a busy machine too.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.openmp import set_passive_openmp_wait
from geoguess_app.core.picture.decode import PhotoBytes
from geoguess_app.core.types import Coordinate, Place, Prediction
from geoguess_app.paths import resource_dir

if TYPE_CHECKING:
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.locating.memory import AnswerMemory

_PHOTOS = 60
_PARTS = ("network", "place names", "everything else")


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


def main(photos: int = _PHOTOS) -> None:
    """A table for the threads, one for the runs."""
    set_passive_openmp_wait()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = _different_photos(folder, photos)
        bench_stream(folder, paths)


def bench_stream(folder: Path, paths: list[Path]) -> None:
    """Three runs over the same photos: without memory, filling it, and from it."""
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.predictor import load_predictor
    from geoguess_app.locating.answer_store import AnswerStore
    from geoguess_app.locating.memory import AnswerMemory, model_key

    predictor, finder = load_predictor(device="cpu"), PlaceFinder()
    predictor.warm_up()
    finder.load()
    with closing(AnswerStore(folder / "results.sqlite")) as store:
        memory = AnswerMemory(store, model_key(predictor.bundle))
        _row("share of the inference thread", *_PARTS, "of the run's time: network")
        _row(*["---"] * 5)
        times_s = {
            name: _run(name, paths, predictor, finder, kept)
            for name, kept in (
                ("without memory", None),
                ("first run", memory),
                ("second run", memory),
            )
        }
    _row("")
    _row("time of a run", "a photo", "ratio to the first run")
    _row("---", "---", "---")
    for name, took_s in times_s.items():
        ratio = took_s / times_s["first run"]
        _row(name, f"{1000 * took_s / len(paths):.1f} ms", f"{ratio:.3f}")


def _run(
    name: str,
    paths: list[Path],
    predictor: Predictor,
    finder: PlaceFinder,
    memory: AnswerMemory | None,
) -> float:
    """Locate all; a row about the thread; seconds."""
    from geoguess_app.locating.stream import locate

    timed, places, whole = _TimedPredictor(predictor), _TimedPlaces(finder), _Clock()
    with whole.running():
        for _ in locate(paths, timed, memory=memory, places=places):  # type: ignore[arg-type]
            pass
    shares = [timed.clock.own_s / whole.own_s, places.clock.own_s / whole.own_s]
    cells = [f"{share:.1%}" for share in (*shares, 1 - sum(shares))]
    _row(name, *cells, f"{timed.clock.wall_s / whole.wall_s:.1%}")
    return whole.wall_s


def _different_photos(folder: Path, count: int) -> list[Path]:
    """Copies of the samples; what follows the end of a JPEG makes each its own picture."""
    samples = [path.read_bytes() for path in sorted((resource_dir() / "samples").glob("*.jpg"))]
    paths = [folder / f"photo {number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(samples[number % len(samples)] + number.to_bytes(4, "big"))
    return paths


def _row(*cells: str) -> None:
    sys.stdout.write(("| " + " | ".join(cells) + " |" if any(cells) else "") + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
