"""A stand-in for a host of models on this machine: ranges, redirects, and everything that breaks.

It answers as Hugging Face does: `/api/models/REPO`, its tree, `/REPO/resolve/COMMIT/FILE`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
Answer = Callable[["_Handler", bytes], None]


@dataclass
class Host:
    """What the host has, what it was asked, and how it misbehaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By path, with the leading slash."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and range of every request."""
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """By path: how the next requests are answered, one each; then as usual."""
    etags: dict[str, str] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_base(self) -> str:
        """The same machine by another name."""
        return f"http://localhost:{self.port}"

    def ranges(self, path: str) -> list[str | None]:
        """The ranges that were asked of a file, in order."""
        return [span for asked, span in self.asked if asked == path]

    def add_repository(
        self, name: str, files: dict[str, bytes], licence: str | None = "mit", small: int = 2_000
    ) -> None:
        """A repository whose files above ``small`` bytes are stored with a SHA-256."""
        card = {"license": licence} if licence else {}
        about = {"id": name, "sha": COMMIT, "cardData": card, "gated": False}
        tree: list[dict[str, Any]] = [
            {"type": "directory", "oid": "0" * 40, "size": 0, "path": "x"}
        ]
        for path, content in files.items():
            entry = {"type": "file", "path": path, "size": len(content), "oid": git_blob(content)}
            if len(content) > small:
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 134}
            tree.append(entry)
            self.files[f"/{name}/resolve/{COMMIT}/{path}"] = content
        self.files[f"/api/models/{name}"] = json.dumps(about).encode()
        self.files[f"/api/models/{name}/tree/{COMMIT}"] = json.dumps(tree).encode()


def git_blob(content: bytes) -> str:
    """Git's name for a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    host: Host

    def do_GET(self) -> None:
        path = re.sub(r"^http://[^/]+", "", self.path).partition("?")[0]
        self.host.asked.append((path, self.headers.get("Range")))
        self.host.headers.append(dict(self.headers.items()))
        content = self.host.files.get(path)
        waiting = self.host.answers.get(path)
        if waiting:
            waiting.pop(0)(self, content or b"")
        elif content is None:
            self.send_error(404)
        else:
            self.plain(content)

    def do_CONNECT(self) -> None:
        """As a proxy that somebody asks for a way to another host."""
        self.host.asked.append((self.path, None))
        self.host.answers[self.path].pop(0)(self, b"")

    def plain(self, content: bytes, *, ranges: bool = True) -> None:
        """Send what was asked for."""
        etag = self.etag(content)
        span = self.span(content, etag) if ranges else None
        if span is None:
            self.begin(200, len(content), etag)
            self.wfile.write(content)
            return
        first, last = span
        self.begin(206, last - first, etag, f"bytes {first}-{last - 1}/{len(content)}")
        self.wfile.write(content[first:last])

    def etag(self, content: bytes) -> str:
        """The name of this content."""
        path = self.path.partition("?")[0]
        return self.host.etags.get(path, f'"{hashlib.sha256(content).hexdigest()}"')

    def span(self, content: bytes, etag: str) -> tuple[int, int] | None:
        """The bytes asked for; None for all."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if found is None or (condition is not None and condition != etag):
            return None
        return int(found[1]), int(found[2]) + 1 if found[2] else len(content)

    def begin(self, status: int, length: int | None, etag: str = "", span: str = "") -> None:
        """Send the headers."""
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if etag:
            self.send_header("ETag", etag)
        if span:
            self.send_header("Content-Range", span)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests look at ``asked``."""


def status(code: int, **headers: str) -> Answer:
    """An error, or a redirect with ``Location=…``."""

    def answer(handler: _Handler, _: bytes) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def without_ranges(handler: _Handler, content: bytes) -> None:
    """All of it, whatever range was asked for."""
    handler.plain(content, ranges=False)


def cut_after(count: int) -> Answer:
    """The right headers, then only so many bytes."""

    def answer(handler: _Handler, content: bytes) -> None:
        etag = handler.etag(content)
        first, last = handler.span(content, etag) or (0, len(content))
        span = f"bytes {first}-{last - 1}/{len(content)}" if first else ""
        handler.begin(206 if first else 200, last - first, etag, span)
        handler.wfile.write(content[first : min(first + count, last)])

    return answer


def silent_after(count: int) -> Answer:
    """So many bytes, then nothing until the host is released."""

    def answer(handler: _Handler, content: bytes) -> None:
        cut_after(count)(handler, content)
        handler.wfile.flush()
        handler.host.released.wait(20)

    return answer


def trickle(handler: _Handler, content: bytes) -> None:
    """A byte now and then, for as long as somebody listens."""
    handler.begin(200, len(content))
    for byte in content:
        if handler.host.released.wait(0.02):
            return
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()


def slowly(pieces: int, pause_s: float) -> Answer:
    """The right bytes in pieces with pauses."""

    def answer(handler: _Handler, content: bytes) -> None:
        handler.begin(200, len(content), handler.etag(content))
        step = len(content) // pieces + 1
        for at in range(0, len(content), step):
            handler.wfile.write(content[at : at + step])
            handler.wfile.flush()
            time.sleep(pause_s)

    return answer


def sends(content: bytes, length: int | None = None, kind: str = "") -> Answer:
    """Other bytes, with the length that is claimed; None: no length at all."""

    def answer(handler: _Handler, _: bytes) -> None:
        handler.send_response(200)
        if length is not None:
            handler.send_header("Content-Length", str(length))
        if kind:
            handler.send_header("Content-Type", kind)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@contextmanager
def running_host() -> Iterator[Host]:
    """A host that answers until the block ends."""
    host = Host()
    handler = type("Handler", (_Handler,), {"host": host})

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing: clients that leave are part of the tests."""

    with Server(("127.0.0.1", 0), handler) as server:
        host.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield host
        finally:
            host.released.set()
            server.shutdown()
            thread.join()
