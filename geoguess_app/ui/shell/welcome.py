"""The invitation in an empty window: drop a photo, or try a sample."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QIcon,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from geoguess_app.ui.kit import icons
from geoguess_app.ui.kit.pieces import text_label
from geoguess_app.ui.kit.samples import SamplePhoto, sample_photos, samples
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.pictures import Pictures

_SAMPLE = QSize(112, 75)
_IN_A_ROW = 3
_ROOM_FOR_SYMBOL_PX, _ROOM_FOR_QUALITY_PX = 680, 600
_MARGIN, _LOW_MARGIN = 26, 12


class Welcome(QWidget):
    """A card in the middle of the map."""

    addRequested = Signal()
    sampleRequested = Signal(object)
    """The paths of the sample photos to try."""
    moreRequested = Signal(str)
    """What would know more than the starter: the name of a published model, or "train"."""
    questionsRequested = Signal()
    """How good is it, where do my photos go …?"""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pictures = pictures
        self._symbol = QLabel()
        title = QLabel(tr("Where was this photo taken?"))
        title.setProperty("role", "title")
        text = QLabel(tr("Drop photos or folders on this window. Nothing leaves this computer."))
        text.setProperty("role", "muted")
        for label in (self._symbol, title, text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(label is not self._symbol)
        self.add = QPushButton(tr("Choose photos…"))
        self.add.setProperty("primary", "true")
        self.add.clicked.connect(self.addRequested)
        self._starter = False
        self._filled: set[QToolButton] = set()
        self.samples = [self._sample_button(sample) for sample in samples()]
        self.all = QPushButton(tr("Try all of them"))
        self.all.setProperty("link", "true")
        self.quality = text_label("muted")
        self.quality.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.quality.hide()
        self.limits = text_label("muted")
        self.limits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.limits.setTextFormat(Qt.TextFormat.RichText)
        self.limits.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.limits.linkActivated.connect(self.moreRequested)
        self.limits.hide()
        self.questions = QPushButton(tr("How good is it, and where do my photos go?"))
        self.questions.setProperty("link", "true")
        self.questions.clicked.connect(self.questionsRequested)
        self.all.clicked.connect(lambda: self.sampleRequested.emit(sample_photos()))
        self._lay_out(title, text)
        pictures.ready.connect(self._fill_samples)
        theme.changed.connect(self._colour)
        self._colour()

    def show_quality(self, model: str, sentence: str) -> None:
        """Say how good the loaded model is; nothing where it does not tell."""
        self.quality.setText(f"{model}: {sentence[:1].lower()}{sentence[1:]}" if sentence else "")
        self._give_way()

    def show_limits(self, *, starter: bool) -> None:
        """Say what the starter can and cannot do, and what knows more; nothing of other models."""
        self._starter = starter
        self._give_way()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill_samples()
        parent = self.parentWidget()
        if parent is not None:
            parent.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            self._give_way()
        return super().eventFilter(watched, event)

    def _give_way(self) -> None:
        """In a low window the samples keep their words; ornament and figures are left out."""
        parent = self.parentWidget()
        room = parent.height() if parent is not None else _ROOM_FOR_SYMBOL_PX
        low = room < _ROOM_FOR_QUALITY_PX
        self._symbol.setVisible(room >= _ROOM_FOR_SYMBOL_PX)
        self.quality.setVisible(not low and bool(self.quality.text()))
        self.limits.setText(_limits(short=low))
        self.limits.setVisible(self._starter)
        box = self.layout()
        assert box is not None
        box.setContentsMargins(
            32, _LOW_MARGIN if low else _MARGIN, 32, _LOW_MARGIN if low else _MARGIN
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QPainterPath()
        card.addRoundedRect(self.rect().adjusted(1, 1, -1, -1), 16, 16)
        painter.fillPath(card, QColor(tokens.surface))
        painter.setPen(QPen(QColor(tokens.border), 1))
        painter.drawPath(card)

    def _sample_button(self, sample: SamplePhoto) -> QToolButton:
        button = QToolButton()
        button.setProperty("sample", "true")
        button.setIconSize(_SAMPLE)
        # Room for the picture from the start: the card is laid out before the pictures are there.
        empty = QPixmap(_SAMPLE)
        empty.fill(Qt.GlobalColor.transparent)
        button.setIcon(QIcon(empty))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setText(tr(sample.shows).capitalize())
        button.setFixedWidth(_SAMPLE.width() + 16)
        button.setAccessibleName(
            tr("Try sample photo “{title}”: {shows}").format(
                title=tr(sample.title), shows=tr(sample.shows)
            )
        )
        button.setToolTip(button.accessibleName())
        button.clicked.connect(lambda: self.sampleRequested.emit([sample.path]))
        button.setProperty("path", str(sample.path))
        return button

    def _fill_samples(self) -> None:
        if not self.isVisible():
            return
        for button in self.samples:
            picture = self._pictures.get(Path(button.property("path")))
            if picture is not None and button not in self._filled:
                self._filled.add(button)
                side = picture.size().scaled(
                    _SAMPLE * 2, Qt.AspectRatioMode.KeepAspectRatioByExpanding
                )
                grown = picture.scaled(
                    side,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
                left = (grown.width() - 2 * _SAMPLE.width()) // 2
                top = (grown.height() - 2 * _SAMPLE.height()) // 2
                cut = grown.copy(left, top, 2 * _SAMPLE.width(), 2 * _SAMPLE.height())
                button.setIcon(QIcon(cut))

    def _lay_out(self, title: QLabel, text: QLabel) -> None:
        rows = QVBoxLayout()
        rows.setSpacing(8)
        for first in range(0, len(self.samples), _IN_A_ROW):
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addStretch(1)
            for button in self.samples[first : first + _IN_A_ROW]:
                row.addWidget(button)
            row.addStretch(1)
            rows.addLayout(row)
        caption = QLabel(tr("or try a sample photo"))
        caption.setProperty("role", "muted")
        caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box = QVBoxLayout(self)
        box.setContentsMargins(32, _MARGIN, 32, _MARGIN)
        box.setSpacing(10)
        box.addWidget(self._symbol)
        box.addWidget(title)
        box.addWidget(text)
        box.addSpacing(6)
        box.addWidget(self.add, 0, Qt.AlignmentFlag.AlignCenter)
        box.addSpacing(6)
        box.addWidget(caption)
        box.addLayout(rows)
        box.addWidget(self.all, 0, Qt.AlignmentFlag.AlignCenter)
        box.addWidget(self.quality)
        box.addWidget(self.limits)
        box.addWidget(self.questions, 0, Qt.AlignmentFlag.AlignCenter)

    def _colour(self) -> None:
        tokens = self._theme.tokens
        self.limits.clear()  # rich text keeps the link colour that it was set with
        self._give_way()
        self._symbol.setPixmap(icons.pixmap("drop", tokens.accent, 40, self.devicePixelRatioF()))


def _limits(*, short: bool) -> str:
    """What the starter can and cannot do, and what knows more, as rich text with links."""
    whole = tr(
        "The starter model recognises famous places and says “cannot tell” of most other photos. "
        "For more, {get}get GeoCLIP{end}, which knows the look of regions all over the world, or "
        "{train}train a model{end} on photos of yours that have a position. Photos of places where "
        "you have been before are found by {references}reference photos{end}."
    )
    brief = tr(
        "It knows famous places; for others, {get}get GeoCLIP{end} or {train}train a model{end}."
    )
    links = {
        "get": '<a href="geoclip">',
        "train": '<a href="train">',
        "references": '<a href="references">',
        "end": "</a>",
    }
    return (brief if short else whole).format(**links)
