"""The counter in the terminal."""

from __future__ import annotations

import contextlib
import io
import os
import time

import pytest

from geoguess_app.commands.progress import progress


@pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
def test_a_terminal_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import pty

    here, there = pty.openpty()
    with os.fdopen(there, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        with progress(4) as shown:
            time.sleep(0.51)
            shown.update(1)
    text = _all_of(here)
    os.close(here)
    assert "1 of 4 photos, " in text
    assert " a second, less than a minute left" in text
    assert text.endswith("\r"), "and takes it away again"


def _all_of(terminal: int) -> str:
    """What was written to a terminal whose other side is closed; it may come in several parts."""
    text = b""
    with contextlib.suppress(OSError):  # Linux's way to say that this was the end
        while part := os.read(terminal, 10_000):
            text += part
    return text.decode()


def test_nothing_is_counted_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", file := io.StringIO())
    with progress(4) as shown:
        time.sleep(0.51)
        shown.update(1)
    assert file.getvalue() == ""
