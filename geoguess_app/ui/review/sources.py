"""The work behind a review as generators: run in a pool, without widgets and session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.types import FailedPhoto
from geoguess_app.ui.work.answers import Answers
from geoguess_app.ui.work.chunks import in_chunks
from geoguess_app.ui.work.jobs import Work
from geoguess_app.ui.work.queue import PhotoQueue
from geoguess_app.ui.work.references import References

if TYPE_CHECKING:
    from geoguess_app.photos.left_out import LeftOut
    from geoguess_app.review.intake import FileFacts
    from geoguess_app.review.values import LocatingResult, ReviewPhoto
    from geoguess_app.ui.work.workers import LoadedModel


def intake_work(
    paths: Sequence[Path], left_out: LeftOut | None = None, *, everything: bool = False
) -> Work:
    """Yield lists of the Facts of the photos below ``paths``, as they are found."""

    def work(token: CancelToken) -> Iterator[list[FileFacts]]:
        from geoguess_app.review.intake import intake

        yield from in_chunks(intake(paths, token, left_out=left_out, everything=everything))

    return work


def recheck_work(photos: Sequence[ReviewPhoto]) -> Work:
    """Yield lists of the Facts of those photos whose file is not what it was."""

    def changed(token: CancelToken) -> Iterator[FileFacts]:
        from geoguess_app.photos.sidecars import Sidecars
        from geoguess_app.review.intake import facts_of, identity_or_none

        sidecars = Sidecars()
        for photo in photos:
            if token.cancelled:
                return
            if identity_or_none(photo.path) != photo.identity:
                yield facts_of(photo.path, sidecars)

    return lambda token: in_chunks(changed(token))


def locating_work(
    queue: PhotoQueue,
    model: LoadedModel,
    answers: Answers,
    references: References,
    urgent: Callable[[], bool],
) -> Work:
    """Yield lists of ``LocatingResult`` or ``FailedPhoto`` for the photos in ``queue``.

    Remembered answers come at once.

    Ends early when ``urgent`` says that somebody else needs the model's thread; the photos that
    were taken from the queue and not answered are the caller's to queue again.
    """

    def work(token: CancelToken) -> Iterator[list[LocatingResult | FailedPhoto]]:
        from geoguess_app.locating.stream import locate
        from geoguess_app.review.summary import locating_result

        found = locate(
            queue.drain(token),
            model.predictor,
            memory=answers.memory(model),
            token=token,
            places=model.places,
            refine=references.refiner(model),
        )
        with closing(found):
            slim = (r if isinstance(r, FailedPhoto) else locating_result(r) for r in found)
            for results in in_chunks(slim):
                yield results
                if urgent():
                    return

    return work
