"""The bottom line: model, device and Offline always; progress and Cancel while work runs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from geoguess_app.ui.kit import icons as drawing
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work import load_words
from geoguess_app.ui.work.locator import LocatingProgress
from geoguess_app.ui.work.workers import LoadStep


class StatusLine(QStatusBar):
    """A line whose parts stand in one permanent widget, so that no passing message hides them."""

    cancelRequested = Signal()
    deviceClicked = Signal()
    backgroundClicked = Signal()
    """The user wants to see what is at work in another mode."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSizeGripEnabled(False)
        self.model = QLabel()
        self.device = QPushButton()
        self.device.setProperty("plain", "true")
        self.device.setToolTip(tr("Click to see memory, threads and pace"))
        self.device.clicked.connect(self.deviceClicked)
        self.offline = QLabel()
        self._tiles = self._download = ""
        self.progress_text = QLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("Stop after the current photos (Ctrl+.)"))
        self.cancel.clicked.connect(self.cancelRequested)
        self.background = QPushButton()
        self.background.setProperty("link", "true")
        self.background.setToolTip(tr("Click to see it"))
        self.background.clicked.connect(self.backgroundClicked)
        self.background_bar = QProgressBar()
        self.background_bar.setTextVisible(False)
        self.background_bar.setFixedWidth(80)
        self._icons = {"model": QLabel(), "device": QLabel(), "offline": QLabel()}
        self._lay_out()
        theme.changed.connect(self._colour)
        self._colour()
        self.show_online("")
        self.show_idle()
        self.show_background("", -1.0)
        self.show_model(tr("Loading model…"), "")

    def show_model(self, name: str, device: str) -> None:
        """Show which model runs, and where."""
        self.model.setText(name)
        self.model.setAccessibleName(tr("Model: {name}").format(name=name))
        self.device.setText(device)
        self.device.setAccessibleName(tr("Device: {name}").format(name=device))
        for widget in (self.device, self._icons["device"]):
            widget.setVisible(bool(device))

    def show_online(self, host: str) -> None:
        """Show where map tiles come from; "" while none do."""
        self._tiles = host
        self._show_hosts()

    def show_download(self, hosts: str) -> None:
        """Show where a model is being fetched from; "" once nothing is."""
        self._download = hosts
        self._show_hosts()

    def _show_hosts(self) -> None:
        if self._download:
            self.offline.setText(tr("Downloading from {hosts}").format(hosts=self._download))
            self.offline.setToolTip(
                tr("A model is being fetched. Photos and positions stay on this computer.")
            )
        elif self._tiles:
            self.offline.setText(tr("Map tiles from {host}").format(host=self._tiles))
            self.offline.setToolTip(
                tr(
                    "{host} can see which part of the map you view. Photos stay on this computer."
                ).format(host=self._tiles)
            )
        else:
            self.offline.setText(tr("Offline"))
            self.offline.setToolTip(tr("Nothing leaves this computer: no map tiles, no uploads."))
        self._colour()

    def show_loading(self, step: LoadStep) -> None:
        """A model is being loaded: the bar runs without an end in sight."""
        self.bar.setRange(0, 0)
        self.bar.show()
        self.progress_text.setText(load_words.loading_text(step))
        self.progress_text.setToolTip(load_words.loading_help(step))
        self.cancel.hide()

    def show_progress(self, progress: LocatingProgress, total: int, finished: int) -> None:
        """Photos are being located."""
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(finished)
        self.bar.show()
        self.cancel.show()
        parts = []
        if progress.photos_per_s >= 1:
            parts.append(tr("{n} photos/s").format(n=round(progress.photos_per_s)))
        elif progress.photos_per_s > 0:
            parts.append(tr("{n} photos/min").format(n=round(60 * progress.photos_per_s)))
        if progress.left_s is not None and progress.left > 0:
            parts.append(tr("{time} left").format(time=words.duration(progress.left_s)))
        self.progress_text.setText(" · ".join(parts) or tr("Locating…"))

    def show_idle(self) -> None:
        """Show that nothing runs."""
        self.bar.hide()
        self.cancel.hide()
        self.progress_text.setText("")
        self.progress_text.setToolTip("")

    def show_background(self, text: str, share: float) -> None:
        """Show what is at work in another mode, and how much is done (0…1; below 0: unknown)."""
        self.background.setText(text)
        self.background.setVisible(bool(text))
        self.background_bar.setVisible(bool(text))
        self.background_bar.setRange(0, 1000 if share >= 0 else 0)
        self.background_bar.setValue(round(1000 * max(share, 0.0)))
        self.background_bar.setAccessibleName(text)

    def _lay_out(self) -> None:
        line = QWidget()
        box = QHBoxLayout(line)
        box.setContentsMargins(10, 2, 6, 2)
        box.setSpacing(4)
        labels: dict[str, QWidget] = {
            "model": self.model,
            "device": self.device,
            "offline": self.offline,
        }
        for key, label in labels.items():
            box.addWidget(self._icons[key])
            box.addWidget(label)
            box.addSpacing(14)
        box.addStretch(1)
        box.addWidget(self.background)
        box.addWidget(self.background_bar, 0, Qt.AlignmentFlag.AlignVCenter)
        box.addSpacing(14)
        box.addWidget(self.progress_text)
        box.addSpacing(6)
        box.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignVCenter)
        box.addSpacing(6)
        box.addWidget(self.cancel)
        line.setFixedHeight(self.cancel.sizeHint().height() + 8)
        self.addPermanentWidget(line, 1)

    def _colour(self) -> None:
        for name, label in self._icons.items():
            online = self._tiles or self._download
            drawn = "globe" if name == "offline" and online else name
            colour = self._theme.tokens.muted
            label.setPixmap(drawing.pixmap(drawn, colour, 15, self.devicePixelRatioF()))
