"""Locating what a session still waits for."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from geoguess_app.core.cancel import CancelToken
from geoguess_app.locating.memory import AnswerMemory
from geoguess_app.locating.preparation import PhotoPredictor
from geoguess_app.locating.stream import DeferredPredictor, locate
from geoguess_app.review.session import Session


def locate_waiting(
    session: Session,
    predictor: PhotoPredictor | DeferredPredictor,
    memory: AnswerMemory,
    token: CancelToken | None = None,
) -> Generator[int, None, None]:
    """Locate the waiting photos one after another; the number of each as its result is kept.

    All in the session's thread; a window runs `locate(session.unlocated(), …)` in another and
    hands over its results to `Session.take`.
    """
    with closing(locate(session.unlocated(), predictor, memory=memory, token=token)) as results:
        for result in results:
            yield from session.take([result])
