"""The photos that are open in the window, for the modes that did not open them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from geoguess_app.review.values import ReviewPhoto
    from geoguess_app.ui.work.outcome import LocatingOutcome


class ListedPhoto(Protocol):
    """A photo of the list of Locate."""

    @property
    def path(self) -> Path:
        """The path of the photo's file."""

    @property
    def name(self) -> str:
        """Return what the list calls it."""

    @property
    def outcome(self) -> LocatingOutcome | None:
        """The answer; None while there is none."""


def _no_photos() -> Sequence[ListedPhoto]:
    return ()


def _no_photo() -> ListedPhoto | None:
    return None


def _no_review() -> Sequence[ReviewPhoto]:
    return ()


@dataclass(slots=True)
class OpenPhotos:
    """The photos that are open, filled in by the modes that hold them; until then there are
    none."""

    listed: Callable[[], Sequence[ListedPhoto]] = _no_photos
    """All photos of the list of Locate, in order."""
    selected: Callable[[], Sequence[ListedPhoto]] = _no_photos
    """Those selected there."""
    current: Callable[[], ListedPhoto | None] = _no_photo
    """The one looked at there."""
    reviewed: Callable[[], Sequence[ReviewPhoto]] = _no_review
    """All photos of the review, if one has been opened."""
