"""The area gate: the parts of a bundle that say whether a photo shows its area at all."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.area_parts import with_area_network, with_likeness_bank
from trainer.common.bundle_contents import MAIN, BundleContents
from trainer.data.training_photos import TrainingPhotos
from trainer.engine.decoding import decode_photos
from trainer.fitting.radii import surely_within_km
from trainer.fitting.recognition import (
    DECAYS,
    ENOUGH,
    LIKELIER,
    SHARE,
    answer_threshold,
    fit_area,
    fit_recognition,
    level_rules,
    likeness_recognition,
    recognition_loss,
)

log = logging.getLogger(__name__)

MOST_PHOTOS = 2000
"""More photos than these change no head."""
TOWN_KM = 50.0
"""99 of 100 photos of a town or campus lie so near to its middle."""
_FEWEST = 2
_CHUNKS = 3
"""Photos from elsewhere: to fit the head, to learn what it means, to measure it."""


def is_local(photos: TrainingPhotos) -> bool:
    """Tell whether all but a few training photos lie in one town."""
    train = photos.take(photos.rows("train"))
    apart = great_circle_km(
        float(np.median(train.latitude_deg)),
        float(np.median(train.longitude_deg)),
        train.latitude_deg,
        train.longitude_deg,
    )
    return bool(np.quantile(apart, 0.99) <= TOWN_KM)


@dataclass(frozen=True, eq=False)
class AreaGatedBundle:
    """A bundle that knows when it cannot tell, and how many photos from elsewhere it refuses."""

    contents: BundleContents
    calibration: Calibration
    elsewhere: dict[str, int] | None = None


class TrunkFeatures:
    """Photos as a bundle's trunk sees them, for telling its area from elsewhere."""

    def __init__(self, predictor: Predictor, threads: int) -> None:
        self._predictor, self._threads = predictor, threads

    def of(self, pictures: Iterable[tuple[int, Path | bytes]]) -> tuple[IntArray, np.ndarray]:
        """Rows (n) of the photos that can be read; means over crops of unit features (n, d)."""
        rows, found = [], []
        for chunk in decode_photos(
            pictures, self._predictor.prepare, lambda row: None, threads=self._threads
        ):
            run = self._predictor.engine.run(np.concatenate([crops for _, crops in chunk]))
            features = run.features(MAIN).astype(np.float64)
            features /= np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
            start = 0
            for row, crops in chunk:
                rows.append(row)
                found.append(features[start : start + len(crops)].mean(axis=0))
                start += len(crops)
        return np.array(rows, dtype=np.int64), np.array(found)


def gate_by_area(
    contents: BundleContents,
    calibration: Calibration,
    predictor: Predictor,
    photos: TrainingPhotos,
    elsewhere: Sequence[Path],
    threads: int,
    decimals: int,
) -> AreaGatedBundle:
    """The contents of a local model with all that it takes to say "cannot tell".

    With photos from elsewhere a head learns to tell the training photos from them, and validation
    photos say what its numbers mean; without, likeness to the training photos must do. Where there
    are no validation photos to speak of, each training photo is compared with the others.
    """
    features = TrunkFeatures(predictor, threads)
    learned, vectors = features.of(_at_most(photos, "train"))
    _, asked = features.of(_at_most(photos, "val"))
    _, others = features.of(enumerate(elsewhere))
    near_km = surely_within_km(calibration)
    if len(others) < _CHUNKS * ENOUGH or len(asked) < _FEWEST:
        if len(others):
            log.warning(
                "%d photos from elsewhere and %d validation photos are too few to learn from.",
                len(others),
                len(asked),
            )
        tops = _tops(vectors, asked)
        if predictor.bundle.manifest.retrieval is None:
            spots = (photos.latitude_deg[learned], photos.longitude_deg[learned])
            contents = with_likeness_bank(contents, _unit(vectors), *spots, decimals)
        known, levels = likeness_recognition(tops), level_rules(LIKELIER, near_km)
        return AreaGatedBundle(contents, replace(calibration, recognition=known, levels=levels))
    first, second, third = (others[part::_CHUNKS] for part in range(_CHUNKS))
    tried = []
    for decay in DECAYS:
        head = fit_area(vectors, first, SHARE, decay)
        known = fit_recognition(head(asked), head(second), SHARE)
        tried.append(
            (recognition_loss(known, head(asked), head(second), SHARE), decay, head, known)
        )
    _, _, head, known = min(tried, key=lambda trial: trial[:2])
    lowest = answer_threshold(known, head(asked))
    refused = int((known.probability(0.0, head(third)) < lowest).sum())
    levels = level_rules(lowest, near_km)
    return AreaGatedBundle(
        with_area_network(contents, head.weight, head.bias),
        replace(calibration, recognition=known, levels=levels),
        {"photos": len(third), "cannot_tell": int(refused)},
    )


def _tops(vectors: np.ndarray, asked: np.ndarray) -> FloatArray:
    """Similarity (n) to the most similar training photo."""
    bank = _unit(vectors)
    if len(asked) >= _FEWEST:
        return np.asarray((_unit(asked) @ bank.T).max(axis=1))
    alike = bank @ bank.T
    np.fill_diagonal(alike, -1.0)
    return np.asarray(alike.max(axis=1))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _at_most(photos: TrainingPhotos, split: str) -> Iterable[tuple[int, Path | bytes]]:
    """Some photos of a split, evenly from all of it."""
    step = -(-photos.rows(split).size // MOST_PHOTOS) or 1
    for number, pair in enumerate(photos.pictures(split)):
        if number % step == 0:
            yield pair
