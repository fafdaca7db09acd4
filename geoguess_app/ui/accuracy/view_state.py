"""What Accuracy mode looks at, in a view: the evaluation, the filters, the chosen photo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.evaluation.accuracy.sniff import holds_evaluation
from geoguess_app.ui.views.values import ViewError, relative_name
from geoguess_app.ui.views.view_state import ViewState

if TYPE_CHECKING:
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos
    from geoguess_app.ui.accuracy.mode import AccuracyMode
    from geoguess_app.ui.views.opened import OpenedView


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
        return {
            "source": relative_name(mode.source, folder) if mode.source is not None else "",
            "filters": mode.side.filters.state(),
            "photo": chosen if mode.source is not None else "",
        }

    def restore(self, view: OpenedView) -> None:
        mode = self._mode
        path = view.values.path("source")
        filters, photo = view.values.mapping("filters"), view.values.text("photo", 4000)
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
            mode.side.filters.set_state(filters)
            if photo in photos.files:
                mode.choose_photo(photos.files.index(photo), fit=False)
            view.shown()

        mode.open(path, opened)
