"""The third step: which recipe, and who made the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.ui.kit.cards import Card
from geoguess_app.ui.kit.choose import ask_to_save
from geoguess_app.ui.kit.inputs import ComboBox, DoubleSpinBox
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.train.pieces import breakable, button, label
from geoguess_app.ui.train.recipes import Recipe, Suggestion

_LICENCES = (
    "not chosen",
    "CC BY 4.0",
    "CC BY-SA 4.0",
    "CC0 1.0",
    "GPL-3.0-or-later",
    "private use",
)

_START = tr("Start training")


@dataclass(frozen=True, slots=True)
class RecipeChoices:
    """The choices that the user has made."""

    recipe: Recipe
    name: str
    license: str
    author: str
    within_km: float
    out: Path
    weights: str
    download: bool


class RecipeBody(QWidget):
    """The fields of a recipe, each with a sensible value; Start is all that is needed."""

    startWanted = Signal()
    recipeChanged = Signal()
    """Another recipe, or another area: what it takes must be reckoned anew."""
    fileWanted = Signal()
    """A recipe of the user's own."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipes: list[Recipe] = []
        self.recipe = ComboBox()
        self.recipe.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.recipe.setAccessibleName(tr("Recipe"))
        self.words, self.why = label(), label(role="muted")
        self.file = button(tr("Choose recipe file…"), link=True)
        self.name, self.author = QLineEdit(), QLineEdit()
        self.author.setPlaceholderText(tr("Your name (optional)"))
        self.license = ComboBox()
        self.license.setEditable(True)
        self.license.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.license.addItems([tr(text) for text in _LICENCES])
        self.within = DoubleSpinBox()
        self.within.setRange(0.0, 20_000.0)
        self.within.setDecimals(1)
        self.within.setSuffix(" km")
        self.within.setSpecialValueText(tr("All"))
        self.within.setKeyboardTracking(False)
        self.counted = label(role="muted")
        self.out = QLineEdit()
        self.out.setReadOnly(True)
        self.random_start = QCheckBox(tr("Train from scratch"))
        self.download = QCheckBox(tr("Download now"))
        self.weights = Card("warning", "warning", theme)
        self.trouble = Card("error", "warning", theme)
        self.start = button(_START, primary=True)
        self._lay_out()
        self.recipe.currentIndexChanged.connect(self._chosen)
        self.within.valueChanged.connect(self.recipeChanged)
        self.start.clicked.connect(self.startWanted)
        self.file.clicked.connect(self.fileWanted)
        self.random_start.toggled.connect(self._weights_chosen)
        self.download.toggled.connect(self._weights_chosen)
        self.show_weights("")
        self.trouble.hide()

    def offer(self, recipes: Sequence[Recipe], suggestion: Suggestion, *, wide: bool) -> None:
        """The recipes, the suggested one first and chosen."""
        self._recipes, self._suggestion = list(recipes), suggestion
        with QSignalBlocker(self.recipe):
            self.recipe.clear()
            for recipe in recipes:
                best = recipe.id == suggestion.recipe
                self.recipe.addItem(
                    tr("{name} (recommended)").format(name=recipe.id) if best else recipe.id
                )
            self.recipe.setCurrentIndex(0)
        with QSignalBlocker(self.within):
            self.within.setValue(suggestion.within_km)
        self._area.setVisible(wide)
        self._chosen()

    def add_recipe(self, recipe: Recipe) -> None:
        """One more, which is chosen."""
        self._recipes.append(recipe)
        with QSignalBlocker(self.recipe):
            self.recipe.addItem(recipe.id)
            self.recipe.setCurrentIndex(self.recipe.count() - 1)
        self._chosen()

    def fill(self, name: str, license_text: str, author: str, out: Path) -> None:
        """Fill the fields with choices."""
        self.name.setText(name)
        self.author.setText(author)
        self.license.setCurrentText(license_text or tr(_LICENCES[0]))
        self.show_out(out)

    def show_out(self, out: Path) -> None:
        """The file that the model is written to."""
        self.out.setText(str(out))
        self.out.setToolTip(str(out))
        self.out.setCursorPosition(len(str(out)))

    def choices(self) -> RecipeChoices:
        """Return what is asked for now; there must be recipes."""
        missing, offered = not self.weights.isHidden(), not self.download.isHidden()
        return RecipeChoices(
            recipe=self._recipes[max(0, self.recipe.currentIndex())],
            name=self.name.text().strip() or tr("My area"),
            license=self.license.currentText().strip() or _LICENCES[0],
            author=self.author.text().strip(),
            within_km=self.within.value(),
            out=Path(self.out.text()),
            weights="scratch" if missing and self.random_start.isChecked() else "",
            download=offered and self.download.isChecked(),
        )

    def choose(self, recipe_path: str) -> None:
        """Turn to a recipe by its file, if it is among them."""
        for number, recipe in enumerate(self._recipes):
            if recipe.path == recipe_path:
                self.recipe.setCurrentIndex(number)

    def show_weights(self, missing: str, *, can_download: bool = False) -> None:
        """Say that the trunk's pretrained weights are not on this computer."""
        if missing:
            self.weights.say(tr("Weights not found"), breakable(missing))
        self.weights.setVisible(bool(missing))
        self.random_start.setVisible(bool(missing))
        self.download.setVisible(bool(missing) and can_download)
        self._weights_chosen()

    def show_waiting(self, on: bool) -> None:
        """A start has to wait for what the trainer says."""
        self.start.setText(tr("Estimating…") if on else _START)
        if on:
            self.start.setEnabled(False)
        else:
            self._weights_chosen()

    def show_trouble(self, sentence: str) -> None:
        """Show why the training cannot start as it is; nothing: it can."""
        if sentence:
            self.trouble.say("", sentence)
        self.trouble.setVisible(bool(sentence))

    def _weights_chosen(self, *_: object) -> None:
        if self.sender() is self.random_start and self.random_start.isChecked():
            self.download.setChecked(False)
        if self.sender() is self.download and self.download.isChecked():
            self.random_start.setChecked(False)
        downloads = self.download.isChecked() and not self.download.isHidden()
        chosen = self.random_start.isChecked() or downloads
        self.start.setEnabled(self.weights.isHidden() or chosen)

    def _chosen(self, *_: object) -> None:
        if not self._recipes:
            return
        recipe = self._recipes[max(0, self.recipe.currentIndex())]
        self.words.setText(recipe.words)
        suggested = recipe.id == self._suggestion.recipe
        self.why.setText(self._suggestion.why if suggested else "")
        self.why.setVisible(suggested)
        self.show_weights("")
        self.recipeChanged.emit()

    def _choose_out(self) -> None:
        kinds = [(tr("Models"), (".geomodel",))]
        path = ask_to_save(self, tr("Save model as"), self.out.text(), kinds)
        if path is not None:
            self.show_out(path)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(36, 0, 0, 10)
        box.setSpacing(6)
        for widget in (self.recipe, self.words, self.why, self.file):
            box.addWidget(widget)
        self._area = _field(tr("Photos within"), self.within, self.counted)
        more = button("…")
        more.setFixedWidth(40)
        more.setAccessibleName(tr("Choose model file"))
        more.clicked.connect(self._choose_out)
        target = QWidget()
        row = QHBoxLayout(target)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.out, 1)
        row.addWidget(more)
        for part in (
            self._area,
            _field(tr("Name"), self.name),
            _field(tr("Author"), self.author),
            _field(tr("Licence"), self.license),
            _field(tr("Model file"), target),
        ):
            box.addWidget(part)
        for card in (self.weights, self.download, self.random_start, self.trouble):
            box.addWidget(card)
        box.addSpacing(4)
        box.addWidget(self.start, 0, Qt.AlignmentFlag.AlignLeft)


def _field(text: str, *widgets: QWidget) -> QWidget:
    """A caption over a field; small windows have no room beside it."""
    part = QWidget()
    box = QVBoxLayout(part)
    box.setContentsMargins(0, 2, 0, 0)
    box.setSpacing(2)
    caption = label(text, "muted")
    caption.setBuddy(widgets[0])
    box.addWidget(caption)
    for widget in widgets:
        box.addWidget(widget)
    if not widgets[0].accessibleName():
        widgets[0].setAccessibleName(text)
    return part
