"""Connections to a host that the user agreed to: https, proxies, company certificates, redirects.

What goes wrong becomes one sentence that names the host. A response is read in a thread of its
own, so that whoever waits for it can give up at once.
"""

from __future__ import annotations

import email.utils
import http.client
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit

from geoguess_app import __version__
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError

CHUNK_BYTES = 1 << 18
_CHUNKS_AHEAD = 8
_LOOK_S = 0.05
"""How often a waiting caller looks whether it shall stop."""
_LONGEST_WAIT_S = 60.0
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_PASSING_STATUS = (408, 425, 429, 500, 502, 503, 504)


class DownloadError(GeoGuessError):
    """A download that did not come to its end; what had arrived is kept unless it says so."""


class PassingError(DownloadError):
    """Trouble that may be over at the next try; ``wait_s`` is what the host asks to wait."""

    def __init__(self, message: str, *, code: str, wait_s: float = 0.0) -> None:
        super().__init__(message, code=code)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Patience:
    """The time that a host gets, and how often it is asked."""

    stall_s: float = 30.0
    """Longest silence, and the span in which ``least_bytes`` must arrive."""
    least_bytes: int = 8_192
    tries: int = 4
    """In a row without anything arriving."""
    pause_s: float = 1.0
    """Before the second try; twice as long before each further one."""


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a response: its status, its headers, and the host that sent it in the
    end."""

    status: int
    headers: Mapping[str, str]
    host: str

    @property
    def length(self) -> int | None:
        """Bytes that shall follow, where the host says so."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def etag(self) -> str | None:
        """The host's name for exactly these bytes, where it has one."""
        text = self.headers.get("etag", "").strip()
        return text if text.startswith('"') else None


def host_of(address: str) -> str:
    """Name the host of an address."""
    return urlsplit(address).hostname or address


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def check_address(address: str, asked: str | None = None) -> None:
    """Raise DownloadError unless an address is https, or http on this machine itself.

    ``asked``: the address that led here, if another did.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    start = host_of(asked) if asked else host
    if host and parts.scheme == "https" and (asked is None or not is_loopback(host)):
        return
    if host and parts.scheme in ("http", "https") and is_loopback(host) and is_loopback(start):
        return
    how = f"{start} sends on to {address[:200]}" if asked else address[:200]
    raise DownloadError(
        f"{how}: only addresses that begin with https:// are fetched.", code="not-https"
    )


class Response:
    """A response that a thread of its own reads ahead; close it, or leave it with ``with``."""

    def __init__(
        self, address: str, cancel: CancelToken, patience: Patience, headers: Mapping[str, str]
    ) -> None:
        check_address(address)
        self._cancel, self._patience = cancel, patience
        self._host = host_of(address)
        self._queue: queue.Queue[Any] = queue.Queue(_CHUNKS_AHEAD)
        self._closed, self._waited_s = threading.Event(), 0.0
        request = urllib.request.Request(
            address,
            headers={
                "User-Agent": f"GeoGuess/{__version__}",
                "Accept-Encoding": "identity",
                **headers,
            },
        )
        threading.Thread(target=self._read, args=(request,), daemon=True).start()

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()

    def head(self) -> Head | None:
        """Wait for the beginning; None if cancelled. Raises DownloadError."""
        found = self._next()
        return found if isinstance(found, Head) else None

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes until the end or until cancelled. Raises DownloadError."""
        self._waited_s, arrived = 0.0, 0
        while (found := self._next()) is not None:
            yield found
            arrived += len(found)
            if self._waited_s > self._patience.stall_s:
                if arrived < self._patience.least_bytes:
                    raise self._stalled()
                self._waited_s, arrived = 0.0, 0

    def _next(self) -> Any:
        """The next head or chunk; None at the end, and when cancelled."""
        # A slow name server or proxy may hold up several steps, each of which has its own limit.
        silent_s = 0.0
        while not self._cancel.cancelled:
            begun_s = time.monotonic()
            try:
                found = self._queue.get(timeout=_LOOK_S)
            except queue.Empty:
                silent_s += self._wait(begun_s)
                if silent_s > 3 * self._patience.stall_s:
                    raise self._stalled() from None
                continue
            self._wait(begun_s)
            if isinstance(found, Exception):
                raise trouble(found, self._host, self._patience.stall_s) from None
            return found
        return None

    def _wait(self, begun_s: float) -> float:
        """Count the seconds of a look at the queue; one in which the machine slept is a look."""
        waited_s = min(time.monotonic() - begun_s, 2 * _LOOK_S)
        self._waited_s += waited_s
        return waited_s

    def _stalled(self) -> DownloadError:
        return trouble(TimeoutError(), self._host, self._patience.stall_s)

    def _read(self, request: urllib.request.Request) -> None:
        """The thread: open, read, hand over; ends with the response, a fault or ``close``."""
        try:
            with _opener().open(request, timeout=self._patience.stall_s) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                self._put(Head(response.status, headers, host_of(response.url)))
                while not self._closed.is_set() and (chunk := response.read1(CHUNK_BYTES)):
                    self._put(chunk)
            self._put(None)
        except (OSError, http.client.HTTPException, ValueError, DownloadError) as problem:
            self._put(problem)

    def _put(self, item: Any) -> None:
        while not self._closed.is_set():
            with suppress(queue.Full):
                self._queue.put(item, timeout=_LOOK_S)
                return


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects to https alone; http stays on this machine."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        try:
            check_address(newurl, req.full_url)
        except DownloadError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Proxies of the system and its certificates, also those that a company has added to them."""
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _Redirects())


def trouble(problem: Exception, host: str, stall_s: float = 30.0) -> DownloadError:
    """Say in one sentence what went wrong with a host; a PassingError where it may pass."""
    if isinstance(problem, DownloadError):
        return problem
    if isinstance(problem, urllib.error.HTTPError):
        with problem:
            return _refusal(problem, host)
    reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    if isinstance(reason, ssl.SSLCertVerificationError):
        return DownloadError(
            f"This computer does not trust the certificate of {host} ({reason.verify_message}). If "
            "a proxy of your company inspects connections, its certificate must be installed in "
            "the system.",
            code="certificate",
        )
    if isinstance(reason, ssl.SSLError):
        return PassingError(f"No secure connection to {host} ({reason}).", code="certificate")
    if isinstance(reason, socket.gaierror):
        return DownloadError(
            f"{host} cannot be found: is this computer connected to the internet?", code="offline"
        )
    if isinstance(reason, TimeoutError):
        return PassingError(
            f"{host} sent nothing, or hardly anything, for {stall_s:g} seconds.", code="stalled"
        )
    if isinstance(reason, http.client.HTTPException | ConnectionResetError | BrokenPipeError):
        return PassingError(f"The connection to {host} broke off.", code="cut-off")
    if (tunnel := _TUNNEL.search(str(reason))) is not None:
        return _proxy_refusal(tunnel[1], host)
    said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return PassingError(f"{host} cannot be reached ({said}).", code="unreachable")


def _refusal(problem: urllib.error.HTTPError, host: str) -> DownloadError:
    status, what = problem.code, host
    if status in _PASSING_STATUS:
        said = "asks to wait" if status == 429 else "has trouble answering"
        return PassingError(
            f"{what} {said} ({status}); try again later.",
            code="busy",
            wait_s=_wait_s(problem.headers.get("Retry-After", "")),
        )
    if status == 407:
        return _proxy_refusal("407", host)
    if status in (401, 403):
        return DownloadError(
            f"{what} refuses the file ({status}): it may need an account there, or a proxy may "
            "block it.",
            code="refused",
        )
    if status in (404, 410):
        return DownloadError(
            f"{what} no longer has the file ({status}); see docs/models.md for other ways.",
            code="not-there",
        )
    if 300 <= status < 400:
        return DownloadError(
            f"{what} sends on in circles, or to an address that does not begin with https://.",
            code="redirect",
        )
    code = "range" if status == 416 else "refused"
    return DownloadError(f"{what} answers with an error ({status}).", code=code)


def _proxy_refusal(status: str, host: str) -> DownloadError:
    if status == "407":
        return DownloadError(
            "The proxy asks for a name and password: set them in the variable https_proxy "
            "(http://NAME:PASSWORD@HOST:PORT).",
            code="proxy",
        )
    return DownloadError(
        f"The proxy does not let this computer connect to {host} ({status}).", code="proxy"
    )


def _wait_s(text: str) -> float:
    """Seconds that a host asks to wait, given as such or as a date; at most a minute."""
    try:
        wait_s = float(text)
    except ValueError:
        try:
            wait_s = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError):
            wait_s = 0.0
    return min(max(wait_s, 0.0), _LONGEST_WAIT_S)


@dataclass
class Tries:
    """Counts tries that got nothing, and waits between them."""

    patience: Patience
    cancel: CancelToken
    failed: int = field(default=0)

    def after(self, problem: PassingError, *, gained: bool) -> None:
        """Wait for the next try; raises the problem where there were enough."""
        self.failed = 1 if gained else self.failed + 1
        if self.failed >= self.patience.tries:
            raise problem
        wait_s = max(self.patience.pause_s * 2 ** (self.failed - 1), problem.wait_s)
        until = time.monotonic() + wait_s
        while not self.cancel.cancelled and time.monotonic() < until:
            time.sleep(min(_LOOK_S, wait_s))


def read_small(
    address: str,
    *,
    most_bytes: int,
    cancel: CancelToken,
    patience: Patience,
    span: tuple[int, int] | None = None,
) -> bytes | None:
    """Read a small file, or the bytes from ``span[0]`` up to before ``span[1]`` of a large one.

    None if cancelled. Raises DownloadError.
    """
    headers = {"Range": f"bytes={span[0]}-{span[1] - 1}"} if span else {}
    tries = Tries(patience, cancel)
    while not cancel.cancelled:
        try:
            with Response(address, cancel, patience, headers) as response:
                if (head := response.head()) is None:
                    return None
                if span and head.status != 206:
                    raise DownloadError(
                        f"{head.host} sends files only as a whole.", code="no-ranges"
                    )
                return _collect(response, head, most_bytes, cancel)
        except PassingError as problem:
            tries.after(problem, gained=False)
    return None


def remote_size(address: str, cancel: CancelToken, patience: Patience) -> int | None:
    """Ask for the size of a file in bytes; None if cancelled. Raises DownloadError."""
    tries = Tries(patience, cancel)
    while not cancel.cancelled:
        try:
            with Response(address, cancel, patience, {"Range": "bytes=0-0"}) as response:
                head = response.head()
            return None if head is None else _whole_size(head)
        except PassingError as problem:
            tries.after(problem, gained=False)
    return None


def _whole_size(head: Head) -> int:
    total = head.headers.get("content-range", "").rpartition("/")[2]
    size = head.length if head.status == 200 else int(total) if total.isdigit() else None
    if size is None:
        raise DownloadError(f"{head.host} does not say how large the file is.", code="length")
    return size


def _collect(response: Response, head: Head, most_bytes: int, cancel: CancelToken) -> bytes | None:
    data = bytearray()
    for chunk in response.chunks():
        data += chunk
        if len(data) > most_bytes:
            raise DownloadError(f"{head.host} sends more than it should.", code="too-large")
    if cancel.cancelled:
        return None
    if head.length is not None and len(data) < head.length:
        raise PassingError(f"The connection to {head.host} broke off.", code="cut-off")
    return bytes(data)
