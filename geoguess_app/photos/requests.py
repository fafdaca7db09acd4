"""Requests to write, made of answers: who passes, and what is said."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.format import percent, plain_spaces, threshold
from geoguess_app.core.types import Level, LocatedPhoto, Radii, SceneProbabilities
from geoguess_app.photos.position_tags import WrittenPosition, method_by
from geoguess_app.photos.precision import supported_names
from geoguess_app.photos.write_plan import WriteRequest

_LIKELY = 0.5
"""A scene label becomes a keyword from this probability on."""


class RatedAnswer(Protocol):
    """An answer's own rating: one of a model, or of a review."""

    @property
    def level(self) -> Level:
        """Return how finely it may be trusted."""

    @property
    def confidence(self) -> float:
        """Probability of being right within 25 km."""

    @property
    def radii(self) -> Radii:
        """Radii that hold the truth."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds for answers that are good enough to be written."""

    min_confidence: float = 0.0
    """Least probability, 0…1, of being right within 25 km."""
    max_radius_km: float | None = None
    """Largest 80% radius."""
    include_uncertain: bool = False
    """Also those where the model says that it cannot tell."""

    def refusal(self, answer: RatedAnswer) -> str:
        """Say why an answer is not good enough; empty where it is."""
        if answer.level is Level.CANNOT_TELL and not self.include_uncertain:
            return "cannot tell"
        if answer.confidence < self.min_confidence:
            return f"below {percent(self.min_confidence)} confidence"
        if self.max_radius_km is not None and not answer.radii.r80_km <= self.max_radius_km:
            return plain_spaces(f"radius above {threshold(self.max_radius_km)}")
        return ""


@dataclass(slots=True)
class WriteSelection:
    """The answers of a folder, sorted into those to write and those refused."""

    requests: list[WriteRequest] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    """How many answers were not good enough, by reason."""

    def add(self, result: LocatedPhoto, thresholds: Thresholds, *, replace_gps: bool) -> None:
        """Sort one answer in. A photo with a position goes on to the plan, which names it."""
        open_to_all = result.known is None or replace_gps
        refusal = thresholds.refusal(result.prediction) if open_to_all else ""
        clues = result.clues
        if open_to_all and clues is not None and clues.contradict:
            # Where nothing fits, the answer is the one without the clues.
            refusal = "" if thresholds.include_uncertain else "clues contradict the picture"
        self.sort(request_for(result, replace_gps=replace_gps), refusal)

    def sort(self, request: WriteRequest, refusal: str) -> None:
        """Sort one request in, by why its answer is not good enough; empty where it is."""
        if refusal:
            self.refused[refusal] += 1
        else:
            self.requests.append(request)


def request_for(result: LocatedPhoto, *, replace_gps: bool = False) -> WriteRequest:
    """The request to write an answer as it is."""
    answer = result.prediction
    radius_m = answer.radii.r80_km * 1000
    error_m = radius_m if math.isfinite(radius_m) else None
    position = WrittenPosition(answer.coordinate, error_m, method_by(answer.model, answer.level))
    place = supported_names(result.place, answer.level)
    return WriteRequest(
        result.path, position, place, scene_keywords(answer.scene), replace_gps=replace_gps
    )


def scene_keywords(scene: SceneProbabilities | None) -> tuple[str, ...]:
    """``Scene|urban``, ``Scene|urban|city, shops and markets``, …: the labels that are likely."""
    if scene is None:
        return ()
    table = scene_table()
    path, keywords = "Scene", []
    levels = ((table.s3_names, scene.s3), (table.s16_names, scene.s16), (table.labels, scene.s365))
    for names, values in levels:
        best = int(values.argmax())
        if values[best] < _LIKELY:
            break
        path = f"{path}|{names[best]}"
        keywords.append(path)
    return tuple(keywords)
