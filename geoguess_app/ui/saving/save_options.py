"""The choices of a save, as fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QWidget

from geoguess_app.photos.precision import Precision
from geoguess_app.photos.sidecars import SidecarNaming
from geoguess_app.photos.write_plan import WriteOptions
from geoguess_app.ui.kit.inputs import ComboBox
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.choices import WriteTarget, kinds_of, where_of
from geoguess_app.ui.saving.titles import naming_titles, precision_titles


class SaveOptions(QWidget):
    """The options of a save; they say by ``changed`` that the plan must be made anew."""

    changed = Signal(object)
    """The WriteOptions."""

    def __init__(self, options: WriteOptions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.where = _choice(
            {
                WriteTarget.JPEG: tr("JPEG files; sidecars for all others"),
                WriteTarget.ALL: tr("JPEG, PNG, TIFF, WebP, HEIC; sidecars for the rest"),
                WriteTarget.SIDECAR: tr("Sidecars only; photos are not changed"),
            },
            where_of(options),
        )
        self.naming = _choice(naming_titles(), options.naming)
        self.precision = _choice(precision_titles(), options.precision)
        self.place = QCheckBox(tr("Country, region and city"))
        self.place.setToolTip(tr("Written only to empty fields; existing names are kept."))
        self.place.setChecked(options.with_place)
        self.keywords = QCheckBox(tr("Scene keywords"))
        self.keywords.setToolTip(tr("What the photo shows, such as Scene|urban|tower."))
        self.keywords.setChecked(options.with_keywords)
        for box in (self.where, self.naming, self.precision):
            box.currentIndexChanged.connect(self._tell)
        for tick in (self.place, self.keywords):
            tick.toggled.connect(self._tell)
        self._lay_out()

    def options(self) -> WriteOptions:
        """Return what is chosen."""
        return WriteOptions(
            embed_kinds=kinds_of(WriteTarget(self.where.currentData())),
            naming=SidecarNaming(self.naming.currentData()),
            precision=Precision(self.precision.currentData()),
            with_place=self.place.isChecked(),
            with_keywords=self.keywords.isChecked(),
        )

    def _tell(self, *_: object) -> None:
        self.changed.emit(self.options())

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        fields = (
            (tr("&Write to"), self.where),
            (tr("New &sidecars"), self.naming),
            (tr("&Precision"), self.precision),
        )
        for row, (title, field) in enumerate(fields):
            label = QLabel(title)
            label.setBuddy(field)
            field.setAccessibleName(title.replace("&", ""))
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(field, row, 1)
        also = QHBoxLayout()
        also.setSpacing(18)
        also.addWidget(self.place)
        also.addWidget(self.keywords)
        also.addStretch(1)
        grid.addWidget(QLabel(tr("Also write")), len(fields), 0, Qt.AlignmentFlag.AlignRight)
        grid.addLayout(also, len(fields), 1)
        grid.setColumnStretch(1, 1)


def _choice(options: Mapping[Any, str], current: object) -> QComboBox:
    field = ComboBox()
    for value, title in options.items():
        field.addItem(title, str(value))
    field.setCurrentIndex(max(0, field.findData(str(current))))
    return field
