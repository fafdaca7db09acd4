"""Photos that could not be read in a run: named when they are met, and in a file."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from geoguess_app.files.atomic import atomic_text_file

FILE = "broken.txt"
_SAID_ONE_BY_ONE = 3
log = logging.getLogger(__name__)


class UnreadablePhotos:
    """The list ``broken.txt`` of a run; all ranks of a machine write to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._known = set(self.names())

    def names(self) -> list[str]:
        """All photos that are listed, in order of name."""
        try:
            return sorted(set(self.path.read_text(encoding="utf-8").splitlines()))
        except OSError:
            return []

    def note(self, names: Iterable[str]) -> None:
        """List photos that are not listed yet."""
        new = sorted(set(names) - self._known)
        if not new:
            return
        for number, name in enumerate(new, start=len(self._known)):
            if number < _SAID_ONE_BY_ONE:
                log.warning("%s cannot be read and is skipped.", name)
        self._known.update(new)
        # A full disk is told where it matters: at the next checkpoint.
        with suppress(OSError), self.path.open("a", encoding="utf-8") as stream:
            stream.write("".join(f"{name}\n" for name in new))

    def sum_up(self) -> None:
        """Say how many there are, and sort the list."""
        names = self.names()
        if names:
            with suppress(OSError), atomic_text_file(self.path) as stream:
                stream.write("\n".join(names) + "\n")
            log.warning("%s (all in %s).", describe_unreadable(names), self.path)


def describe_unreadable(names: list[str]) -> str:
    """A few of the photos that could not be read."""
    shown = ", ".join(names[:3])
    return f"{len(names)} photos could not be read and were skipped: {shown}"
