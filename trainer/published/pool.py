"""Make an ensemble of models that are there: how much each says is fitted on located photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle import Bundle, open_bundle
from geoguess_app.core.bundle.manifest import EnsembleMember, Manifest, PartitionEntry
from geoguess_app.core.bundle.writer import write_ensemble
from geoguess_app.core.calibration.json_form import calibration_to_json
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.decision.model import ensemble_model
from geoguess_app.core.decision.types import DecisionModel, RawOutputs
from geoguess_app.core.errors import BundleError, PhotoError
from geoguess_app.core.format import percent, threshold
from geoguess_app.core.partition import Partition
from geoguess_app.core.predictor import Predictor
from geoguess_app.evaluation.metrics.summary import Metrics
from trainer.common.figures import metrics_json
from trainer.fitting.confidence import (
    answers_of,
    fit_candidate_share,
    fit_levels,
    fit_radius_shares,
    fit_within,
)
from trainer.fitting.crossfit import HeldOutFold
from trainer.fitting.pool import PoolChoice, fit_pool, with_members
from trainer.published.calibrate import (
    FEWEST_PHOTOS,
    enough,
    folds_of,
    measure_held_out,
)
from trainer.published.located import LocatedPhotos, read_located

CARD_FILE = "MODEL_CARD.md"
MOST_MEMBERS = 4


@dataclass(frozen=True, eq=False)
class PoolOutcome:
    """The ensemble: where it lies, on how many photos it rests, and what was measured."""

    model: Path
    title: str
    photos: int
    choice: PoolChoice
    together: Metrics
    alone: Mapping[str, Metrics]


def make_ensemble(
    models: Sequence[Path],
    photos: Path,
    out: Path,
    *,
    name: str = "Ensemble",
    images: Path | None = None,
    device: str = "auto",
    fewest: int = FEWEST_PHOTOS,
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> PoolOutcome:
    """Pool two or more models, fitted on located photos that none of them has learned from.

    ``report`` is told the step, and how many of how many photos are done. Raises BundleError for
    models that cannot be pooled, TrainError for fewer than ``fewest`` photos, before anything is
    written.
    """
    bundles = _open_members(models)
    report("finding photos", 0, 0)
    located = read_located(photos, images)
    enough(len(located.paths), fewest, photos)
    predictors = {key: Predictor(bundle, device) for key, bundle in bundles.items()}
    partitions = _common_partitions(bundles)
    start = Calibration(answer="score")
    members = tuple(EnsembleMember(key) for key in bundles)
    views = {key: predictor.decision_model for key, predictor in predictors.items()}
    model = ensemble_model(name, partitions, members, views, start)
    rows, raw = _look(predictors, located, report)
    enough(len(rows), fewest, photos)
    held = folds_of(model, located, rows, raw)
    report("weighing the models", 0, 0)
    choice = fit_pool(held)
    held = [replace(fold, model=with_members(fold.model, choice.members)) for fold in held]
    report("fitting the curves", 0, 0)
    calibration = _fit_curves(held, start)
    together = measure_held_out(held, calibration, located)
    alone = {
        key: measure_held_out(_alone(held, key, view), view.calibration, located)
        for key, view in views.items()
    }
    outcome = PoolOutcome(out, name, len(rows), choice, together, alone)
    manifest = _manifest(name, bundles, partitions, calibration, outcome)
    card = _card(outcome, bundles, located).encode()
    write_ensemble(out, manifest, partitions, bundles, {CARD_FILE: card})
    return outcome


def _open_members(models: Sequence[Path]) -> dict[str, Bundle]:
    if not 2 <= len(models) <= MOST_MEMBERS:
        raise BundleError(
            f"An ensemble has 2 to {MOST_MEMBERS} models, not {len(models)}.", code="members"
        )
    found: dict[str, Bundle] = {}
    for path in models:
        bundle = open_bundle(path)
        if not bundle.manifest.has_cells or bundle.manifest.ensemble:
            raise BundleError(
                f"{bundle.name} is of kind {bundle.manifest.kind}: only models of kinds cells and "
                "gallery can be pooled.",
                code="kind",
            )
        letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in bundle.manifest.name)
        key = letters.strip("-").lower() or "model"
        key = key if key[0].isalpha() else f"m-{key}"
        while key in found:
            key += "-2"
        found[key] = bundle
    return found


def _common_partitions(bundles: Mapping[str, Bundle]) -> tuple[Partition, ...]:
    """The partitions of the member with the most cells: others' cells are divided among them."""
    return max((tuple(b.partitions) for b in bundles.values()), key=lambda parts: parts[-1].size)


def _look(
    predictors: Mapping[str, Predictor],
    located: LocatedPhotos,
    report: Callable[[str, int, int], None],
) -> tuple[np.ndarray, list[RawOutputs]]:
    """Rows of the photos that can be read, and the outputs of all members for each."""
    rows, raw = [], []
    for row, path in enumerate(located.paths):
        report("looking at photos", row, len(located.paths))
        members = {}
        try:
            for key, predictor in predictors.items():
                crops = predictor.prepare(path)
                run = predictor.engine.run(crops)
                members[key] = predictor.raw_outputs(run, np.arange(len(crops)))
        except PhotoError:
            continue
        rows.append(row)
        raw.append(RawOutputs({}, members=members))
    return np.array(rows, dtype=np.int64), raw


def _fit_curves(held: list[HeldOutFold], start: Calibration) -> Calibration:
    answers = answers_of(held)
    calibration = replace(start, within=fit_within(answers))
    calibration = replace(
        calibration,
        radius_shares=fit_radius_shares(answers, calibration),
        candidate_share=fit_candidate_share(answers),
    )
    return replace(calibration, levels=fit_levels(answers, calibration))


def _alone(held: list[HeldOutFold], key: str, model: DecisionModel) -> list[HeldOutFold]:
    """The same photos, answered by one member."""
    return [
        replace(fold, model=model, raw=tuple(raw.members[key] for raw in fold.raw)) for fold in held
    ]


def _manifest(
    name: str,
    bundles: Mapping[str, Bundle],
    partitions: Sequence[Partition],
    calibration: Calibration,
    outcome: PoolOutcome,
) -> Manifest:
    titles = " and ".join(bundle.name for bundle in bundles.values())
    first = next(iter(bundles.values())).manifest
    sources = {p.name: p for bundle in bundles.values() for p in bundle.manifest.provenance}
    licences = dict.fromkeys(bundle.manifest.license for bundle in bundles.values())
    return Manifest(
        kind="ensemble",
        name=name,
        version="1",
        license="; ".join(licences),
        description=f"{titles} together: each says more where it is surer.",
        intended_area=max((b.manifest.intended_area for b in bundles.values()), key=len),
        created=datetime.now(UTC).date().isoformat(),
        preprocessing=first.preprocessing,
        trunks={},
        networks={},
        partitions=tuple(
            PartitionEntry(p.name, f"partitions/{p.name}.csv", p.size) for p in partitions
        ),
        provenance=tuple(sources.values()),
        ensemble=outcome.choice.members,
        calibration=calibration_to_json(calibration),
        evaluation={
            **metrics_json(outcome.together),
            "split": "the photos that it was fitted to",
            "alone": {key: metrics_json(m)["accuracy"] for key, m in outcome.alone.items()},
        },
    )


_CARD = """# {title}

{members} together. For every photo their probabilities of the same cells are multiplied, each
raised to a power that grows with the model's own confidence in that photo.

| % of {photos} photos within | {header} |
|---|{rule}
{rows}

Weights, curves and figures are of these photos, of {groups:,} groups: of other places it may be
better or worse. Crossed over groups that the weights were not fitted to, the mean log probability
around the true place is {together:.3f} together and {alone} alone{verdict}.

The cards of the members lie in `members/`; what they say about training data, licences and limits
holds here, too.
"""


def _card(outcome: PoolOutcome, bundles: Mapping[str, Bundle], located: LocatedPhotos) -> str:
    judged = {bundles[key].name: metrics for key, metrics in outcome.alone.items()}
    judged["together"] = outcome.together
    distances = list(outcome.together.overall.accuracy_every_photo)
    rows = [
        f"| {name} | "
        + " | ".join(percent(m.overall.accuracy_every_photo[km].value) for km in distances)
        + " |"
        for name, m in judged.items()
    ]
    best = max(outcome.choice.alone)
    silent = outcome.choice.together <= best
    return _CARD.format(
        title=f"{outcome.title} 1",
        members=" and ".join(bundle.name for bundle in bundles.values()),
        photos=outcome.photos,
        header=" | ".join(threshold(km) for km in distances),
        rule="---|" * len(distances),
        rows="\n".join(rows),
        groups=len(np.unique(located.source)),
        together=outcome.choice.together,
        alone=", ".join(f"{value:.3f}" for value in outcome.choice.alone),
        verdict="; no weights beat the best member, which therefore speaks alone" if silent else "",
    )
