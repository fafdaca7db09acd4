"""What Explore mode looks at, in a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt

from geoguess_app.ui.explore.explorer import MEASURES, Explorer, Filter, Spot

if TYPE_CHECKING:
    from geoguess_app.ui.window import MainWindow


def captured(window: MainWindow) -> dict[str, object]:
    """Level, colours, filter and the chosen cell."""
    explorer = _explorer(window)
    chosen = explorer.chosen
    names = explorer.level_names()
    token = ""
    if explorer.cells is not None and chosen is not None and not isinstance(chosen, Spot):
        token = explorer.cells.token(chosen)
    return {
        "level": names[explorer.level] if 0 <= explorer.level < len(names) else "",
        "measure": explorer.measure,
        "logarithmic": explorer.log,
        "least_photos": explorer.filter.least_photos,
        "country": explorer.filter.country_code,
        "cell": token,
    }


def restore(window: MainWindow, state: Mapping[str, Any], then: Callable[[], None]) -> None:
    """Look at the same, as soon as the model's cells are there; what they lack is left out."""
    explorer = _explorer(window)

    def show() -> None:
        if explorer.cells is not None:
            _show(explorer, state)
            then()

    if explorer.cells is not None:
        show()
    else:
        kind = Qt.ConnectionType.SingleShotConnection
        explorer.loaded.connect(show, kind)


def _show(explorer: Explorer, state: Mapping[str, Any]) -> None:
    names = explorer.level_names()
    measure, least = state.get("measure"), state.get("least_photos")
    country, cell = state.get("country"), state.get("cell")
    if measure in MEASURES:
        explorer.set_measure(str(measure))
    explorer.set_log(state.get("logarithmic") is not False)
    explorer.set_filter(
        Filter(
            max(0, least) if isinstance(least, int) and not isinstance(least, bool) else 0,
            country if isinstance(country, str) and len(country) == 2 else "",
        )
    )
    if isinstance(cell, str) and cell:
        _choose(explorer, cell)
    if state.get("level") in names:
        explorer.set_level(names.index(str(state["level"])))


def _choose(explorer: Explorer, token: str) -> None:
    from geoguess_app.core.cell_facts import CellRef

    assert explorer.cells is not None
    for level, facts in enumerate(explorer.cells.levels):
        tokens = list(facts.partition.tokens)
        if token in tokens:
            explorer.choose(CellRef(level, tokens.index(token)))
            return


def _explorer(window: MainWindow) -> Explorer:
    explorer = window.modes.get("explore").explorer  # type: ignore[attr-defined]
    assert isinstance(explorer, Explorer)
    return explorer
