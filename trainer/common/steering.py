"""Being steered by another program: lines on standard input, the same on every system.

``pause`` rests before the next step, ``continue`` goes on, ``stop`` ends as Ctrl+C does. The end
of the input is ``stop``, too: nobody is left who wants the result now, and a run can be resumed.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
from contextlib import suppress

_going = threading.Event()
_going.set()


def begin() -> None:
    """Listen from now on, and leave the processor to programs that people look at.

    Call it in the main thread.
    """
    # Who starts programs in the background may have them ignore Ctrl+C; stopping has to work.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(os, "nice"):
        with suppress(OSError):
            if os.nice(0) == 0:  # else somebody has chosen already
                os.nice(5)
    threading.Thread(target=_listen, name="steering", daemon=True).start()


def is_paused() -> bool:
    """Tell whether the run is to rest now."""
    return not _going.is_set()


def rest() -> None:
    """Wait until the run is to go on, or to stop."""
    _going.wait()


def obey(word: str) -> None:
    """Do what a line says; other words are left alone, so that there can be more of them."""
    if word == "pause":
        _going.clear()
    elif word == "continue":
        _going.set()
    elif word == "stop":
        _going.set()
        _interrupt()


def _listen() -> None:
    # Not sys.stdin: its lock, held by a thread that waits, stops the interpreter from ending.
    kept = b""
    while True:
        try:
            read = os.read(0, 4096)
        except OSError:
            read = b""
        if not read:
            obey("stop")
            return
        *lines, kept = (kept + read).split(b"\n")
        for line in lines:
            obey(line.strip().decode("ascii", "replace"))


def _interrupt() -> None:
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGINT)  # also wakes what the main thread waits in
    else:
        _thread.interrupt_main()
