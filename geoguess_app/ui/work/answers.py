"""The window's memory of earlier answers: the same store as the command line's."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoguess_app.locating.answer_store import AnswerStore
    from geoguess_app.locating.memory import AnswerMemory
    from geoguess_app.ui.work.workers import LoadedModel


class Answers:
    """The store of answers, opened when it is first asked for, which takes a moment: ask in a
    worker. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._store: AnswerStore | None = None
        self._keys: tuple[LoadedModel, str] | None = None

    def store(self) -> AnswerStore:
        """The store; one that remembers nothing where the data folder cannot be written."""
        from geoguess_app.files.user_data import results_path
        from geoguess_app.locating.answer_store import AnswerStore

        with self._lock:
            if self._store is None:
                self._store = AnswerStore(results_path())
            return self._store

    def key(self, model: LoadedModel) -> str:
        """Identify the answers of a model in the store."""
        from geoguess_app.locating.memory import model_key

        with self._lock:
            if self._keys is None or self._keys[0] is not model:
                predictor = model.predictor
                self._keys = (model, model_key(predictor.bundle, predictor.crops))
            return self._keys[1]

    def memory(self, model: LoadedModel) -> AnswerMemory:
        """Return what a model has said before, to look up and to add to."""
        from geoguess_app.locating.memory import AnswerMemory

        return AnswerMemory(self.store(), self.key(model))

    def close(self) -> None:
        """Close the store; it would be opened anew."""
        with self._lock:
            store, self._store = self._store, None
        if store is not None:
            store.close()
