"""The right side: one page for each step."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.train.pages import EffortPage, IntroPage, ReportPage
from geoguess_app.ui.train.panel import TrainStep
from geoguess_app.ui.train.result_page import ResultPage
from geoguess_app.ui.train.training_page import TrainingPage
from geoguess_app.ui.work.pictures import Pictures


class SidePages(QStackedWidget):
    """The pages of the right side; shows that of the step that is on."""

    def __init__(self, theme: Theme, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainPages")
        self.setMinimumWidth(220)
        self.intro = IntroPage(theme)
        self.report = ReportPage(theme, pictures)
        self.effort = EffortPage()
        self.training = TrainingPage(theme)
        self.result = ResultPage(theme, pictures)
        for page in (self.intro, self.report, self.effort, self.training, self.result):
            self.addWidget(page)

    def show_step(self, step: TrainStep) -> None:
        """Turn to the page of a step."""
        self.setCurrentIndex(int(step))
