"""The third step: a recipe for the photos, and what it would take."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train import runs
from geoguess_app.ui.train.effort import EffortEstimate, EffortQuery
from geoguess_app.ui.train.panel import TrainStep
from geoguess_app.ui.train.recipes import WIDE_KM, order_recipes, read_recipe, suggest
from geoguess_app.ui.train.runs import TrainingFolder
from geoguess_app.ui.train.session import TrainSession

_PATIENCE_MS = 400
"""Between a change of the recipe and the question what it takes."""
_CHOSEN = ("name", "license", "author", "within_km", "weights", "download")
PUT = ("recipe", "task", "out", *_CHOSEN)
"""What the user puts into a plan."""
AUTHOR_KEY = "train/author"


class RecipeStep(QObject):
    """A step that offers recipes, and asks the trainer what the chosen one takes."""

    ready = Signal()
    """A start that was waited with can be made now."""

    def __init__(self, session: TrainSession) -> None:
        super().__init__(session)
        self._session = session
        self._told = self._start_wanted = False
        self._effort = EffortQuery(self)
        self._asking = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._asking.timeout.connect(self._ask_effort)
        session.panel.recipe.recipeChanged.connect(self._changed)
        self._effort.told.connect(self._effort_told)
        self._effort.failed.connect(self._effort_failed)

    def offer(self) -> None:
        """Offer recipes for the photos; there must be a report of them."""
        report, facts, run = self._session.report, self._session.trainers.facts, self._session.run
        if report is None or facts is None or run is None:
            return
        suggestion = suggest(report.kept, report.spread)
        body = self._session.panel.recipe
        wide = report.spread.most_km > WIDE_KM
        body.offer(order_recipes(facts.recipes, suggestion.recipe), suggestion, wide=wide)
        if not body.name.text() or run.plan.state == runs.CHECKED:
            self._fill(run)
        self._session.show(TrainStep.RECIPE)
        self._session.show_photos()
        self._changed()

    def add(self, path: Path) -> None:
        """A recipe of the user's own."""
        try:
            self._session.panel.recipe.add_recipe(read_recipe(path))
        except ValueError as error:
            self._session.panel.recipe.show_trouble(str(error))

    def planned(self) -> TrainingFolder | None:
        """The run as the fields have it; not saved."""
        if self._session.run is None:
            return None
        chosen = self._session.panel.recipe.choices()
        plan = {name: getattr(chosen, name) for name in _CHOSEN}
        recipe = {"recipe": chosen.recipe.path, "task": chosen.recipe.task}
        return self._session.run.planned(**(plan | recipe | {"out": str(chosen.out)}))

    def may_start(self) -> bool:
        """Tell whether nothing can be missing; else it is found out, and ``ready`` or a question
        comes."""
        if self._told or not self._session.panel.recipe.choices().recipe.may_lack_weights:
            return True
        self._start_wanted = True
        self._session.panel.recipe.show_waiting(True)
        return False

    def cancel(self) -> None:
        """Ask nothing any more."""
        self._forget()
        self._effort.cancel()

    def end(self) -> bool:
        """End with the window."""
        self._asking.stop()
        return self._effort.end()

    def _fill(self, run: TrainingFolder) -> None:
        source = Path(run.plan.source)
        name = run.plan.name or _title(source.stem if source.suffix else source.name)
        author = run.plan.author or str(self._session.state.value(AUTHOR_KEY, "") or "")
        self._session.panel.recipe.fill(name, run.plan.license, author, runs.model_path(name))

    def _changed(self) -> None:
        body, report = self._session.panel.recipe, self._session.report
        body.show_trouble("")
        if report is None:
            return
        km = body.within.value()
        near = report.within(km) if km > 0 else report.kept
        body.counted.setText(tr("{photos} will be used").format(photos=words.photos(near)))
        self._session.pages.effort.show_reckoning()
        self.cancel()
        self._asking.start()

    def _ask_effort(self) -> None:
        trainer = self._session.trainers.command
        if trainer is None or self._session.panel.current is not TrainStep.RECIPE:
            return
        run = self.planned()
        if run is not None:
            self._effort.ask(trainer, run)

    def _effort_told(self, told: EffortEstimate) -> None:
        self._session.pages.effort.show_facts(told.rows)
        self._session.panel.recipe.show_weights(told.missing, can_download=told.can_download)
        if told.missing:
            self._session.panel.show_question()
        go_on = self._start_wanted and not told.missing
        self._forget()
        self._told = True
        if go_on:
            self.ready.emit()

    def _effort_failed(self, why: str) -> None:
        self._session.pages.effort.show_trouble(why)
        self._forget()
        self._told = True

    def _forget(self) -> None:
        self._told = self._start_wanted = False
        self._session.panel.recipe.show_waiting(False)


def _title(name: str) -> str:
    plain = name.replace("_", " ").replace("-", " ").strip()
    return plain[:1].upper() + plain[1:] if plain else tr("My area")
