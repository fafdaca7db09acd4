"""Taking back what a save wrote, wherever the file is still as that save left it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError, JournalError, WriteError
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.photos.formats.edits import EditedCopy
from geoguess_app.photos.journal import JournalEntry, JournalRun, note_undone
from geoguess_app.photos.replace_file import (
    Check,
    FileIdentity,
    Folders,
    change_file,
    create_file,
    remove_file,
    write_error,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RestoredFile:
    """A file that is, byte for byte, what it was before the save."""

    entry: JournalEntry
    removed: bool
    """True where it was a sidecar that the save had made."""


@dataclass(frozen=True, slots=True)
class UnchangedFile:
    """A file that already is what it was before the save; nothing was done."""

    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class UnrestoredFile:
    """A file that was left alone, and why, in one sentence."""

    entry: JournalEntry
    code: str
    message: str


def last_run(runs: Sequence[JournalRun]) -> JournalRun | None:
    """The latest run of which something is left to undo."""
    return next((run for run in reversed(runs) if run.open_entries), None)


def find_run(name: str, runs: Sequence[JournalRun]) -> JournalRun:
    """The run with that name, or whose name begins so. Raises JournalError."""
    found = [run for run in runs if run.name == name] or [
        run for run in runs if name and run.name.startswith(name)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise JournalError(
            f"Several runs begin with {name!r}; give more of its name.", code="ambiguous"
        )
    raise JournalError(
        f"There is no run {name!r} in the journal; list them with: geoguess undo --list",
        code="no-run",
    )


def undo(
    run: JournalRun, token: CancelToken | None = None
) -> Generator[RestoredFile | UnchangedFile | UnrestoredFile, None, None]:
    """Take a run back, latest file first; one result for each of ``run.open_entries``.

    A file is restored exactly, and only where its content is what the run wrote; any other is
    left alone and reported. Raises JournalError where the journal can no longer be written.
    """
    with Folders() as folders:
        for entry in run.open_entries:
            if token is not None and token.cancelled:
                return
            folders.enter(entry.target.parent)
            result = take_back(entry, entry.target)
            if not isinstance(result, UnrestoredFile):
                note_undone(run, entry.target)
            yield result


def take_back(entry: JournalEntry, target: Path) -> RestoredFile | UnchangedFile | UnrestoredFile:
    """Restore one file, which may have moved to ``target`` since."""
    name = shown_name(target)
    try:
        if not target.exists():
            if entry.created:
                return UnchangedFile(entry)
            if entry.after_sha256 is None:
                data = b"".join(edit.new for edit in entry.back)
                create_file(target, data, _restores(entry, name), like=entry.photo)
                return RestoredFile(entry, removed=False)
            return _left(entry, "gone", f"{name} was deleted or moved; nothing was undone.")
        identity = FileIdentity.of(target)
        now = sha256_of(target)
        if now == entry.before_sha256:
            return UnchangedFile(entry)
        if now != entry.after_sha256:
            message = f"{name} was changed since it was written; it was left unchanged."
            return _left(entry, "changed", message)
        if entry.created:
            remove_file(target, identity)
        else:
            change_file(target, entry.back, identity, _restores(entry, name))
    except GeoGuessError as problem:
        return _left(entry, problem.code, str(problem))
    except OSError as problem:
        error = write_error(target, problem)
        return _left(entry, error.code, str(error))
    return RestoredFile(entry, removed=entry.created)


def _restores(entry: JournalEntry, name: str) -> Check:
    def check(part: Path, copied: EditedCopy) -> None:
        if copied.written_sha256 != entry.before_sha256 or sha256_of(part) != entry.before_sha256:
            raise WriteError(
                f"{name} was not restored: the journal does not match it.", code="not-verified"
            )

    return check


def _left(entry: JournalEntry, code: str, message: str) -> UnrestoredFile:
    return UnrestoredFile(entry, code, message)


def sha256_of(file: Path) -> str:
    """The hash of a file's content; raises OSError."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
