"""Calibrate a model with a gallery on located photos: how far its answers may be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.bundle import Bundle, open_bundle
from geoguess_app.core.bundle.writer import rewrite_bundle
from geoguess_app.core.calibration.json_form import calibration_to_json
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.decide import decide
from geoguess_app.core.decision.types import DecisionModel, RawOutputs
from geoguess_app.core.errors import BundleError, PhotoError
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import UNCALIBRATED, Prediction
from geoguess_app.evaluation.metrics.summary import Metrics, summarise
from trainer.common.errors import TrainError
from trainer.common.figures import accuracy_text, metrics_json
from trainer.fitting.crossfit import HeldOutFold, source_folds
from trainer.fitting.gallery import fit_gallery_calibration
from trainer.fitting.temperatures import with_calibration
from trainer.published.located import LocatedPhotos, read_located

FEWEST_PHOTOS = 300
"""Of fewer a curve over five distances would say more about chance than about the model."""
FOLDS = 5
CARD_FILE = "MODEL_CARD.md"
CALIBRATED = "(calibrated)"
"""The end of the title, so that nobody takes answers of before for those of after."""


@dataclass(frozen=True, eq=False)
class CalibrationOutcome:
    """The calibrated model: where it lies, on how many photos it rests, and what was measured."""

    model: Path
    title: str
    photos: int
    unreadable: int
    left_out: int
    metrics: Metrics


def calibrate(
    model: Path,
    photos: Path,
    out: Path,
    *,
    images: Path | None = None,
    device: str = "auto",
    fewest: int = FEWEST_PHOTOS,
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> CalibrationOutcome:
    """Fit the calibration of a model of kind gallery on located photos and write it to ``out``.

    ``report`` is told the step, and how many of how many photos are done. Raises BundleError for a
    model of another kind, TrainError for fewer than ``fewest`` photos, before anything is written.
    """
    bundle = open_bundle(model)
    if bundle.manifest.gallery is None:
        raise BundleError(
            f"{bundle.name} is not a model with a gallery: models that GeoGuess trains are "
            "calibrated when they are built.",
            code="kind",
        )
    report("finding photos", 0, 0)
    located = read_located(photos, images)
    enough(len(located.paths), fewest, photos)
    predictor = Predictor(bundle, device)
    answered = list(_embeddings(predictor, located, report))
    rows = np.array([row for row, _ in answered], dtype=np.int64)
    enough(len(rows), fewest, photos)
    raw = [RawOutputs({}, embedding) for _, embedding in answered]
    held = folds_of(predictor.decision_model, located, rows, raw)
    start = predictor.decision_model.calibration
    fitted = fit_gallery_calibration(held, start, lambda step: report(step, 0, 0))
    metrics = measure_held_out(held, fitted, located)
    target = _write(bundle, fitted, metrics, located, out)
    return CalibrationOutcome(
        model=target,
        title=bundle.manifest.name,
        photos=len(rows),
        unreadable=len(located.paths) - len(rows),
        left_out=located.left_out,
        metrics=metrics,
    )


def enough(count: int, fewest: int, photos: Path) -> None:
    """Raise TrainError where there are fewer located photos than are needed."""
    if count < fewest:
        raise TrainError(
            f"{photos} has {count:,} photos with a position of their own; calibrating needs "
            f"{fewest:,}. Add photos, or use the model as it is.",
            code="too-few",
        )


def _embeddings(
    predictor: Predictor, located: LocatedPhotos, report: Callable[[str, int, int], None]
) -> Iterator[tuple[int, np.ndarray]]:
    """Row and embeddings (crops, d) of every photo that can be read."""
    for row, path in enumerate(located.paths):
        report("looking at photos", row, len(located.paths))
        try:
            crops = predictor.prepare(path)
        except PhotoError:
            continue
        yield row, predictor.engine.run(crops).embeddings()


def folds_of(
    model: DecisionModel, located: LocatedPhotos, rows: np.ndarray, raw: list[RawOutputs]
) -> list[HeldOutFold]:
    """The photos in groups of whole sources; the model must have seen none of them."""
    source = located.source[rows]
    fold = source_folds([str(number) for number in source], FOLDS)
    truth = unit_vectors(located.latitude_deg[rows], located.longitude_deg[rows])
    return [
        HeldOutFold(
            model,
            rows[fold == number],
            tuple(raw[index] for index in np.flatnonzero(fold == number)),
            truth[fold == number],
            located.exact[rows][fold == number],
            source[fold == number],
        )
        for number in np.unique(fold)
    ]


def measure_held_out(
    held: list[HeldOutFold], calibration: Calibration, located: LocatedPhotos
) -> Metrics:
    """Judge the answers that a calibration gives to all photos."""
    predictions: list[Prediction] = []
    for fold in with_calibration(held, calibration):
        predictions += [decide(raw, fold.model) for raw in fold.raw]
    rows = np.concatenate([fold.rows for fold in held])
    radii = [(p.radii.r50_km, p.radii.r80_km, p.radii.r95_km) for p in predictions]
    return summarise(
        located.latitude_deg[rows],
        located.longitude_deg[rows],
        [p.coordinate.latitude_deg for p in predictions],
        [p.coordinate.longitude_deg for p in predictions],
        confidence=[p.confidence for p in predictions],
        radii_km=np.array(radii),
        finest_scorable_km=np.where(located.exact[rows], 0.0, 25.0),
        labels={"level": [p.level.value for p in predictions]},
    )


def _write(
    bundle: Bundle, calibration: Calibration, metrics: Metrics, located: LocatedPhotos, out: Path
) -> Path:
    measured: dict[str, Any] = {
        **metrics_json(metrics),
        "split": "the photos that it was calibrated on",
        "published": dict(bundle.manifest.evaluation).get("published", {}),
    }
    manifest = replace(
        bundle.manifest,
        version=_calibrated_version(bundle.manifest.version),
        calibration=calibration_to_json(calibration),
        evaluation=measured,
    )
    changed = {}
    if CARD_FILE in bundle.manifest.files:
        card = bundle.read_file(CARD_FILE).decode()
        changed[CARD_FILE] = calibrated_card(card, metrics, located).encode()
    return rewrite_bundle(out, bundle, manifest, changed)


def _calibrated_version(version: str) -> str:
    return f"{version.removesuffix(UNCALIBRATED).removesuffix(CALIBRATED).strip()} {CALIBRATED}"


TRUST = "## How far to trust it\n\n"


def calibrated_card(card: str, metrics: Metrics, located: LocatedPhotos) -> str:
    """The card with what was measured, in place of what was promised or measured before."""
    count = len(located.paths)
    shares = accuracy_text(metrics)
    said = (
        f"Calibrated on {count:,} located photos of the user's own, of "
        f"{len(np.unique(located.source)):,} groups. On these photos: {shares}. The figures are "
        "theirs: of other places it may be better or worse.\n\n"
    )
    before, found, after = card.partition(TRUST)
    if not found:
        return f"{card}\n{TRUST}{said}"
    _, gap, rest = after.partition("\n\n")
    return f"{before}{TRUST}{said}{rest if gap else after}"
