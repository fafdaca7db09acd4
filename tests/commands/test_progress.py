"""The counter in the terminal."""

from __future__ import annotations

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
        text = os.read(here, 10_000).decode()
    os.close(here)
    assert "1 of 4 photos, " in text
    assert " a second, less than a minute left" in text
    assert text.endswith("\r"), "and takes it away again"


def test_nothing_is_counted_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", file := io.StringIO())
    with progress(4) as shown:
        time.sleep(0.51)
        shown.update(1)
    assert file.getvalue() == ""
