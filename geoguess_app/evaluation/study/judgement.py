"""The judgement, from answers to figures: puts the parts of an evaluation together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import COMBINED, FloatArray, IntArray
from geoguess_app.evaluation.answers.collect import EvaluatedAnswer, MissingAnswer
from geoguess_app.evaluation.answers.table import PhotoTable
from geoguess_app.evaluation.metrics import baselines
from geoguess_app.evaluation.metrics.continents import continent_of
from geoguess_app.evaluation.metrics.degrees import degree_errors
from geoguess_app.evaluation.metrics.distances import (
    ErrorSummary,
    Share,
    share,
    spots,
    summarise_distances,
)
from geoguess_app.evaluation.metrics.scene_accuracy import GroupAccuracy, group_accuracy
from geoguess_app.evaluation.metrics.summary import summarise
from geoguess_app.evaluation.study.evaluation import (
    CeilingFigures,
    Evaluation,
    PartitionFigures,
    sureness,
)
from geoguess_app.evaluation.study.model_facts import ModelFacts

EXTRA_LABELS = ("precision", "source")
"""Columns that get figures of their own beside scene, continent, level, network and conflict."""


def judge(
    model: ModelFacts,
    table: PhotoTable,
    answers: Sequence[EvaluatedAnswer],
    misses: Sequence[MissingAnswer],
    *,
    where: Sequence[str] = (),
    country_codes: Sequence[str] | None = None,
    seed: int = 0,
) -> Evaluation:
    """Work out every figure.

    ``country_codes``: one per answer, of the true positions, where the table has none itself.
    """
    truth = _pairs([(a.row.latitude_deg, a.row.longitude_deg) for a in answers])
    said = _pairs([(a.coordinate.latitude_deg, a.coordinate.longitude_deg) for a in answers])
    finest = np.array([a.row.finest_scorable_km for a in answers], dtype=np.float64)
    radii = [(a.radii.r50_km, a.radii.r80_km, a.radii.r95_km) for a in answers]
    countries = country_codes or [answer.row.country_code for answer in answers]
    labels = _labels(answers, countries)
    scale = model.scale
    spot = spots(truth[:, 0], truth[:, 1], scale.spot_deg)
    metrics = summarise(
        truth[:, 0],
        truth[:, 1],
        said[:, 0],
        said[:, 1],
        confidence=None if scale.local else [answer.confidence for answer in answers],
        sureness=sureness(answers, scale),
        thresholds_km=scale.thresholds_km,
        spot=spot,
        radii_km=np.array(radii, dtype=np.float64).reshape(-1, 3),
        candidates=[answer.candidates for answer in answers],
        finest_scorable_km=finest,
        labels=labels,
        seed=seed,
    )
    yardstick = _Yardstick(model, truth, finest, spot, seed)
    return Evaluation(
        model=model,
        table=table,
        where=tuple(where),
        answers=tuple(answers),
        misses=tuple(misses),
        metrics=metrics,
        labels=labels,
        floor=yardstick.floor(),
        mean_point=yardstick.mean_point(),
        ceiling=yardstick.ceiling(),
        bank_ceiling=yardstick.bank_ceiling(),
        nearest_alone=yardstick.nearest_alone(answers),
        degrees=degree_errors(truth, said),
        near_training=yardstick.near_training(),
        by_partition=yardstick.by_partition(answers),
        right_country=yardstick.right_country(answers, countries),
        scene=_scenes(answers, seed),
    )


@dataclass(frozen=True)
class _Yardstick:
    """The truths of the located photos, and what the model's cells allow on them."""

    model: ModelFacts
    truth: FloatArray
    finest_km: FloatArray
    spot: IntArray
    seed: int

    def floor(self) -> baselines.Floor | None:
        points = self._points()
        if points is None:
            return None
        return baselines.floor(
            points,
            *self.truth.T,
            finest_scorable_km=self.finest_km,
            thresholds_km=self.model.scale.thresholds_km,
        )

    def _points(self) -> baselines.PriorPoints | None:
        """What a blind answer may be drawn from: the cells, or else the bank."""
        if not len(self.truth):
            return None
        if self.model.partitions:
            return baselines.PriorPoints.of_cells(self.model.partitions[-1])
        return self._bank_points()

    def _bank_points(self) -> baselines.PriorPoints | None:
        bank = self.model.bank
        if bank is None or not len(self.truth):
            return None
        weights = np.ones(len(bank.latitude_deg))
        return baselines.PriorPoints(bank.latitude_deg, bank.longitude_deg, weights)

    def mean_point(self) -> ErrorSummary | None:
        center = self.model.center
        if center is None or not len(self.truth):
            return None
        return self._summary(
            great_circle_km(center.latitude_deg, center.longitude_deg, *self.truth.T)
        )

    def ceiling(self) -> CeilingFigures | None:
        if not self.model.partitions or not len(self.truth):
            return None
        return self._figures(baselines.cell_ceiling(self.model.partitions[-1], *self.truth.T))

    def bank_ceiling(self) -> CeilingFigures | None:
        bank, points = self.model.bank, self._bank_points()
        if bank is None or points is None:
            return None
        if not self.model.partitions:
            return self._figures(baselines.nearest_ceiling(points, *self.truth.T))
        ceiling = baselines.bank_ceiling(
            self.model.partitions[-1],
            bank.latitude_deg,
            bank.longitude_deg,
            bank.cell_index,
            *self.truth.T,
        )
        return self._figures(ceiling)

    def nearest_alone(self, answers: Sequence[EvaluatedAnswer]) -> ErrorSummary | None:
        """What the most similar training photo alone would have answered; None without a bank."""
        spots = [answer.nearest for answer in answers if answer.nearest is not None]
        if not spots or len(spots) < len(answers):
            return None
        points = _pairs([(spot.latitude_deg, spot.longitude_deg) for spot in spots])
        return self._summary(np.atleast_1d(great_circle_km(*points.T, *self.truth.T)))

    def near_training(self) -> int | None:
        points = self._bank_points()
        if points is None:
            return None
        distances = baselines.nearest_ceiling(points, *self.truth.T).distance_km
        return int((distances <= self.model.scale.thresholds_km[0]).sum())

    def _figures(self, ceiling: baselines.Ceiling) -> CeilingFigures:
        return CeilingFigures(
            self._summary(ceiling.distance_km), ceiling.outside_cells, ceiling.distance_km
        )

    def _summary(self, distance_km: FloatArray) -> ErrorSummary:
        return summarise_distances(
            distance_km,
            finest_scorable_km=self.finest_km,
            spot=self.spot,
            thresholds_km=self.model.scale.thresholds_km,
            seed=self.seed,
        )

    def by_partition(self, answers: Sequence[EvaluatedAnswer]) -> Mapping[str, PartitionFigures]:
        partitions = {partition.name: partition for partition in self.model.partitions}
        if partitions:
            partitions[COMBINED] = self.model.partitions[-1]
        figures = {}
        for name, partition in partitions.items():
            if not answers or any(name not in answer.partitions for answer in answers):
                continue
            cells = np.array([answer.partitions[name].cell_index for answer in answers])
            ranks = np.array([answer.partitions[name].true_rank for answer in answers])
            inside = ranks >= 0
            distances = great_circle_km(
                self.truth[:, 0],
                self.truth[:, 1],
                partition.mean_latitude_deg[cells],
                partition.mean_longitude_deg[cells],
            )
            figures[name] = PartitionFigures(
                cells=partition.size,
                top1=share(ranks[inside] == 0, spot=self.spot[inside], seed=self.seed),
                top5=share(ranks[inside] < 5, spot=self.spot[inside], seed=self.seed),
                summary=self._summary(distances),
            )
        return figures

    def right_country(
        self, answers: Sequence[EvaluatedAnswer], countries: Sequence[str]
    ) -> Share | None:
        """How often the answer's place lies in the true country; None where no country is known."""
        known = [index for index, code in enumerate(countries) if code]
        if not known:
            return None
        right = [
            answers[index].place.country_code.upper() == countries[index].upper() for index in known
        ]
        return share(right, spot=self.spot[known], seed=self.seed)


def _pairs(values: Sequence[tuple[float, float]]) -> FloatArray:
    return np.array(values, dtype=np.float64).reshape(-1, 2)


def _labels(answers: Sequence[EvaluatedAnswer], countries: Sequence[str]) -> dict[str, list[str]]:
    """One text per photo for each label that at least one photo has."""
    labels = {
        "scene": [answer.row.scene.lower() for answer in answers],
        "continent": [
            answer.row.continent.upper() or continent_of(country)
            for answer, country in zip(answers, countries, strict=True)
        ],
        "level": [str(answer.level) for answer in answers],
        "network": [answer.network for answer in answers],
        "conflict": ["yes" if answer.conflict else "no" for answer in answers],
        **{name: [a.row.values.get(name, "") for a in answers] for name in EXTRA_LABELS},
    }
    return {name: texts for name, texts in labels.items() if any(texts)}


def _scenes(answers: Sequence[EvaluatedAnswer], seed: int) -> GroupAccuracy | None:
    labelled = [
        (answer.s3_probabilities, answer.row.scene.lower())
        for answer in answers
        if answer.s3_probabilities is not None
    ]
    if not labelled:
        return None
    probabilities, scenes = zip(*labelled, strict=True)
    return group_accuracy(np.stack(probabilities), scenes, seed=seed)
