"""The clues of single photos: those found, those used, those dismissed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.found import ClueSource, FoundClue, distinct


@dataclass(frozen=True, slots=True)
class ClueChoices:
    """The decisions about the clues of one photo."""

    used: tuple[Clue, ...] = ()
    dismissed: tuple[Clue, ...] = ()

    def using(self, clue: Clue) -> ClueChoices:
        """Return them with a clue used."""
        others = self.forgetting(clue)
        return replace(others, used=(*others.used, clue))

    def dismissing(self, clue: Clue) -> ClueChoices:
        """Return them with a clue dismissed."""
        others = self.forgetting(clue)
        return replace(others, dismissed=(*others.dismissed, clue))

    def forgetting(self, clue: Clue) -> ClueChoices:
        """Return them with a clue that nobody has decided about."""
        return ClueChoices(
            tuple(each for each in self.used if each != clue),
            tuple(each for each in self.dismissed if each != clue),
        )


_NONE = ClueChoices()


class PhotoClues(QObject):
    """The record of clues found and decided about, photo by photo; it belongs to the GUI thread."""

    changed = Signal(object)
    """Something is new about the clues of these paths (a tuple)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._offers: dict[Path, dict[ClueSource, tuple[FoundClue, ...]]] = {}
        self._choices: dict[Path, ClueChoices] = {}

    def offer(self, photo: Path, source: ClueSource, found: Iterable[FoundClue]) -> None:
        """Show what was found in a photo, in place of what was found in that source before."""
        offers, new = self._offers.setdefault(photo, {}), tuple(found)
        if offers.get(source, ()) != new:
            offers[source] = new
            self.changed.emit((photo,))

    def found(self, photo: Path) -> tuple[FoundClue, ...]:
        """Return all that was found in a photo, each clue once."""
        offers = self._offers.get(photo, {})
        return distinct(each for source in ClueSource for each in offers.get(source, ()))

    def open(self, photo: Path) -> tuple[FoundClue, ...]:
        """Return those found that are neither used nor dismissed."""
        chosen = self.choices(photo)
        decided = {*chosen.used, *chosen.dismissed}
        return tuple(each for each in self.found(photo) if each.clue not in decided)

    def choices(self, photo: Path) -> ClueChoices:
        """Return what was decided about the clues of a photo."""
        return self._choices.get(photo, _NONE)

    def all_choices(self) -> dict[Path, ClueChoices]:
        """Return the decisions about all photos that have any."""
        return dict(self._choices)

    def choose(self, choices: Mapping[Path, ClueChoices]) -> None:
        """Decide about the clues of photos."""
        changed = tuple(path for path, new in choices.items() if self.choices(path) != new)
        for path in changed:
            if choices[path] == _NONE:
                self._choices.pop(path, None)
            else:
                self._choices[path] = choices[path]
        if changed:
            self.changed.emit(changed)

    def clear(self) -> None:
        """Forget the clues of all photos."""
        self.choose(dict.fromkeys(self._choices, _NONE))
        self._offers.clear()

    def source_of(self, photo: Path, clue: Clue) -> FoundClue:
        """Return where a clue of a photo comes from; from the user where it was not found."""
        known = (each for each in self.found(photo) if each.clue == clue)
        return next(known, FoundClue(clue, ClueSource.USER))
