"""Facts that a report needs besides the answer: those of the file, the clues and the run."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.clues.found import ClueSource, FoundClue
from geoguess_app.core.errors import PhotoError
from geoguess_app.core.types import Coordinate, LocatedPhoto

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ClueShare:
    """A clue in words, and the model's probability, 0…1, of the places that fit it alone."""

    words: str
    share: float
    source: str = ""
    """Where it was found; empty for one that the user gave."""


@dataclass(frozen=True, slots=True)
class UnusedClue:
    """A clue in words that was found and not used, and where it was found."""

    words: str
    source: str
    dismissed: bool
    """By the user; else nobody has decided about it."""


def source_words(found: FoundClue) -> str:
    """Say where a clue was found, in its own words, but never those of a folder's name; empty for
    one that the user gave."""
    if found.source is ClueSource.USER:
        return ""
    if not found.said or found.source is ClueSource.FOLDER_NAME:
        return found.source.value
    return f"{found.source.value}: “{found.said}”"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings that an answer depends on, and names of files for the command that repeats it."""

    output: str
    crops: int
    device: str
    """What computed: "cpu", "cuda" or "mps"; never the name of a part of this machine."""
    references: bool
    """Whether reference photos were asked."""
    model_file: str | None = None
    """Name of the model's file or folder; None for the starter."""
    with_picture: bool = True
    miles: bool = False


@dataclass(frozen=True, eq=False)
class ReportSubject:
    """One located photo, and all that its report tells."""

    located: LocatedPhoto
    bundle: Bundle
    settings: RunSettings
    whole: LocatedPhoto | None = None
    """The answer before clues and search area; None where there were none."""
    clue_shares: tuple[ClueShare, ...] = ()
    unused_clues: tuple[UnusedClue, ...] = ()
    area: str = ""
    """The search area in words; empty for everywhere."""
    placed: Coordinate | None = None
    """Where a person put the photo, against the model's answer."""
    name: str = ""
    """Shown instead of the file's name, for a pasted picture."""

    @property
    def path(self) -> Path:
        """Return where the photo lies; never shown."""
        return self.located.path

    @property
    def shown_name(self) -> str:
        """Return the name of the photo, without its folder."""
        return self.name or self.path.name


def file_digest(path: Path) -> tuple[str, int]:
    """SHA-256 in hexadecimal digits, and size in bytes, of a file. Raises PhotoError."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise PhotoError(
            f"{path.name} cannot be read ({error.strerror or error}).", code="unreadable"
        ) from error
    return digest.hexdigest(), size


def repeating_command(subject: ReportSubject) -> str:
    """The command that repeats a report, with names of files alone."""
    settings = subject.settings
    words = ["geoguess", "report", subject.shown_name, "--output", settings.output]
    if settings.model_file is not None:
        words += ["--model", settings.model_file]
    words += ["--crops", str(settings.crops), "--device", settings.device]
    for clue in subject.located.clues.clues if subject.located.clues is not None else ():
        words += ["--clue", clue]
    if not settings.references:
        words.append("--no-references")
    if not settings.with_picture:
        words.append("--without-picture")
    if settings.miles:
        words += ["--units", "mi"]
    return shlex.join(words)
