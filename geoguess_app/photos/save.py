"""Writing a plan: copy, check, journal, swap; one photo after another, in one thread."""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError, JournalError
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.photos.embedding import embedding
from geoguess_app.photos.exiv2 import Exiv2Tags, read_tags
from geoguess_app.photos.formats.edits import Edit, EditedCopy, invert_edits
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import Packet, XmpError
from geoguess_app.photos.journal import Journal, JournalEntry
from geoguess_app.photos.photo_kind import kind_of
from geoguess_app.photos.replace_file import (
    FileIdentity,
    Folders,
    change_file,
    create_file,
    write_error,
)
from geoguess_app.photos.sidecars import new_sidecar, sidecar_changes
from geoguess_app.photos.verify import changed_keys, check_bytes, check_tags
from geoguess_app.photos.write_plan import PlannedWrite, SavePlan, WriteMode

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that now carries its position."""

    item: PlannedWrite


@dataclass(frozen=True, slots=True)
class UnwrittenFile:
    """A file that stayed as it was, and why, in one sentence."""

    item: PlannedWrite
    code: str
    message: str


def save(
    plan: SavePlan, journal: Journal, token: CancelToken | None = None
) -> Generator[WrittenFile | UnwrittenFile, None, None]:
    """Write what the plan says; one result for each of ``plan.writes``, in their order.

    A file that fails is left as it was and does not stop the others. After ``token`` is cancelled
    the file at work is finished. Raises JournalError where the journal cannot be kept: then the
    file at work and those after it are untouched.
    """
    with Folders() as folders:
        for item in plan.writes:
            if token is not None and token.cancelled:
                return
            folders.enter(item.target.parent)
            yield _save_one(item, journal)


def _save_one(item: PlannedWrite, journal: Journal) -> WrittenFile | UnwrittenFile:
    for other in item.also:
        result = _save_one(other, journal)
        if isinstance(result, UnwrittenFile):
            return replace(result, item=item)  # the photo keeps what it said, too
    name = shown_name(_called(item))
    try:
        if item.how is WriteMode.EMBED:
            _embed(item, journal)
        elif item.target_identity is None:
            _create_sidecar(item, journal)
        else:
            _merge_sidecar(item, journal)
    except JournalError:
        raise
    except (TiffError, XmpError) as problem:
        return UnwrittenFile(item, "unsafe", f"{name} was not written, because {problem}.")
    except GeoGuessError as problem:
        return UnwrittenFile(item, problem.code, _as_called(item, str(problem)))
    except OSError as problem:
        error = write_error(item.target, problem)
        return UnwrittenFile(item, error.code, _as_called(item, str(error)))
    except Exception as problem:  # one photo must not stop ten thousand others
        log.exception("writing %s failed", item.target)
        reason = str(problem).splitlines()[0][:200] if str(problem) else type(problem).__name__
        return UnwrittenFile(item, "unexpected", f"{name} was not written ({reason}).")
    return WrittenFile(item)


def _embed(item: PlannedWrite, journal: Journal) -> None:
    kind, _ = kind_of(item.photo)
    edits = embedding(item.photo, kind, item.position, item.place, item.keywords)
    _change(item, edits, read_tags(item.photo), journal)


def _merge_sidecar(item: PlannedWrite, journal: Journal) -> None:
    packet = Packet(item.target.read_bytes())
    changes = sidecar_changes(item.position, item.place, item.keywords, packet)
    _change(item, packet.edits(changes), read_tags(item.target), journal)


def _change(item: PlannedWrite, edits: list[Edit], before: Exiv2Tags, journal: Journal) -> None:
    back = invert_edits(edits)
    name = shown_name(item.target)

    def check(part: Path, copied: EditedCopy) -> None:
        check_bytes(part, copied, back, name)
        check_tags(
            part,
            before,
            item.position,
            name,
            _changed(item),
        )
        journal.written(_entry(item, copied, copied.read_sha256, back))

    identity = item.target_identity
    if identity is None:
        identity = FileIdentity.of(item.target)
    change_file(item.target, edits, identity, check)


def _create_sidecar(item: PlannedWrite, journal: Journal) -> None:
    def check(part: Path, copied: EditedCopy) -> None:
        check_tags(
            part,
            None,
            item.position,
            shown_name(item.target),
            _changed(item),
        )
        journal.written(_entry(item, copied, None, []))

    data = new_sidecar(item.position, item.place, item.keywords)
    create_file(item.target, data, check, like=item.photo)


def _entry(
    item: PlannedWrite, copied: EditedCopy, before: str | None, back: list[Edit]
) -> JournalEntry:
    return JournalEntry(
        item.photo, item.target, before, copied.written_sha256, tuple(back), _facts(item)
    )


def _facts(item: PlannedWrite) -> dict[str, Any]:
    """For people who read the journal."""
    here, known = item.position.coordinate, item.known
    facts: dict[str, Any] = {
        "how": item.how.value,
        "latitude": round(here.latitude_deg, 7),
        "longitude": round(here.longitude_deg, 7),
        "error_m": item.position.error_m,
        "method": item.position.method,
    }
    if known is not None and known.coordinate is not None:
        facts["replaced"] = [known.coordinate.latitude_deg, known.coordinate.longitude_deg]
    return facts


def _changed(item: PlannedWrite) -> frozenset[str]:
    return changed_keys(item.position, item.place, item.keywords)


def _called(item: PlannedWrite) -> Path:
    """What the user calls the file: of a link its own name, not that of where it leads."""
    return item.request.path if item.target == item.photo else item.target


def _as_called(item: PlannedWrite, message: str) -> str:
    return message.replace(shown_name(item.target), shown_name(_called(item)), 1)
