"""The state of Accuracy mode in a view: the evaluation, the filters, the chosen photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.evaluation.accuracy.sniff import holds_evaluation
from geoguess_app.ui.views.values import FileName, OptionalViewPath, ViewError, write_part
from geoguess_app.ui.views.view_state import ViewState

if TYPE_CHECKING:
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos
    from geoguess_app.ui.accuracy.mode import AccuracyMode
    from geoguess_app.ui.views.opened import OpenedView


@dataclass(frozen=True, slots=True)
class AccuracyChoices:
    """The choices of the mode as the file has them."""

    source: OptionalViewPath = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    photo: FileName = ""


class AccuracyViewState(ViewState):
    """Names an evaluation by its path; photos of one's own are no part of a view."""

    def __init__(self, mode: AccuracyMode) -> None:
        super().__init__(mode)
        self._mode = mode

    def captured(self, folder: Path) -> dict[str, object]:
        mode = self._mode
        if mode.photos is None:
            return {}
        chosen = mode.photos.files[mode.index] if mode.index >= 0 else ""
        photo = chosen if mode.source is not None else ""
        return write_part(AccuracyChoices(mode.source, mode.side.filters.state(), photo), folder)

    def restore(self, view: OpenedView) -> None:
        mode = self._mode
        looked = view.state(AccuracyChoices)
        path, photo = looked.source, looked.photo
        if path is None:
            view.shown()  # of one's own photos, or nothing was open
            return
        if not holds_evaluation(path):
            raise ViewError(
                f"{view.source}: the evaluation was not found ({path}).",
                code="missing",
            )

        def opened(photos: JudgedPhotos) -> None:
            if not view.wanted:
                return
            mode.side.filters.set_state(looked.filters)
            if photo in photos.files:
                mode.choose_photo(photos.files.index(photo), fit=False)
            view.shown()

        mode.open(path, opened)
