"""The few settings there are."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from geoguess_app.core.format import Units
from geoguess_app.core.geo.coordinates import CoordinateFormat
from geoguess_app.settings import Settings
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.units import system_units
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.titles import naming_titles, precision_titles

_CITY_KM, _REGION_KM = 8.0, 79.0
"""By so much rounding moves a position at most."""


class SettingsDialog(QDialog):
    """A dialog that says what was chosen by ``changed``; changes nothing by itself."""

    changed = Signal(dict)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self.setMinimumWidth(580)
        self.fields = {
            "theme": _choice(
                {
                    "system": tr("System default"),
                    "light": tr("Light"),
                    "dark": tr("Dark"),
                },
                settings.theme,
            ),
            "units": _choice(_units(), settings.units),
            "coordinate_format": _choice(
                {
                    CoordinateFormat.DECIMAL: tr("Decimal: 48.85840, 2.29450"),
                    CoordinateFormat.DMS: tr("Degrees: 48°51′30.2″N 2°17′40.2″E"),
                    CoordinateFormat.GEO_URI: tr("geo: link"),
                    CoordinateFormat.MAP_URL: tr("Map URL"),
                },
                settings.coordinate_format,
            ),
            "device": _choice(_devices(settings.device), settings.device),
            "crops": _choice(
                {
                    None: tr("Recommended by the model"),
                    1: tr("1 (fastest)"),
                    3: "3",
                    5: "5",
                    10: tr("10 (most thorough, slowest)"),
                },
                settings.crops,
            ),
            "sidecar_naming": _choice(naming_titles(), settings.sidecar_naming),
            "precision": _choice(precision_titles(), settings.precision),
            "keep_list": _choice(
                {True: tr("List the photos again"), False: tr("Start with an empty list")},
                settings.keep_list,
            ),
        }
        self._lay_out()

    def accept(self) -> None:
        self.changed.emit({name: field.currentData() for name, field in self.fields.items()})
        super().accept()

    def _lay_out(self) -> None:
        titles = {
            "theme": tr("&Appearance"),
            "units": tr("&Units"),
            "coordinate_format": tr("&Copy coordinates as"),
            "device": tr("&Device"),
            "crops": tr("C&rops per photo"),
            "sidecar_naming": tr("&New sidecar names"),
            "precision": tr("Precision of written &positions"),
            "keep_list": tr("At the next s&tart"),
        }
        notes = {
            "crops": tr(
                "Changing the device or the number of crops reloads the model and "
                "locates the photos in the list again."
            ),
            "sidecar_naming": tr(
                "A sidecar is a small file next to a photo that holds its metadata. "
                "Existing sidecars keep their names."
            ),
            "precision": tr(
                "Rounding hides the exact spot: to city level by up to {city}, to region "
                "level by up to {region}. The written radius grows by the same amount."
            ).format(city=words.threshold(_CITY_KM), region=words.threshold(_REGION_KM)),
        }
        form = QFormLayout()
        form.setHorizontalSpacing(20)
        form.setVerticalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, field in self.fields.items():
            field.setAccessibleName(titles[name].replace("&", ""))
            label = QLabel(titles[name])
            label.setBuddy(field)
            form.addRow(label, _with_note(field, notes.get(name, "")))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 22, 24, 18)
        box.setSpacing(16)
        box.addLayout(form)
        box.addWidget(buttons)


def _with_note(field: QComboBox, note: str) -> QVBoxLayout:
    """A field, and below it what it means."""
    box = QVBoxLayout()
    box.setSpacing(4)
    box.addWidget(field)
    if note:
        field.setAccessibleDescription(note)
        label = QLabel(note)
        label.setWordWrap(True)
        label.setProperty("role", "muted")
        box.addWidget(label)
    return box


def _choice(options: Mapping[Any, str], current: object) -> QComboBox:
    field = ComboBox()
    for value, title in options.items():
        field.addItem(title, value)
    field.setCurrentIndex(max(0, list(options).index(current) if current in options else 0))
    return field


def _units() -> dict[str, str]:
    ours = {Units.KILOMETRES: tr("kilometres"), Units.MILES: tr("miles")}
    return {
        "system": tr("System default ({units})").format(units=ours[system_units()]),
        Units.KILOMETRES.value: tr("Kilometres"),
        Units.MILES.value: tr("Miles"),
    }


def _devices(current: str) -> dict[str, str]:
    devices = {"auto": tr("Automatic"), "cpu": tr("Processor (CPU)")}
    torch = sys.modules.get("torch")  # asked only when it is there already: importing takes seconds
    if torch is not None and torch.cuda.is_available():
        devices["cuda"] = torch.cuda.get_device_name(0)
    if torch is not None and torch.backends.mps.is_available():
        devices["mps"] = tr("Apple graphics (MPS)")
    devices.setdefault(current, current)
    return devices
