"""Answers questions about photos in the model's thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.explain.spots import AlikeSpot, spots
from geoguess_app.core.types import Place
from geoguess_app.ui.why.questions import Question, QuestionKind
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.core.bundle.bank_photos import BankPhoto, BankPhotos
    from geoguess_app.core.explain.alike import LookAlikes
    from geoguess_app.core.explain.ensemble import Explainer
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
    photos: dict[int, KnownPhoto] = field(default_factory=dict)
    """What the model's bank tells of these photos, by the same number."""
    member: str = ""
    """Of an ensemble: the model that explains it, because it speaks loudest for it."""


@dataclass(frozen=True, eq=False)
class KnownPhoto:
    """A training photo as the bank tells of it."""

    credit: str
    """Author and licence, or the source and its licence; empty where unknown."""
    picture: QImage | None
    """Small; None for most photos."""


def known_photo(photo: BankPhoto) -> KnownPhoto:
    """Decode the picture, if there is one, and put the credit into words."""
    source = photo.source
    licence = source.license if source is not None else ""
    owner = photo.author or (source.name if source is not None else "")
    # A row's own licence names the author already: "CC BY 4.0 (Jane Doe)".
    named = licence if photo.author and photo.author in licence else ", ".join((owner, licence))
    return KnownPhoto(named.strip(", "), _picture(photo.thumbnail))


def _picture(webp: bytes) -> QImage | None:
    if not webp:
        return None
    from geoguess_app.core.errors import PhotoError
    from geoguess_app.core.picture.decode import open_upright

    try:
        image = open_upright(webp).convert("RGB")
    except PhotoError:
        return None
    width, height = image.size
    pixels = image.tobytes()
    return QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _list_spots(alike: LookAlikes | None, question: Question) -> tuple[AlikeSpot, ...]:
    if alike is None:
        return ()
    return tuple(spots(alike.nearest if question.asked is QuestionKind.ANSWER else alike.there))


class ExplainerCache:
    """The photos asked about last; used in the model's thread only."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, tuple[Predictor, Explainer]] = OrderedDict()
        self._bank: tuple[Predictor, BankPhotos | None] | None = None

    def bank(self, predictor: Predictor) -> BankPhotos | None:
        """Return what this model's bank tells of its photos; read at the first use."""
        from geoguess_app.core.bundle.bank_photos import bank_photos

        if self._bank is None or self._bank[0] is not predictor:
            self._bank = predictor, bank_photos(predictor.bundle)
        return self._bank[1]

    def at(self, predictor: Predictor, path: Path, *, again: bool) -> Explainer:
        """The photo as this model sees it; ``again``: its file may have changed."""
        from geoguess_app.core.explain.ensemble import explainer_of

        kept = self._kept.pop(path, None)
        if kept is None or kept[0] is not predictor or again:
            kept = (predictor, explainer_of(predictor, path))
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

        look, target = looks.at(model.predictor, path, again=again).asked(question.target)
        regions = look.activation(target)
        alike = None
        if question.asked is not QuestionKind.SCENE:
            alike = look_alikes(look, target, _PHOTOS_GATHERED)
        listed = _list_spots(alike, question)
        names = model.places.at_many([spot.best.coordinate for spot in listed])
        places = {s.best.bank_index: place for s, place in zip(listed, names, strict=True)}
        bank = looks.bank(look.predictor)
        numbers = [spot.best.bank_index for spot in listed] if bank is not None else []
        photos = {n: known_photo(bank.photo(n)) for n in numbers} if bank is not None else {}
        member = look.predictor.model_name if look.predictor is not model.predictor else ""
        yield Explanation(question, regions, alike, listed, places, photos, member)

    return work
