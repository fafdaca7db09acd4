"""The work behind the window as generators: they run in a pool and never touch a widget."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.garbage import freeze_loaded
from geoguess_app.core.types import FailedPhoto
from geoguess_app.ui.kit.samples import sample_photos
from geoguess_app.ui.work.answers import Answers
from geoguess_app.ui.work.clashes import keep_triton_out
from geoguess_app.ui.work.jobs import Work, close
from geoguess_app.ui.work.outcome import LocatingOutcome, make_outcome
from geoguess_app.ui.work.queue import PhotoQueue
from geoguess_app.ui.work.references import References
from geoguess_app.ui.work.scheduler import InferenceScheduler

if TYPE_CHECKING:
    from geoguess_app.core.area.atlas import SharedAtlas
    from geoguess_app.core.geo.places import PlaceFinder
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.photos.left_out import LeftOut

Result = tuple[Path, LocatingOutcome | FailedPhoto]

_SCAN_CHUNK = 60
_SCAN_INTERVAL_S = 0.1
_SCAN_PAUSE_S = 0.016
"""After each chunk, so that a crowd of photos does not reach the window in one gulp."""


class LoadStep(StrEnum):
    """A step of loading a model."""

    ENGINE = "engine"
    """PyTorch itself, once in a program's life; slow after the computer was switched on."""
    MODEL = "model"
    PLACES = "places"
    TRIAL = "trial"
    """The first photo is slow everywhere, so it is one of ours."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model at work, with what the window says about it."""

    predictor: Predictor
    places: PlaceFinder
    name: str
    device: str
    path: Path
    layers: tuple[str, ...]
    """Names of the map layers, coarse to fine."""
    atlas: SharedAtlas
    """Its cells, for answers inside an area."""


def model_work(path: Path | None, device: str, crops: int | None) -> Work:
    """Imports torch, loads the bundle (None: the starter) and the place names, warms both up.

    Yields each LoadStep as it begins, and the LoadedModel at the end.
    """

    def work(token: CancelToken) -> Iterator[LoadStep | LoadedModel]:
        yield LoadStep.MODEL if "torch" in sys.modules else LoadStep.ENGINE
        keep_triton_out()
        from geoguess_app.core.area.atlas import SharedAtlas
        from geoguess_app.core.geo.places import PlaceFinder
        from geoguess_app.core.predictor import load_predictor

        predictor = load_predictor(path, device, crops)
        yield LoadStep.PLACES
        places = PlaceFinder()
        places.load()
        yield LoadStep.TRIAL
        _warm_up(predictor, places)
        predictor.engine.pace.begin()
        freeze_loaded()
        bundle = predictor.bundle
        yield LoadedModel(
            predictor=predictor,
            places=places,
            name=bundle.name,
            device=predictor.device_name,
            path=Path(bundle.path),
            layers=tuple(partition.name for partition in bundle.partitions),
            atlas=SharedAtlas(bundle),
        )

    return work


def scan_work(paths: Sequence[Path], left_out: LeftOut, *, everything: bool = False) -> Work:
    """Yield the photos below ``paths`` in chunks, some times a second; see ``photos.scan``."""

    def work(token: CancelToken) -> Iterator[list[Path]]:
        from geoguess_app.photos.scan import scan

        chunk: list[Path] = []
        last_s = time.monotonic()
        for photo in scan(paths, token, left_out=left_out, everything=everything):
            chunk.append(photo)
            full = len(chunk) >= _SCAN_CHUNK
            if full or time.monotonic() - last_s > _SCAN_INTERVAL_S:
                yield chunk
                time.sleep(_SCAN_PAUSE_S)
                chunk, last_s = [], time.monotonic()
        if chunk:
            yield chunk

    return work


def locate_work(
    queue: PhotoQueue,
    model: LoadedModel,
    answers: Answers,
    references: References,
    scheduler: InferenceScheduler,
) -> Work:
    """Yield the answers for whatever stands in ``queue``, one list at a time; remembered ones are
    not computed again, and new ones are kept. Between two of them short work with the model has its
    turn."""

    def work(token: CancelToken) -> Iterator[list[Result]]:
        from geoguess_app.locating.stream import locate

        found = locate(
            queue.drain(token),
            model.predictor,
            memory=answers.memory(model),
            token=token,
            places=model.places,
            refine=references.refiner(model),
        )
        try:
            for result in found:
                if isinstance(result, FailedPhoto):
                    yield [(result.path, result)]
                else:
                    yield [(result.path, make_outcome(result, model.places))]
                scheduler.run_waiting()
        finally:
            close(found)

    return work


def _warm_up(predictor: Predictor, places: PlaceFinder) -> None:
    """The first photo is slow everywhere, from decoding to place names: not for the user."""
    from geoguess_app.locating.stream import locate

    for result in locate(sample_photos()[:1], predictor, places=places):
        if not isinstance(result, FailedPhoto):
            make_outcome(result, places)
