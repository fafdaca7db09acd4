"""The question before a window closes over steps that could not be written."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.work.review_controller import ReviewController


class ClosingGuard:
    """A guard of the window of a review; asks nothing as long as all can be kept."""

    def __init__(self, window: QWidget, controller: ReviewController) -> None:
        self._window, self._controller = window, controller

    def may_close(self) -> bool:
        """Ask about steps that would be lost; False where the user stays."""
        problem = self._controller.unkept()
        return not problem or self._may_be_lost(problem)

    def _may_be_lost(self, problem: str) -> bool:
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(tr("The latest steps of your review are not saved."))
        box.setInformativeText(
            tr("{problem} If you close now, these steps will be lost.").format(problem=problem)
        )
        stay = box.addButton(tr("Keep open"), QMessageBox.ButtonRole.RejectRole)
        leave = box.addButton(tr("Close without saving"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.exec()
        return box.clickedButton() is leave
