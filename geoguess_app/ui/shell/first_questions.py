"""The questions that newcomers ask, answered with this model's own figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pieces import text_label
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.ui.work.workers import LoadedModel

_WIDTH_PX = 560
_CARDS = ("MODEL_CARD.md", "card.md")


@dataclass(frozen=True, slots=True)
class FirstQuestion:
    """A question, its answer, and what its links do: text → action."""

    asked: str
    answer: str
    links: Mapping[str, str]


def quality(evaluation: Mapping[str, Any]) -> str:
    """Say how good a model is, in one sentence from what it measured; empty without figures."""
    fine = evaluation.get("levels", {}).get("fine", {})
    photos, named, right = evaluation.get("photos"), fine.get("photos"), fine.get("25")
    if photos and named and right is not None:
        return tr(
            "It named a town for {share} of {photos} it had not seen, and {right} of those "
            "answers were right."
        ).format(
            share=words.percent(named / photos),
            photos=words.photos(photos),
            right=words.percent(right),
        )
    median_m = evaluation.get("median_m")
    if photos and median_m is not None:
        return tr("Half of {photos} that it had not seen were placed within {distance}.").format(
            photos=words.photos(photos), distance=words.distance(median_m / 1000.0)
        )
    return ""


def first_questions(model: LoadedModel | None) -> list[FirstQuestion]:
    """List the questions in the order in which people ask them."""
    evaluation = model.predictor.bundle.manifest.evaluation if model is not None else {}
    name = model.name if model is not None else tr("No model")
    good = quality(evaluation) or tr("The model comes without measurements.")
    inside = evaluation.get("coverage", {}).get("80")
    trust = tr("Look at the radius and the confidence, not only at the name of the place.")
    if inside is not None:
        trust += " " + tr(
            "Of the test photos, {inside} were inside the radius given with 80% confidence."
        ).format(inside=words.percent(inside))
    trust += " " + tr("“Cannot tell” is an honest answer: most photos show places it never saw.")
    return [
        FirstQuestion(
            tr("How good is this model?"),
            f"{name}: {good[:1].lower()}{good[1:]}",
            {tr("Model card"): "card", tr("Measure it on your photos"): "accuracy"},
        ),
        FirstQuestion(
            tr("How do I get a better one?"),
            tr(
                "Get GeoCLIP, which knows the look of regions all over the world, or train one "
                "from photos of yours that have a position: it will know far more of your own area."
            ),
            {
                tr("Get GeoCLIP…"): "geoclip",
                tr("All models…"): "models",
                tr("Train a model"): "train",
            },
        ),
        FirstQuestion(tr("May I trust it?"), trust, {}),
        FirstQuestion(
            tr("Where do my photos go?"),
            tr(
                "Nowhere. Photos and answers stay on this computer, and the map is part of the "
                "program. Only an online map background asks a server, and only after you agree."
            ),
            {},
        ),
        FirstQuestion(
            tr("How do I write positions into my files?"),
            tr(
                "Accept answers in the review, then save. They are written as GPS positions, "
                "marked as estimates, and every save can be undone."
            ),
            {tr("Open the review"): "review"},
        ),
    ]


class FirstQuestionsDialog(QDialog):
    """Five questions with their answers; ``wanted`` says which link was followed."""

    wanted = Signal(str)

    def __init__(self, model: LoadedModel | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Questions and answers"))
        box = self._box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 18)
        box.setSpacing(4)
        self.links: dict[str, QPushButton] = {}
        for question in first_questions(model):
            box.addWidget(text_label("strong", question.asked))
            box.addWidget(text_label(None, question.answer))
            box.addLayout(self._links(question.links))
            box.addSpacing(10)
        self.links["card"].setVisible(model is not None and bool(model_card(model)))
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        box.addWidget(close)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Wrapped text knows its height only once its width is fixed.
        self.setFixedSize(_WIDTH_PX, self._box.heightForWidth(_WIDTH_PX))

    def _links(self, links: Mapping[str, str]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        for text, action in links.items():
            button = self.links[action] = QPushButton(text)
            button.setProperty("link", "true")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, action=action: self._follow(action))
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _follow(self, action: str) -> None:
        self.accept()
        self.wanted.emit(action)


def model_card(model: LoadedModel) -> str:
    """A model's card as Markdown; empty for one without."""
    bundle = model.predictor.bundle
    name = next((card for card in _CARDS if card in bundle.manifest.files), None)
    try:
        return bundle.read_file(name).decode("utf-8", errors="replace") if name else ""
    except GeoGuessError:
        return ""


class ModelCardDialog(QDialog):
    """A model's card, as its maker wrote it."""

    def __init__(self, title: str, card: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(760, 620)
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)
        self.text.document().setDocumentMargin(14)
        self.text.setMarkdown(card)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 14)
        box.addWidget(self.text, 1)
        box.addWidget(close)
