"""Ablation: what each part of a model brings, its variants judged on the same photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.answers.variants import COMPLETE, Variant
from geoguess_app.evaluation.metrics.distances import ErrorSummary, summarise_distances
from geoguess_app.evaluation.metrics.paired import PairedShare, paired_share
from geoguess_app.evaluation.study.evaluation import Evaluation


@dataclass(frozen=True)
class AblationRow:
    """One variant: its figures and, photo by photo, its difference from the complete model."""

    section: str
    name: str
    crops: int
    summary: ErrorSummary
    difference: Mapping[float, PairedShare]

    @property
    def complete(self) -> bool:
        """Tell whether this is the model as it is."""
        return self.name == COMPLETE

    def to_json(self) -> dict[str, Any]:
        """The summary's keys, with what distinguishes the variant."""
        return {
            "section": self.section,
            "variant": self.name,
            "crops": self.crops,
            **self.summary.to_json(),
            "difference_from_complete": {
                f"{km:g}": value.to_json() for km, value in self.difference.items()
            },
        }


def ablate(
    evaluation: Evaluation, variants: Sequence[Variant], *, seed: int = 0
) -> tuple[AblationRow, ...]:
    """Judge the answers of the variants, in their order; none where nothing was located."""
    if not evaluation.answers:
        return ()
    spot, finest = evaluation.spot, evaluation.finest_km
    thresholds = evaluation.scale.thresholds_km
    distances = {variant.name: _distances(evaluation, variant.name) for variant in variants}
    complete = distances[COMPLETE]
    return tuple(
        AblationRow(
            section=variant.section,
            name=variant.name,
            crops=variant.crops,
            summary=summarise_distances(
                distances[variant.name],
                finest_scorable_km=finest,
                spot=spot,
                thresholds_km=thresholds,
                seed=seed,
            ),
            difference={
                km: paired_share(
                    complete[finest <= km] <= km,
                    distances[variant.name][finest <= km] <= km,
                    spot=spot[finest <= km],
                    seed=seed,
                )
                for km in thresholds
            },
        )
        for variant in variants
    )


def _distances(evaluation: Evaluation, name: str) -> FloatArray:
    rows = [answer.row for answer in evaluation.answers]
    said = [answer.variants[name] for answer in evaluation.answers]
    return np.atleast_1d(
        great_circle_km(
            [row.latitude_deg for row in rows],
            [row.longitude_deg for row in rows],
            [coordinate.latitude_deg for coordinate in said],
            [coordinate.longitude_deg for coordinate in said],
        )
    )
