"""The dialog about what the model runs on: device, memory, threads and pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.format import data_size
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.pieces import text_label
from geoguess_app.ui.kit.words import tr

if TYPE_CHECKING:
    from geoguess_app.core.network.engine_state import EngineState
    from geoguess_app.ui.work.workers import LoadedModel

_EVERY_MS = 1000


class DeviceDialog(QDialog):
    """A dialog that looks again every second while it is open."""

    settingsWanted = Signal()

    def __init__(
        self, model_now: Callable[[], LoadedModel | None], parent: QWidget | None = None
    ) -> None:
        """``model_now`` gives the model at work; another one may be loaded meanwhile."""
        super().__init__(parent)
        self.setWindowTitle(tr("Device"))
        self.setMinimumWidth(440)
        self._model_now = model_now
        self.title = text_label("title")
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(20)
        self._form.setVerticalSpacing(6)
        self.values: dict[str, QLabel] = {}
        settings = QPushButton(tr("Settings…"))
        settings.setAutoDefault(False)
        settings.clicked.connect(self.settingsWanted)
        settings.clicked.connect(self.accept)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(settings, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 22, 24, 18)
        box.setSpacing(12)
        box.addWidget(self.title)
        box.addLayout(self._form)
        box.addWidget(text_label("muted", tr("Device and crops are chosen in the settings.")))
        box.addWidget(buttons)
        timer = QTimer(self, interval=_EVERY_MS)
        timer.timeout.connect(self.refresh)
        timer.start()
        self.refresh()

    def refresh(self) -> None:
        """Show how things stand now."""
        model = self._model_now()
        if model is None:
            self.title.setText(tr("No model loaded"))
            return
        from geoguess_app.core.network.engine_state import engine_state  # torch is there by now

        state = engine_state(model.predictor.engine)
        self.title.setText(state.device_name)
        for name, value in device_facts(state, model.name, model.predictor.crops):
            if name not in self.values:
                caption = QLabel(name)
                caption.setProperty("role", "muted")
                self.values[name] = QLabel()
                self._form.addRow(caption, self.values[name])
            self.values[name].setText(value)


def device_facts(state: EngineState, model: str, crops: int) -> Iterator[tuple[str, str]]:
    """Yield names and values of what is known of an engine that takes ``crops`` a photo."""
    yield tr("Model"), model
    yield tr("Engine"), state.engine_name
    yield tr("Network weights"), data_size(state.model_bytes)
    if state.memory_bytes is not None:
        used, total = map(data_size, state.memory_bytes)
        yield tr("Graphics memory"), tr("{used} of {total} used").format(used=used, total=total)
    if state.threads is not None:
        yield tr("Threads"), f"{state.threads}"
    yield tr("Precision"), tr("16 bits") if state.is_half else tr("32 bits")
    yield tr("Crops per photo"), f"{crops}"
    yield tr("Pace in this session"), _pace(state.crops_per_s, crops)


def _pace(crops_per_s: float | None, crops: int) -> str:
    return tr("No photo located yet") if crops_per_s is None else words.pace(crops_per_s / crops)
