"""The filters of a review, used as by hand."""

from __future__ import annotations

from PySide6.QtCore import Qt

from geoguess_app.ui.review.filters import FilterBar


def choose_state(filters: FilterBar, title: str) -> None:
    """Choose which photos are listed by the words in the box; a count may follow them."""
    row = filters.state.findText(title, Qt.MatchFlag.MatchStartsWith)
    assert row >= 0, title
    filters.state.setCurrentIndex(row)
