"""The line between window and page: the newest state of each topic, sent once the page listens."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

log = logging.getLogger(__name__)

STATE_TOPICS = (
    *("theme", "tiles", "partitions", "layer", "display"),
    *("prediction", "highlight", "pins", "buttons"),
)
"""Topics of the map itself; sent in this order when the page (re)starts, then those of its parts.
The newest values of all of them describe the page fully."""
COMMAND_TOPIC = "view"
"""Moves of the view: delivered once, and only the newest one while nobody listens."""


class MapChannel(QObject):
    """The one object that the page sees.

    ``pushed(topic, serial, json)`` goes to the page; the page answers through ``report``.
    """

    pushed = Signal(str, int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest: dict[str, str] = {}
        self._listening = False
        self._serial = 0
        self._handlers: dict[str, list[Callable[..., None]]] = {}

    def on(self, kind: str, handler: Callable[..., None]) -> None:
        """Call ``handler``, beside others, with what the page reports under ``kind``."""
        self._handlers.setdefault(kind, []).append(handler)

    def push(self, topic: str, payload: str) -> int:
        """Send JSON for a topic, now or as soon as the page listens; returns its serial number."""
        self._serial += 1
        if topic != COMMAND_TOPIC or not self._listening:
            self._newest[topic] = payload
        if self._listening:
            self.pushed.emit(topic, self._serial, payload)
        return self._serial

    def newest(self) -> dict[str, str]:
        """The newest JSON of every topic, in the order in which a page takes them."""
        parts = [topic for topic in self._newest if topic not in (*STATE_TOPICS, COMMAND_TOPIC)]
        order = (*STATE_TOPICS, *parts)
        return {topic: self._newest[topic] for topic in order if topic in self._newest}

    def begin(self) -> None:
        """The page listens: send everything that it must know."""
        self._listening = True
        for topic, payload in self.newest().items():
            self._serial += 1
            self.pushed.emit(topic, self._serial, payload)
        move = self._newest.pop(COMMAND_TOPIC, None)
        if move is not None:
            self._serial += 1
            self.pushed.emit(COMMAND_TOPIC, self._serial, move)

    def end(self) -> None:
        """The page is gone; keep what it will have to know when it is back."""
        self._listening = False

    @Slot(str, str)
    def report(self, kind: str, arguments: str) -> None:
        """The page tells something: a kind and a JSON list of arguments."""
        handlers = self._handlers.get(kind)
        values: Any = json.loads(arguments)
        if not handlers or not isinstance(values, list):
            log.warning("the map page reported %s, which nobody knows", kind)
            return
        for handler in handlers:
            handler(*values)
