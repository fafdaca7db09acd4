"""Noting in the review what the writer did, and saying it in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.saving.outcomes import Doing, Line

if TYPE_CHECKING:
    from geoguess_app.photos.revoke import Kept, Revoked
    from geoguess_app.photos.save import NotWritten, Written
    from geoguess_app.photos.undo import AsBefore, NotUndone, Undone
    from geoguess_app.review.session import Session


def noting(doing: Doing, results: Sequence[Any]) -> Callable[[Session], list[int]]:
    """What `ReviewController.run` takes: notes the results, returns the photos concerned."""
    from geoguess_app.review.saving import mark_revoked, mark_saved, mark_undone

    if doing is Doing.SAVE:
        return lambda session: mark_saved(session, results)
    if doing is Doing.UNDO:
        return lambda session: mark_undone(session, results)
    return lambda session: mark_revoked(session, results)


def line(doing: Doing, result: Any) -> Line:
    """One file in words."""
    if doing is Doing.SAVE:
        return _saved(result)
    return _undone(result) if doing is Doing.UNDO else _revoked(result)


def _saved(result: Written | NotWritten) -> Line:
    from geoguess_app.photos.save import NotWritten

    item = result.item
    if isinstance(result, NotWritten):
        return Line(item.target, False, result.message, item.request.path)
    return Line(item.target, True, tr("Written"), item.request.path)


def _undone(result: Undone | AsBefore | NotUndone) -> Line:
    from geoguess_app.photos.undo import NotUndone, Undone

    entry = result.entry
    if isinstance(result, NotUndone):
        return Line(entry.target, False, result.message, entry.photo)
    if isinstance(result, Undone) and result.removed:
        return Line(entry.target, True, tr("Sidecar removed"), entry.photo)
    text = tr("Restored") if isinstance(result, Undone) else tr("Already in its original state")
    return Line(entry.target, True, text, entry.photo)


def _revoked(result: Revoked | Kept) -> Line:
    from geoguess_app.photos.revoke import Kept

    if isinstance(result, Kept):
        return Line(result.file, False, result.message, _known(result.file))
    text = {
        "restored": tr("Restored to its state before the estimate"),
        "cleaned": tr("GeoGuess tags removed"),
        "deleted": tr("Sidecar removed"),
    }.get(result.how, tr("Estimate removed"))
    return Line(result.file, True, text, _known(result.file))


def _known(file: Path) -> Path | None:
    return None if file.suffix.lower() == ".xmp" else file
