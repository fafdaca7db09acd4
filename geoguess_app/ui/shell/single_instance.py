"""One window for one user: a second start hands its photos over and ends.

Both speak over a local socket that only this user can open; its name belongs to the folder of the
settings, so that programs with settings of their own do not meet. What a program that crashed has
left behind, lock and socket, is nobody's: the next one takes its place.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from geoguess_app.settings import config_dir

log = logging.getLogger(__name__)

_CONNECT_MS = 500
_ANSWER_MS = 3000
"""A window that does not answer so long hangs: another one is opened."""
_TAKEN = b"taken\n"
_LONGEST = 32 * 1024 * 1024
"""Bytes of one message: the paths of a hundred thousand photos."""


def server_name() -> str:
    """Name the meeting point of the programs that share these settings."""
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    whose = f"{user}\n{config_dir().absolute()}"
    return f"geoguess-{hashlib.sha256(whose.encode()).hexdigest()[:20]}"


def hand_over(paths: Sequence[Path]) -> bool:
    """Give the photos to the window that is open; False where there is none, or it hangs."""
    socket = QLocalSocket()
    socket.connectToServer(server_name())
    if not socket.waitForConnected(_CONNECT_MS):
        return False
    message = json.dumps({"open": [str(path.absolute()) for path in paths]})
    socket.write(message.encode() + b"\n")
    socket.flush()
    taken = b""
    while not taken.endswith(b"\n"):
        if not socket.waitForReadyRead(_ANSWER_MS):
            log.info("the window that is open does not answer")
            return False
        taken += bytes(socket.readAll().data())
    return taken == _TAKEN


class InstanceServer(QObject):
    """The first window's end: it takes the photos of later starts."""

    opened = Signal(object)
    """Paths that another start was given; none: the window is only to be shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        folder = config_dir()
        folder.mkdir(parents=True, exist_ok=True)
        # The socket alone does not tell: Qt lets a second program take the name of a living one.
        self._lock = QLockFile(str(folder / "window.lock"))
        self._lock.setStaleLockTime(0)
        self._guests: list[_Guest] = []
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._connected)

    def listen(self) -> bool:
        """Become the first window; False where there is one already."""
        if not self._lock.tryLock(0) and self._lock.error() is QLockFile.LockError.LockFailedError:
            return False
        name = server_name()
        QLocalServer.removeServer(name)  # left behind by a program that crashed
        if not self._server.listen(name):
            log.warning("later starts cannot be noticed: %s", self._server.errorString())
        return True

    def close(self) -> None:
        """Take no more photos; the next start opens a window of its own."""
        self._server.close()
        self._lock.unlock()

    def _connected(self) -> None:
        while self._server.hasPendingConnections():
            self._attend(self._server.nextPendingConnection())

    def _attend(self, socket: QLocalSocket) -> None:
        self._guests = [guest for guest in self._guests if guest.is_there]
        guest = _Guest(socket, self)
        guest.asked.connect(self.opened)
        self._guests.append(guest)
        guest.read()


class _Guest(QObject):
    """Another start of the program, as long as it is connected."""

    asked = Signal(object)

    def __init__(self, socket: QLocalSocket, parent: QObject) -> None:
        super().__init__(parent)
        self._socket = socket
        self._received = bytearray()
        socket.readyRead.connect(self.read)

    @property
    def is_there(self) -> bool:
        """Tell whether it is still connected."""
        return self._socket.state() is QLocalSocket.LocalSocketState.ConnectedState

    def read(self) -> None:
        """Take what has come of its message; answer once it is whole."""
        self._received += bytes(self._socket.readAll().data())
        if len(self._received) > _LONGEST:
            self._socket.abort()
        elif self._received.endswith(b"\n"):
            paths = _paths(bytes(self._received))
            self._received.clear()
            if paths is None:
                self._socket.abort()
                return
            self._socket.write(_TAKEN)
            self._socket.flush()
            self.asked.emit(paths)


def _paths(message: bytes) -> list[Path] | None:
    """The paths of a message; None where it is none of ours."""
    try:
        named = json.loads(message)["open"]
        return [Path(name) for name in named if isinstance(name, str)]
    except (ValueError, KeyError, TypeError, RecursionError):
        log.warning("another program sent something that is no list of photos")
        return None
