"""Removing every estimate that this program ever wrote, journal or not, moved since or not."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError, JournalError, PhotoError
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.core.picture.sniff import Kind
from geoguess_app.photos.exiv2 import Exiv2Tags, read_tags
from geoguess_app.photos.formats import jpeg
from geoguess_app.photos.formats.edits import (
    Edit,
    EditedCopy,
    apply_edits,
    invert_edits,
    order_edits,
    reader_of,
)
from geoguess_app.photos.formats.gps_edits import gps_edits
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import Packet, XmpError
from geoguess_app.photos.journal import Journal, JournalEntry, JournalRun
from geoguess_app.photos.known_position import position_in
from geoguess_app.photos.photo_kind import kind_of
from geoguess_app.photos.position_tags import OUR_TAGS, is_estimate
from geoguess_app.photos.replace_file import (
    FileIdentity,
    Folders,
    change_file,
    remove_file,
    write_error,
)
from geoguess_app.photos.scan import scan, scan_sidecars
from geoguess_app.photos.sidecars import revocation
from geoguess_app.photos.undo import sha256_of
from geoguess_app.photos.verify import check_bytes, check_no_estimate

_MOST_STEPS = 50
"""Estimates of several runs may lie one above the other."""


@dataclass(frozen=True, slots=True)
class RevokedFile:
    """A file whose estimate is gone."""

    file: Path
    how: str
    """"restored" to what the journal says it was, "cleaned" of our tags, or "deleted"."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that still carries an estimate, and why, in one sentence."""

    file: Path
    code: str
    message: str


def estimates_in(
    paths: Iterable[Path], token: CancelToken | None = None
) -> Generator[Path, None, None]:
    """Photos and sidecars under ``paths`` that carry an estimate of this program."""
    given = list(paths)
    for file in scan(given, token):
        if _carries_estimate(file):
            yield file
    for file in scan_sidecars(given, token):
        if _carries_estimate(file):
            yield file


def _carries_estimate(file: Path) -> bool:
    try:
        tags = read_tags(file)
    except PhotoError:
        return False
    found = position_in(tags, file)
    marks = (tags.xmp.get("Xmp.geoguess.Method"), tags.xmp.get("Xmp.exif.GPSProcessingMethod"))
    return (found is not None and found.is_estimate) or any(
        isinstance(mark, str) and is_estimate(mark) for mark in marks
    )


def revoke(
    files: Iterable[Path],
    runs: Sequence[JournalRun],
    journal: Journal,
    token: CancelToken | None = None,
) -> Generator[RevokedFile | KeptFile, None, None]:
    """Remove the estimate from each of ``files`` (from ``estimates_in``); one result for each.

    Where the journals of ``runs`` know the file by its content, it becomes byte for byte what it
    was, and a position that an estimate replaced comes back. Otherwise our tags are removed and
    nothing else. ``journal`` keeps what is removed. Raises JournalError.
    """
    by_content = {
        entry.after_sha256: entry for run in runs for entry in run.entries if entry.after_sha256
    }
    with Folders() as folders:
        for file in files:
            if token is not None and token.cancelled:
                return
            folders.enter(file.parent)
            yield _revoke_one(file, by_content, journal)


def _revoke_one(
    file: Path, known: dict[str, JournalEntry], journal: Journal
) -> RevokedFile | KeptFile:
    name = shown_name(file)
    try:
        target = file.resolve(strict=True)
        return _remove_all(target, known, journal)
    except JournalError:
        raise
    except (TiffError, XmpError) as problem:
        return KeptFile(file, "unsafe", f"{name} keeps its estimate, because {problem}.")
    except GeoGuessError as problem:
        return KeptFile(file, problem.code, str(problem))
    except OSError as problem:
        error = write_error(file, problem)
        return KeptFile(file, error.code, str(error))


def _remove_all(target: Path, known: dict[str, JournalEntry], journal: Journal) -> RevokedFile:
    how = ""
    for _ in range(_MOST_STEPS):
        if not _carries_estimate(target):
            break
        identity = FileIdentity.of(target)
        entry = known.get(sha256_of(target))
        if entry is not None and entry.created:
            return _delete(target, identity, journal)
        if entry is not None:
            how = "restored"
            edits = list(entry.back)
        else:
            how = "cleaned"
            edits = _edits_without(target)
            if target.suffix.lower() == ".xmp" and _is_ours_and_empty(target, edits):
                return _delete(target, identity, journal)
        _apply(target, edits, identity, journal, restoring=entry is not None)
    return RevokedFile(target, how)


def _edits_without(target: Path) -> list[Edit]:
    if target.suffix.lower() == ".xmp":
        packet = Packet(target.read_bytes())
        changes = revocation(packet)
        return packet.edits(changes) if changes is not None else []
    kind, _ = kind_of(target)
    with target.open("rb") as stream:
        tags = read_tags(target)
        found = position_in(Exiv2Tags(tags.exif, {}, {}), target)
        edits: list[Edit] = []
        if found is not None and found.is_estimate:
            edits = gps_edits(stream, kind, {}, OUR_TAGS)
        if kind == "jpeg":
            edits += _xmp_edits_without(target, kind)
    return order_edits(edits)


def _xmp_edits_without(target: Path, kind: Kind) -> list[Edit]:
    with target.open("rb") as stream:
        read = reader_of(stream)
        present = jpeg.block(read, jpeg.XMP_MARK)
        changes = revocation(Packet(present)) if present is not None else None
        if present is None or changes is None:
            return []
        packet = Packet(present)
        if _empty(packet, packet.edits(changes)):
            return jpeg.removal(read, jpeg.XMP_MARK)
        return jpeg.block_edits(
            read, jpeg.XMP_MARK, lambda inside, length: packet.edits(changes), lambda: b""
        )


def _is_ours_and_empty(target: Path, edits: list[Edit]) -> bool:
    return _empty(Packet(target.read_bytes()), edits)


def _empty(packet: Packet, edits: list[Edit]) -> bool:
    """Whether a packet that we made says nothing any more."""
    made_by_us = b'x:xmptk="GeoGuess"' in packet.data
    return made_by_us and Packet(apply_edits(edits, packet.data)).is_empty


def _apply(
    target: Path, edits: list[Edit], identity: FileIdentity, journal: Journal, *, restoring: bool
) -> None:
    back = invert_edits(edits)
    before = read_tags(target)
    name = shown_name(target)

    def check(part: Path, copied: EditedCopy) -> None:
        check_bytes(part, copied, back, name)
        if not restoring:
            check_no_estimate(part, before, name)
        facts = {"how": "revoke"}
        entry = JournalEntry(
            target, target, copied.read_sha256, copied.written_sha256, tuple(back), facts
        )
        journal.written(entry)

    change_file(target, edits, identity, check)


def _delete(target: Path, identity: FileIdentity, journal: Journal) -> RevokedFile:
    data = target.read_bytes()
    facts = {"how": "revoke"}
    journal.written(
        JournalEntry(target.parent, target, sha256_of(target), None, (Edit(0, b"", data),), facts)
    )
    remove_file(target, identity)
    return RevokedFile(target, "deleted")
