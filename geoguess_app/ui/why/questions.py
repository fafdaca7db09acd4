"""Questions about an answer: why there, why the next likely place, why this scene."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.explain.types import AnswerTarget, CellTarget, SceneTarget, Target
from geoguess_app.core.types import COMBINED, Coordinate, Level, SceneProbabilities
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.outcome import LocatingOutcome

if TYPE_CHECKING:
    from geoguess_app.ui.work.workers import LoadedModel

_SCENES_OFFERED = 5


class QuestionKind(StrEnum):
    """The kinds of question; the first three have a button."""

    ANSWER = "answer"
    RUNNER_UP = "runner-up"
    SCENE = "scene"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one photo."""

    asked: QuestionKind
    target: Target
    title: str
    """What the regions speak for, as a heading: "Lyon, France"."""
    chance: float | None
    """Its probability, where the window knows it."""


def answer(outcome: LocatingOutcome) -> Question:
    """Ask why the model gives this answer."""
    prediction, place = outcome.located.prediction, outcome.located.place
    title = words.place_short(place, prediction.level)
    if prediction.level is Level.CANNOT_TELL:
        title = tr("Best guess: {place}").format(place=words.place_vague(place))
    if not prediction.candidates:
        return Question(QuestionKind.ANSWER, AnswerTarget(), title, None)
    # By its cell: the answer that is shown may be the one inside an area.
    first = prediction.candidates[0]
    target = CellTarget(COMBINED, first.cell_index)
    return Question(QuestionKind.ANSWER, target, title, first.probability)


def runner_up(outcome: LocatingOutcome) -> Question | None:
    """Ask why it is not the next place of the list."""
    return candidate(outcome, 2) if len(outcome.candidate_places) > 1 else None


def candidate(outcome: LocatingOutcome, rank: int) -> Question | None:
    """Ask about a place of the list; the first is the answer."""
    if rank == 1:
        return answer(outcome)
    for found, place in zip(
        outcome.located.prediction.candidates, outcome.candidate_places, strict=True
    ):
        if found.rank == rank:
            return Question(
                QuestionKind.RUNNER_UP if rank == 2 else QuestionKind.PLACE,
                CellTarget(COMBINED, found.cell_index),
                words.place_short(place),
                found.probability,
            )
    return None


def cell(outcome: LocatingOutcome, layer: str, index: int, model: LoadedModel) -> Question:
    """Ask about a cell that was clicked on the map."""
    if layer == COMBINED:
        for found in outcome.located.prediction.candidates:
            asked = candidate(outcome, found.rank) if found.cell_index == index else None
            if asked is not None:
                return asked
    partitions = model.predictor.bundle.partitions
    partition = next((p for p in partitions if p.name == layer), partitions[-1])
    middle = Coordinate(
        float(partition.mean_latitude_deg[index]), float(partition.mean_longitude_deg[index])
    )
    title = words.place_in_sentence(model.places.at_many([middle])[0], middle)
    if layer != COMBINED:
        title = tr("{place} ({layer} cell)").format(place=title, layer=words.layer(layer).lower())
    return Question(
        QuestionKind.PLACE, CellTarget(layer, index), title, _chance(outcome, layer, index)
    )


def _chance(outcome: LocatingOutcome, layer: str, index: int) -> float | None:
    """A cell's probability, if it is among those that the map shows."""
    cells, shares = outcome.map_state.layers.get(layer, ((), ()))
    for found, share in zip(cells, shares, strict=True):
        if int(found) == index:
            return float(share)
    return None


def scenes(scene: SceneProbabilities | None) -> list[Question]:
    """Ask about the kind of place: the likeliest scenes, and the kind of place as a whole."""
    if scene is None:
        return []
    table = scene_table()
    kinds = {"s16": tr("Scene group: {name}"), "s3": tr("Scene type: {name}")}
    found = []
    for granularity, names, count in (
        ("s365", table.labels, _SCENES_OFFERED),
        ("s16", table.s16_names, 1),
        ("s3", table.s3_names, 1),
    ):
        shares = np.asarray(getattr(scene, granularity))
        for index in np.argsort(-shares, kind="stable")[:count]:
            title = words.scene(names[index])
            if granularity in kinds:
                title = kinds[granularity].format(name=title.lower())
            target = SceneTarget(granularity, int(index))
            found.append(Question(QuestionKind.SCENE, target, title, float(shares[index])))
    return found
