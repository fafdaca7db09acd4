"""Locating what a session still waits for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing

from geoguess_app.core.cancel import CancelToken
from geoguess_app.locating.answer_store import AnswerStore
from geoguess_app.locating.memory import locate_remembered
from geoguess_app.locating.stream import PhotoPredictor
from geoguess_app.review.session import Session


def locate_waiting(
    session: Session,
    model: str,
    predictor: Callable[[], PhotoPredictor],
    store: AnswerStore,
    token: CancelToken | None = None,
) -> Generator[int, None, None]:
    """Locate the waiting photos one after another; the number of each as its result is kept.

    `model` is its `remembered.model_key`. All in the session's thread; a window runs
    `locate_remembered(session.unlocated(), …)` in another and hands over its results to
    `Session.take`.
    """
    results = locate_remembered(session.unlocated(), model, predictor, store, token)
    with closing(results):
        for result in results:
            yield from session.take([result])
