"""The panel of scene labels at three granularities."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from geoguess_app.core.types import SceneProbabilities
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.scene_bars import SceneBars
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.kit.words import tr

_SHOWN = {"s3": 3, "s16": 3, "s365": 5}


class ScenePanel(QWidget):
    """Three blocks of bars: kind of place, group, exact scene."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars = {
            "s3": SceneBars(tr("Scene type"), theme),
            "s16": SceneBars(tr("Scene group"), theme),
            "s365": SceneBars(tr("Scene category"), theme),
        }
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        for i, bars in enumerate(self.bars.values()):
            caption = QLabel(bars.accessibleName())
            caption.setProperty("role", "muted")
            if i:
                box.addSpacing(6)
            box.addWidget(caption)
            box.addWidget(bars)

    def show_scene(self, scene: SceneProbabilities) -> None:
        """Fill the bars with these probabilities, or hide them."""
        import numpy as np

        from geoguess_app.core.decision.scenes import scene_table

        table = scene_table()
        names = {"s3": table.s3_names, "s16": table.s16_names, "s365": table.labels}
        for key, bars in self.bars.items():
            shares = np.asarray(getattr(scene, key))
            best = np.argsort(-shares, kind="stable")[: _SHOWN[key]]
            bars.show_rows([(words.scene(names[key][i]), float(shares[i])) for i in best])
