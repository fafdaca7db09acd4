"""The state of Compare mode in a view: photo, model and way of each side, and what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from geoguess_app.core.records.marks import Check, OneOf
from geoguess_app.evaluation.answers.variants import COMPLETE
from geoguess_app.ui.compare.work import SideChoice, ways_of_model
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.views.values import OptionalViewPath, Word, Words, write_part
from geoguess_app.ui.views.view_state import ViewState
from geoguess_app.ui.work.bundle_files import looks_like_bundle
from geoguess_app.ui.work.locator import sentence

if TYPE_CHECKING:
    from geoguess_app.ui.compare.mode import CompareMode
    from geoguess_app.ui.compare.picker import SidePicker
    from geoguess_app.ui.views.opened import OpenedView
    from geoguess_app.ui.work.workers import LoadedModel

_NAMES = ("A", "B")
_SHOWN = ("both", "a", "b", "difference")
_TWO_OR_NONE = Check(lambda sides: len(sides) in (0, len(_NAMES)), "a list of two sides")


@dataclass(frozen=True, slots=True)
class _SideState:
    """One side as the file has it."""

    photo: OptionalViewPath = None
    model: OptionalViewPath = None
    model_name: Words = ""
    way: Word = ""


@dataclass(frozen=True, slots=True)
class CompareChoices:
    sides: Annotated[tuple[_SideState, ...], _TWO_OR_NONE] = ()
    shown: Annotated[str, OneOf(_SHOWN)] | None = None


class CompareViewState(ViewState):
    """The state of both sides of Compare mode as they are chosen, and what of them is on the
    map."""

    def __init__(self, mode: CompareMode) -> None:
        super().__init__(mode)
        self._mode = mode

    def captured(self, folder: Path) -> dict[str, object]:
        mode = self._mode
        sides = tuple(_side(mode, picker) for picker in mode.pickers)
        return write_part(CompareChoices(sides, mode.view_box.currentData()), folder)

    def restore(self, view: OpenedView) -> None:
        """Compare the same again, as soon as the models are there."""
        looked = view.state(CompareChoices)
        if looked.sides:
            shown = looked.shown or _SHOWN[0]
            restorer = _CompareRestorer
            view.when_model(lambda: restorer(self._mode, view, looked.sides, shown).start())
        else:
            view.shown()


def _side(mode: CompareMode, picker: SidePicker) -> _SideState:
    photo, path, way = picker.chosen_photo(), picker.chosen_model(), picker.chosen_way()
    model = mode.models().get(path) if path is not None else None
    name = model.name if model is not None else ""
    return _SideState(photo, path, name, way.name if way is not None else "")


class _CompareRestorer:
    """Loads the other model where there is one, then lets the mode compare."""

    def __init__(
        self, mode: CompareMode, view: OpenedView, sides: Sequence[_SideState], shown: str
    ) -> None:
        own = mode.services.locator.model
        assert own is not None  # it has been waited for
        self._mode, self._view, self._sides, self._shown = mode, view, sides, shown
        self._own: LoadedModel = own
        self._other: LoadedModel | None = None
        self._asked: Path | None = None
        """The bundle that is being loaded, or could not be."""

    def start(self) -> None:
        """Load what is missing, at most one model beside the window's own."""
        for side in self._sides:
            path = side.model
            if path is not None and self._model_of(side) is None and looks_like_bundle(path):
                self._asked = path
                self._mode.load_model(path, self._loaded, self._failed)
                return
        self._compare()

    def _model_of(self, side: _SideState) -> LoadedModel | None:
        """The loaded model that a side wants."""
        if side.model is None:
            return self._own
        if self._other is not None and side.model == self._asked:
            return self._other
        models = (self._own, *self._mode.models().values())
        there = next((model for model in models if _is_same(model.path, side.model)), None)
        # The program's own model lies elsewhere on other computers.
        elsewhere = not side.model.exists() and side.model_name == self._own.name
        return self._own if there is None and elsewhere else there

    def _loaded(self, model: LoadedModel) -> None:
        if self._view.wanted:
            self._other = model
            self._mode.keep_model(model)
            self._compare()

    def _failed(self, error: Exception) -> None:
        if self._view.wanted:
            self._view.tell(sentence(error))
            self._compare()

    def _compare(self) -> None:
        choices = []
        for name, side in zip(_NAMES, self._sides, strict=True):
            model = self._model_of(side)
            if model is None:
                self._tell_model(name, side)
                model = self._own
            self._tell_way(name, side, model)
            choices.append(SideChoice(self._photo(name, side), model.path, side.way or COMPLETE))
        self._mode.choose(choices, self._shown, self._view)

    def _photo(self, name: str, side: _SideState) -> Path | None:
        if side.photo is None or side.photo.is_file():
            return side.photo
        self._view.tell(
            tr("The photo for side {side} was not found ({path}).").format(
                side=name, path=side.photo
            )
        )
        return None

    def _tell_model(self, name: str, side: _SideState) -> None:
        if side.model == self._asked:
            text = tr("Side {side} uses {own} instead.")
        elif side.model is not None and looks_like_bundle(side.model):
            text = tr(
                "Only one other model can be compared with {own}, so side {side} uses "
                "{own} instead of {other}."
            )
        else:
            text = tr(
                "The model for side {side} was not found ({path}), so {own} is used "
                "instead of {other}."
            )
        self._view.tell(
            text.format(side=name, own=self._own.name, other=side.model_name, path=side.model)
        )

    def _tell_way(self, name: str, side: _SideState, model: LoadedModel) -> None:
        known = {way.name for way in ways_of_model(model)}
        if side.way and side.way not in known:
            self._view.tell(
                tr(
                    "{model} does not support “{way}”, so side {side} uses the default method."
                ).format(model=model.name, way=side.way, side=name)
            )


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False
