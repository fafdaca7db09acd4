"""Keeping the list of photos over a restart, where the settings say so."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from geoguess_app.core.clues.clue import Clue, parse_clue
from geoguess_app.core.errors import ClueError
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.locate.kept_list import (
    FoundAgain,
    KeptClues,
    keep_list,
    keeping_work,
    restoring_work,
)
from geoguess_app.ui.locate.photo_clues import ClueChoices

if TYPE_CHECKING:
    from geoguess_app.ui.locate.mode import LocateMode

log = logging.getLogger(__name__)

_Kept = tuple[list[Path], Path | None, list[KeptClues]]
_SOON_MS = 1500
_ORDER = "locate/order"
_NAMED = 3
"""So many missing files are named, the others counted."""


class ListKeeper(QObject):
    """A keeper that writes the list soon after a change, and restores it at the start."""

    def __init__(self, mode: LocateMode) -> None:
        super().__init__(mode)
        self._mode, self._services = mode, mode.services
        self._kept: _Kept = ([], None, [])
        self._restoring = self._begun = False
        self._soon = QTimer(self, interval=_SOON_MS, singleShot=True)
        self._soon.timeout.connect(self._keep_in_background)
        mode.model.changed.connect(self._soon.start)
        mode.clues.state.changed.connect(lambda _paths: self._soon.start())
        order = self._services.window_state.value(_ORDER, "")
        mode.list.bar.order_by(str(order or ""))

    def restore(self) -> None:
        """Bring the list of the last time back; answers come from the memory."""
        self._begun = True
        if not self._services.settings.now.keep_list:
            return
        self._restoring = True
        self._services.locator.run_on_headers(restoring_work, self._restored, self._failed)

    def forget(self) -> None:
        """The list is not to be kept: nothing of it stays on the disk."""
        self._kept = ([], None, [])
        keep_list([], None)

    def close(self) -> None:
        """The window closes: write the list now."""
        self._services.window_state.setValue(_ORDER, self._mode.list.bar.wanted_order().value)
        now = self._now()
        if self._wanted(now):
            keep_list(*now)

    def _now(self) -> _Kept:
        # Pictures from the clipboard have no file that outlives the program.
        paths = [row.path for row in self._mode.model.rows() if not row.label]
        current = self._mode.list.current()
        listed = set(paths)
        clues = [
            KeptClues(str(path), tuple(map(str, each.used)), tuple(map(str, each.dismissed)))
            for path, each in self._mode.clues.state.all_choices().items()
            if path in listed
        ]
        return paths, current.path if current is not None else None, clues

    def _wanted(self, now: _Kept) -> bool:
        keeps = self._services.settings.now.keep_list
        return self._begun and keeps and not self._restoring and now != self._kept

    def _keep_in_background(self) -> None:
        now = self._now()
        if self._wanted(now):
            self._kept = now
            work = keeping_work(*now)
            self._services.locator.run_on_headers(work, lambda _done: None, self._failed)

    def _restored(self, found: FoundAgain) -> None:
        self._restoring = False
        mode = self._mode
        looked_at = mode.list.current()
        mode.clues.state.choose(
            {Path(kept.photo): choices_of(kept.used, kept.dismissed) for kept in found.clues}
        )
        mode.take_in(list(found.photos))
        if looked_at is None and found.current is not None:
            mode.list.select(found.current)
        if found.missing:
            self._services.notice.tell(_missing(found.missing))

    def _failed(self, error: Exception) -> None:
        self._restoring = False
        log.warning("the list of photos was not kept or restored: %s", error)


def choices_of(used: Sequence[str], dismissed: Sequence[str]) -> ClueChoices:
    """Return what was decided; clues that this program does not know are left out."""
    return ClueChoices(tuple(_known(used)), tuple(_known(dismissed)))


def _known(texts: Sequence[str]) -> Iterator[Clue]:
    for text in texts:
        try:
            yield parse_clue(text)
        except ClueError as problem:
            log.warning("a kept clue is not known: %s", problem)


def _missing(paths: tuple[Path, ...]) -> str:
    """Name what is gone."""
    names = ", ".join(path.name for path in paths[:_NAMED])
    if len(paths) > _NAMED:
        more = f"{len(paths) - _NAMED:,}"
        names = tr("{names} and {count} more").format(names=names, count=more)
    return tr("Not found any more, so not listed: {names}.").format(names=names)
