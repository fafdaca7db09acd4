"""A view that has been opened: what of it can be shown is shown, the rest as soon as it can be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from geoguess_app.core.records.forms import decode
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.views.values import Part, ViewError, read_part
from geoguess_app.ui.views.view_state import view_state_of

if TYPE_CHECKING:
    from geoguess_app.ui.frame.modes import Modes
    from geoguess_app.ui.frame.services import Services
    from geoguess_app.ui.map.view import MapView
    from geoguess_app.ui.views.view_file import ViewFile
    from geoguess_app.ui.work.map_state import Display

Action = tuple[str, Callable[[], object]]
"""What a button says and does."""
_LESS_ROOM = 0.8
_MODEL_SHOWS = ("locate", "explore")
"""Modes in which all that is seen is the loaded model's."""


class OpenedView(QObject):
    """A view that waits for the model where it must; ``drop`` ends that, and whoever waits asks
    ``wanted``."""

    def __init__(self, services: Services, modes: Modes, source: Path, view: ViewFile) -> None:
        super().__init__(services.host)
        self._services, self._modes = services, modes
        self.source, self.view = source, view
        self.wanted = True
        """False once the user has turned to something else."""
        self._remarks: list[str] = []
        self._action: Action | None = None
        self._waiting: list[Callable[[], None]] = []

    def show(self) -> None:
        """Begin. Raises GeoGuessError where there is nothing to show."""
        services, modes, view = self._services, self._modes, self.view
        entry = modes.entries.get(view.mode)
        if entry is None:
            raise ViewError(
                f"{self.source}: this version has no mode “{view.mode}”.",
                code="mode",
            )
        display = _display(view.display)
        mode = modes.switch(view.mode)
        modes.changed.connect(self._mode_changed)
        services.locator.modelReady.connect(self._model_settled)
        services.locator.modelFailed.connect(self._model_settled)
        self._tell_missing()
        services.map.when_map(lambda map_view: map_view.set_display(display))
        self.when_model(self._show_layer)
        view_state_of(entry, mode).restore(self)

    def state(self, kind: type[Part]) -> Part:
        """Read the mode's own choices; raises ViewError."""
        return read_part(kind, self.view.state, self.source)

    def shown(self) -> None:
        """Note that everything is there that moves the map: now the view's own place can stay."""
        view = self.view
        if self.wanted:
            self._services.map.when_map(lambda found: found.go_to(view.center, _zoom(found, view)))

    def when_model(self, use: Callable[[], None]) -> None:
        """Call as soon as the model is there; never, where the user turns to something else."""
        locator = self._services.locator
        if locator.model is not None and not locator.loading:
            use()
        else:
            self._waiting.append(use)

    def tell(self, sentence: str, action: Action | None = None) -> None:
        """Tell the user something about this view that should be known, and what can be done about
        it."""
        if self.wanted:
            self._remarks.append(sentence)
            self._action = action or self._action
            self.tell_again()

    def tell_again(self) -> None:
        """All of it, where the mode has had something else to say."""
        if self.wanted and self._remarks:
            self._services.notice.tell(" ".join(self._remarks), action=self._action)

    def drop(self) -> None:
        """Stop: nothing of it is wanted any more."""
        self.wanted = False
        self._waiting.clear()
        self.deleteLater()

    def _mode_changed(self, name: str) -> None:
        if name != self.view.mode:
            self.wanted = False
            self._waiting.clear()

    def _model_settled(self, *_: object) -> None:
        """Another model is there, or it could not be loaded and the one before stays."""
        if self._services.locator.model is None:
            return
        waiting, self._waiting = self._waiting, []
        for use in waiting:
            use()

    def _tell_missing(self) -> None:
        photos = self.view.photos
        missing = sum(not photo.is_file() for photo in photos)
        if missing:
            self.tell(
                tr("{missing} of this view’s {photos} photos were not found.").format(
                    missing=f"{missing:,}", photos=f"{len(photos):,}"
                )
            )

    def _show_layer(self) -> None:
        pane, view, model = self._services.map, self.view, self._services.locator.model
        if view.layer in pane.layers():
            pane.choose_layer(pane.layers().index(view.layer) + 1)
        another = model is not None and view.model not in ("", model.name)
        if another and view.mode in _MODEL_SHOWS:
            assert model is not None
            self.tell(
                tr(
                    "This view was saved with the model {other}; the answers shown are from {name}."
                ).format(other=view.model, name=model.name)
            )


def _zoom(shown: MapView, view: ViewFile) -> float:
    """As it was, and farther off where the map has much less room for the same."""
    wide, high = view.size
    share = min(shown.width() / max(wide, 1), shown.height() / max(high, 1))
    known = wide > 0 and high > 0 and share > 0
    return view.zoom + math.log2(share) if known and share < _LESS_ROOM else view.zoom


def _display(given: Mapping[str, Any]) -> Display:
    """What makes sense of it; the rest is as usual."""
    from geoguess_app.ui.work.map_state import Display

    return decode(Display, given, ignore_unknown=True, warn=lambda _: None)
