"""Clues in words: ``drives-on=left``, ``language=pt``, ``script=thai``; each stands for an area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from geoguess_app.core.area.areas import Area, intersect
from geoguess_app.core.clues.kinds import (
    KINDS,
    ClueKind,
    name_of,
    names_of,
    read_value,
    utc_offset_value,
)
from geoguess_app.core.errors import ClueError

_NAMED = 4
"""Of more values so many are named, and the rest counted."""


@dataclass(frozen=True, slots=True)
class Clue:
    """A thing that somebody saw: values of one kind, any of which may hold.

    ``values`` are codes as in ``KINDS`` ("pt", "Thai", "JPY", "351"), "left", "south", ….
    """

    kind: ClueKind
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}={','.join(self.values)}"

    def area(self, day: date | None = None) -> Area:
        """Return where the clue can be seen, clocks on that day. Raises ClueError for one that no
        place fits."""
        found = KINDS[self.kind].area(self.values, day)
        if found is None:
            raise ClueError(f"No place fits {self}.", code="clue")
        return found


def parse_clue(text: str) -> Clue:
    """Read ``KEY=VALUE``; several values are separated by commas.

    Languages, scripts, currencies and countries may be given by code or by English name. Raises
    ClueError, which says what is possible.
    """
    key, _, value = text.partition("=")
    kinds = [kind.value for kind in ClueKind]
    if key.strip().casefold() not in kinds:
        raise ClueError(f"{key!r} is no kind of clue; there are {', '.join(kinds)}.", code="clue")
    kind = ClueKind(key.strip().casefold())
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts:
        raise ClueError(f"{kind} needs a value: {kind}={KINDS[kind].example}.", code="clue")
    if len(parts) > 1 and not KINDS[kind].takes_several:
        raise ClueError(f"{kind} takes one value.", code="clue")
    return Clue(kind, tuple(dict.fromkeys(read_value(kind, part) for part in parts)))


def utc_offset_clue(offset: timedelta) -> Clue:
    """The clue that a camera's clock gives."""
    return Clue(ClueKind.UTC_OFFSET, (utc_offset_value(offset),))


def area_of(clues: Sequence[Clue], day: date | None = None) -> Area:
    """Return where all of these clues, at least one, can be seen; raises ClueError for nowhere.

    ``day``: when the photo was taken, for its clock.
    """
    found = intersect([clue.area(day) for clue in clues])
    if found is None:
        said = " and ".join(str(clue) for clue in clues)
        raise ClueError(f"No place fits {said} at once.", code="clue")
    return found


def known_clues() -> list[tuple[str, Clue]]:
    """All single clues to choose from, each with a label in which its kind can be read."""
    found = []
    for kind, facts in KINDS.items():
        if facts.label is None:
            continue
        for value in names_of(kind):
            clue = Clue(kind, (value,))
            label = facts.label.format(describe(clue))
            found.append((f"{label[:1].upper()}{label[1:]}", clue))
    return found


def describe(clue: Clue) -> str:
    """Say a clue in words: "Portuguese", "drives on the left", "calling code +351"."""
    names = [name_of(clue.kind, value) for value in clue.values]
    said = " or ".join(names)
    if len(names) > _NAMED:
        said = f"{', '.join(names[:_NAMED])} or {len(names) - _NAMED} more"
    return KINDS[clue.kind].words.format(said)
