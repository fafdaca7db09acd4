"""The work behind the privacy check, as generators for the pools."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.explain.hide import HidingStyle, PhotoRegion, cover, cut, giveaways
from geoguess_app.core.types import Place, Prediction
from geoguess_app.ui.work.jobs import Work

if TYPE_CHECKING:
    from geoguess_app.photos.file_position import FilePosition
    from geoguess_app.photos.metadata import PhotoMetadata
    from geoguess_app.ui.work.workers import LoadedModel

_LOOKED_AT_PX = 1600
"""Longer side of the picture that is shown and estimated from; models see far fewer pixels."""


@dataclass(frozen=True, slots=True)
class HidingPlan:
    """The plan of what is to be hidden of a photo."""

    regions: tuple[PhotoRegion, ...] = ()
    how: HidingStyle = HidingStyle.BLUR
    frame: PhotoRegion | None = None
    """Only this part is kept; None for all."""

    @property
    def changes(self) -> bool:
        """Tell whether anything is to be hidden or cut away."""
        return bool(self.regions) or self.frame is not None

    def apply(self, image: Image.Image) -> Image.Image:
        """The picture without what the plan hides."""
        made = cover(image, self.regions, self.how)
        return made if self.frame is None else cut(made, self.frame)


@dataclass(frozen=True, slots=True)
class OpenedPhoto:
    """A photo as the check shows it, and what its file and those beside it say."""

    path: Path
    picture: Image.Image
    metadata: PhotoMetadata
    position: FilePosition | None


@dataclass(frozen=True, slots=True)
class CopyAssessment:
    """The model's assessment of one version of the photo."""

    prediction: Prediction
    place: Place
    giveaways: tuple[PhotoRegion, ...]
    """Regions that contribute most to the answer, the largest contribution first."""


def opening_work(path: Path) -> Work:
    """Yield the Opened photo."""

    def work(token: CancelToken) -> Iterator[OpenedPhoto]:
        from geoguess_app.core.picture.decode import open_upright
        from geoguess_app.photos.known_position import photo_position
        from geoguess_app.photos.metadata import read_metadata
        from geoguess_app.photos.sidecars import Sidecars

        picture = open_upright(path, min_side=_LOOKED_AT_PX, cut_too=True)
        picture.thumbnail((_LOOKED_AT_PX, _LOOKED_AT_PX), Image.Resampling.LANCZOS)
        facts = read_metadata(path)
        position = photo_position(path, path, facts, Sidecars())
        yield OpenedPhoto(path, picture, facts, position)

    return work


def judging_work(model: LoadedModel, picture: Image.Image, plan: HidingPlan) -> Work:
    """Yield the Verdict on a picture with what the plan hides; needs the inference thread."""

    def work(token: CancelToken) -> Iterator[CopyAssessment]:
        from geoguess_app.core.explain.ensemble import explainer_of

        if token.cancelled:
            return
        hidden = plan.apply(picture)
        look = explainer_of(model.predictor, hidden)
        (place,) = model.places.at_many([look.prediction.coordinate])
        yield CopyAssessment(look.prediction, place, tuple(giveaways(look.activation())))

    return work


def saving_work(source: Path, target: Path, plan: HidingPlan) -> Work:
    """Write the copy; yields its path."""

    def work(token: CancelToken) -> Iterator[Path]:
        from geoguess_app.photos.clean_copy import save_clean_copy

        save_clean_copy(source, target, plan.apply if plan.changes else None)
        yield target

    return work
