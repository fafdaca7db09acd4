"""Noting in the review what the writer did, and saying it in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.outcomes import OutcomeLine, WriterTask

if TYPE_CHECKING:
    from geoguess_app.photos.revoke import KeptFile, RevokedFile
    from geoguess_app.photos.save import UnwrittenFile, WrittenFile
    from geoguess_app.photos.undo import RestoredFile, UnchangedFile, UnrestoredFile
    from geoguess_app.review.session import ReviewSession


def note_results(doing: WriterTask, results: Sequence[Any]) -> Callable[[ReviewSession], list[int]]:
    """Return what ``ReviewController.run`` takes: notes the results, returns the photos
    concerned."""
    from geoguess_app.review.saving import mark_revoked, mark_saved, mark_undone

    if doing is WriterTask.SAVE:
        return lambda session: mark_saved(session, results)
    if doing is WriterTask.UNDO:
        return lambda session: mark_undone(session, results)
    return lambda session: mark_revoked(session, results)


def line(doing: WriterTask, result: Any) -> OutcomeLine:
    """One file in words."""
    if doing is WriterTask.SAVE:
        return _saved_line(result)
    return _undone(result) if doing is WriterTask.UNDO else _revoked_line(result)


def _saved_line(result: WrittenFile | UnwrittenFile) -> OutcomeLine:
    from geoguess_app.photos.save import UnwrittenFile

    item = result.item
    if isinstance(result, UnwrittenFile):
        return OutcomeLine(item.target, False, result.message, item.request.path)
    return OutcomeLine(item.target, True, tr("Written"), item.request.path)


def _undone(result: RestoredFile | UnchangedFile | UnrestoredFile) -> OutcomeLine:
    from geoguess_app.photos.undo import RestoredFile, UnrestoredFile

    entry = result.entry
    if isinstance(result, UnrestoredFile):
        return OutcomeLine(entry.target, False, result.message, entry.photo)
    if isinstance(result, RestoredFile) and result.removed:
        return OutcomeLine(entry.target, True, tr("Sidecar removed"), entry.photo)
    text = (
        tr("Restored") if isinstance(result, RestoredFile) else tr("Already in its original state")
    )
    return OutcomeLine(entry.target, True, text, entry.photo)


def _revoked_line(result: RevokedFile | KeptFile) -> OutcomeLine:
    from geoguess_app.photos.revoke import KeptFile

    if isinstance(result, KeptFile):
        return OutcomeLine(result.file, False, result.message, _known_line(result.file))
    text = {
        "restored": tr("Restored to its state before the estimate"),
        "cleaned": tr("GeoGuess tags removed"),
        "deleted": tr("Sidecar removed"),
    }.get(result.how, tr("Estimate removed"))
    return OutcomeLine(result.file, True, text, _known_line(result.file))


def _known_line(file: Path) -> Path | None:
    return None if file.suffix.lower() == ".xmp" else file
