"""Outcomes of a save, of taking one back, and of revoking: values for those who show them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr


class WriterTask(StrEnum):
    """A task that the writer's thread can do."""

    SAVE = "save"
    UNDO = "undo"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """The outcome of one file."""

    file: Path
    good: bool
    text: str
    """A few words where all went well, else one sentence that says why not."""
    photo: Path | None = None
    """The photo that it is about, where the file is a sidecar."""


@dataclass(frozen=True, slots=True)
class WriterOutcome:
    """The outcome of one run of the writer."""

    doing: WriterTask
    run: str
    """Name of the run in the journal; empty where nothing was begun."""
    planned: int
    lines: tuple[OutcomeLine, ...]
    stopped: bool = False
    """The user stopped it before its end."""
    trouble: str = ""
    """One sentence about what ended it early."""

    @property
    def good(self) -> int:
        """Files that were written, restored or cleaned."""
        return sum(line.good for line in self.lines)

    @property
    def bad(self) -> tuple[OutcomeLine, ...]:
        """Files that stayed as they were although they should not."""
        return tuple(line for line in self.lines if not line.good)

    def sentence(self) -> str:
        """All of it in one or two sentences."""
        parts = [_DONE[self.doing](words.count(self.good, tr("file"), tr("files")))]
        if not self.good and self.lines:
            parts = [tr(_NOTHING[self.doing])]
        if self.bad:
            parts.append(_LEFT[self.doing](words.count(len(self.bad), tr("file"), tr("files"))))
        if self.stopped:
            rest = self.planned - len(self.lines)
            parts.append(tr("Stopped with {n} left.").format(n=f"{rest:,}"))
        if self.trouble:
            parts.append(self.trouble)
        return " ".join(parts)


_DONE = {
    WriterTask.SAVE: lambda n: tr("{n} saved.").format(n=n),
    WriterTask.UNDO: lambda n: tr("{n} restored to the state before the save.").format(n=n),
    WriterTask.REVOKE: lambda n: tr("Estimates removed from {n}.").format(n=n),
}
_NOTHING = {
    WriterTask.SAVE: "Nothing was saved.",
    WriterTask.UNDO: "Nothing was undone.",
    WriterTask.REVOKE: "No estimate was removed.",
}
_LEFT = {
    WriterTask.SAVE: lambda n: tr("{n} could not be written.").format(n=n),
    WriterTask.UNDO: lambda n: tr("{n} not changed.").format(n=n),
    WriterTask.REVOKE: lambda n: tr("Estimate not removed from {n}.").format(n=n),
}
