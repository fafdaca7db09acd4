"""Answers questions about photos in the model's thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.explain.spots import AlikeSpot, spots
from geoguess_app.core.types import Place
from geoguess_app.ui.why.questions import Question, QuestionKind
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.core.explain.activation import PhotoExplainer
    from geoguess_app.core.explain.alike import LookAlikes
    from geoguess_app.core.explain.types import ActivationMap
    from geoguess_app.core.predictor import Predictor
    from geoguess_app.ui.work.workers import LoadedModel

_LOOKS_KEPT = 3
"""Photos whose maps stay in memory (some megabytes each): the next question costs little."""

_PHOTOS_GATHERED = 64
"""So many look-alikes are gathered into spots."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """The explanation of a place or scene: what speaks for it."""

    question: Question
    regions: ActivationMap
    alike: LookAlikes | None
    """None for a scene, and in a model that remembers no photos."""
    spots: tuple[AlikeSpot, ...]
    """Where the look-alikes to list were taken."""
    places: dict[int, Place]
    """Names of the spots, by the number of their best photo in the bank."""


def _list_spots(alike: LookAlikes | None, question: Question) -> tuple[AlikeSpot, ...]:
    if alike is None:
        return ()
    return tuple(spots(alike.nearest if question.asked is QuestionKind.ANSWER else alike.there))


class ExplainerCache:
    """The photos asked about last; used in the model's thread only."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, tuple[Predictor, PhotoExplainer]] = OrderedDict()

    def at(self, predictor: Predictor, path: Path, *, again: bool) -> PhotoExplainer:
        """The photo as this model sees it; ``again``: its file may have changed."""
        from geoguess_app.core.explain.activation import look_at

        kept = self._kept.pop(path, None)
        if kept is None or kept[0] is not predictor or again:
            kept = (predictor, look_at(predictor, path))
        self._kept[path] = kept
        while len(self._kept) > _LOOKS_KEPT:
            self._kept.popitem(last=False)
        return kept[1]


def explanation_work(
    looks: ExplainerCache, model: LoadedModel, path: Path, question: Question, *, again: bool
) -> Work:
    """Yield the one Explanation."""

    def work(token: CancelToken) -> Iterator[Explanation]:
        if token.cancelled:
            return
        from geoguess_app.core.explain.alike import look_alikes

        look = looks.at(model.predictor, path, again=again)
        regions = look.activation(question.target)
        alike = None
        if question.asked is not QuestionKind.SCENE:
            alike = look_alikes(look, question.target, _PHOTOS_GATHERED)
        listed = _list_spots(alike, question)
        names = model.places.at_many([spot.best.coordinate for spot in listed])
        places = {s.best.bank_index: place for s, place in zip(listed, names, strict=True)}
        yield Explanation(question, regions, alike, listed, places)

    return work
