"""The question before anything is fetched: hosts, files, sizes, licence, room, what it is worth."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.format import data_size
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.getting import build_room_bytes
from geoguess_app.models.published import PublishedModel, PublishedSource, PublishedVariant
from geoguess_app.models.room import MARGIN_BYTES, free_bytes
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pieces import foot, text_label
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.library.work import begun_bytes

_WIDTH_PX = 560
_WORTH_KM = ("1", "25", "200", "750")


class GetQuestion(QDialog):
    """A question about one published model; only ``agreed`` lets anything connect."""

    agreed = Signal(object)
    """The PublishedVariant that the user wants."""

    def __init__(
        self, model: PublishedModel, usual: str | None = None, parent: QWidget | None = None
    ) -> None:
        """``usual``: the variant that is chosen at first; the model's own first one without."""
        super().__init__(parent)
        self.setWindowTitle(tr("Get a model"))
        self._model = model
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(24, 20, 24, 18)
        self._box.setSpacing(10)
        self._box.addWidget(text_label("title", tr("Get {model}?").format(model=model.title)))
        self._box.addWidget(text_label(None, worth(model)))
        self.choices = self._variants(usual)
        self.asks = text_label("strong")
        self.files = text_label(None)
        self.room = text_label(None)
        self.privacy = text_label(
            "muted",
            tr(
                "No photo, position or setting is sent. The host sees this computer’s address and "
                "the files that are asked for. Nothing connects before you agree."
            ),
        )
        for label in (self.asks, self.files, self.room, self.privacy):
            self._box.addWidget(label)
        self.yes = QPushButton(tr("Connect and download"))
        self.yes.setProperty("primary", "true")
        self.yes.setAutoDefault(False)
        self.yes.clicked.connect(self._agree)
        self._box.addSpacing(6)
        self._box.addLayout(foot(self, tr("Cancel"), self.yes))
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    @property
    def variant(self) -> PublishedVariant:
        """Return the one that is chosen."""
        return self._model.variants[max(0, self.choices.checkedId())]

    def text(self) -> str:
        """Write everything that the question says, line by line."""
        return "\n".join(label.text() for label in self.findChildren(QLabel))

    def _variants(self, usual: str | None) -> QButtonGroup:
        group = QButtonGroup(self)
        for number, variant in enumerate(self._model.variants):
            button = QRadioButton(
                tr("{size}, {what}").format(size=data_size(variant.about_bytes), what=variant.what)
            )
            button.setChecked(variant.name == usual or (number == 0 and usual is None))
            group.addButton(button, number)
            if len(self._model.variants) > 1:
                self._box.addWidget(button)
            else:
                button.setParent(self)
                button.hide()
        group.idToggled.connect(lambda *_: self._show())
        return group

    def _show(self) -> None:
        variant = self.variant
        hosts = words.listed(list(variant.hosts))
        self.asks.setText(
            tr("To be fetched from {hosts}: {size}").format(
                hosts=hosts, size=data_size(variant.about_bytes)
            )
        )
        self.files.setText("\n".join(_file_lines(variant.sources)))
        needed = variant.about_bytes + build_room_bytes(variant)
        free = free_bytes(models_dir())
        room = tr(
            "Disk: {needed} while the model is built, about half of it afterwards; {free} are free."
        ).format(needed=data_size(needed), free=data_size(free))
        begun = begun_bytes(self._model, variant)
        if begun:
            room += "\n" + tr("{size} are here from the last time; it goes on from there.").format(
                size=data_size(begun)
            )
        enough = needed - begun + MARGIN_BYTES <= free
        if not enough:
            room += "\n" + tr("That is not enough: free some room first.")
        self.room.setText(room)
        self.yes.setEnabled(enough)
        self._fit()

    def _fit(self) -> None:
        # Wrapped text knows its height only once its width is fixed.
        self.setFixedSize(_WIDTH_PX, self._box.heightForWidth(_WIDTH_PX))

    def _agree(self) -> None:
        self.accept()
        self.agreed.emit(self.variant)


def worth(model: PublishedModel) -> str:
    """Say what a published model does, and how well, as its authors say."""
    shares = [
        tr("{share} within {distance}").format(
            share=words.percent(model.published_accuracy[km]), distance=words.threshold(float(km))
        )
        for km in _WORTH_KM
        if km in model.published_accuracy
    ]
    if not shares:
        return model.does
    measured = tr("Of the photos of {set}, its authors place {shares}.").format(
        set=model.measured_on, shares=words.listed(shares)
    )
    return f"{model.does} {measured}"


def _file_lines(sources: tuple[PublishedSource, ...]) -> Iterator[str]:
    for source in sources:
        yield tr("{place}, licence {licence}:").format(
            place=f"{source.base}/{source.place}", licence=source.licence
        )
        for file in source.files:
            line = tr("{file}, about {size}").format(
                file=file.names[0], size=data_size(file.about_bytes)
            )
            yield f"    {line}" + (tr(", only the part for pictures") if file.tensors else "")
