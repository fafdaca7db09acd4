"""`python -m benchmarks.monkey --minutes M`: random keys, clicks and drops on the real window.

It works with photos of its own, some of them hostile, in a folder that goes at the end, and reaches
no host. The same ``--seed`` chooses the same acts, though not at the same moments. Told at the end,
with status 1 where there is any: errors that nobody caught, moments in which the window did not
answer for 2 s of its own computing, and what is left behind when it is closed.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import random
import shutil
import socket
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.monkey_acts import Monkey
from benchmarks.windows import open_window, own_folders

ACT_MS = 25
HANG_S = 2.0
LIFE_S = 60.0
"""So long a window lives before it is closed in the middle of whatever it does."""


class Watch:
    """A watch over the window's thread: what failed in any thread, and how long it was away."""

    def __init__(self) -> None:
        self.errors: Counter[str] = Counter()
        self.hangs: list[str] = []
        self.asked: Counter[str] = Counter()
        self._beat, self._own, self._main = time.monotonic(), 0.0, threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._main)
        self._end = threading.Event()
        self.looks = False
        """Whether the window's loop turns; while one is opened, imports take their time."""
        sys.excepthook = self._caught
        threading.excepthook = lambda a: self._caught(a.exc_type, a.exc_value, a.exc_traceback)
        sys.unraisablehook = lambda a: self._caught(a.exc_type, a.exc_value, a.exc_traceback)
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()

    def beat(self) -> None:
        """Tell that the window's thread is there."""
        self._beat, self._own = time.monotonic(), time.clock_gettime(self._clock)

    def end(self) -> None:
        """Look no longer."""
        self._end.set()
        self._thread.join()

    def _caught(self, kind: Any, error: Any, trace: Any) -> None:
        told = "".join(traceback.format_exception(kind, error, trace))
        if told not in self.errors:
            say(f"\n{told}")
        self.errors[told] += 1

    def _look(self) -> None:
        told = 0.0
        while not self._end.wait(0.2):
            beat = self._beat
            own = time.clock_gettime(self._clock) - self._own
            if self.looks and own > HANG_S and beat != told:
                told = beat
                stack = sys._current_frames().get(self._main)
                said = "".join(traceback.format_stack(stack)[-9:])
                away = time.monotonic() - beat
                self.hangs.append(f"{own:.1f} s of computing, {away:.1f} s away\n{said}")
                say(f"The window did not answer: {self.hangs[-1]}")

    def no_host(self) -> None:
        """Refuse every connection that is none on this machine."""
        connect = socket.socket.connect

        def refuse(one: socket.socket, address: Any) -> None:
            if one.family in (socket.AF_INET, socket.AF_INET6):
                self.asked[str(address[0])] += 1
                raise ConnectionRefusedError("no network for monkeys")
            connect(one, address)

        socket.socket.connect = refuse  # type: ignore[method-assign, assignment]


def make_album(folder: Path) -> list[Path]:
    """Fill a folder with samples and hostile files; returns models, one of them broken."""
    from geoguess_app.ui.kit.samples import sample_photos
    from tests.hostile.corpus import make_corpus

    make_corpus(folder / "album")
    for number in range(4):
        for photo in sample_photos():
            shutil.copy(photo, folder / "album" / f"{number}-{photo.name}")
    from geoguess_app.core.bundle import write_bundle
    from tests.core.tiny_bundle import shared_parts

    parts = shared_parts()
    tiny = write_bundle(
        folder / "tiny", parts.manifest, parts.partitions, parts.tensors, parts.extra_files
    )
    broken = folder / "broken.geomodel"
    broken.write_bytes(b"PK\3\4 no model")
    return [tiny, tiny, broken]


def live(
    watch: Watch, chance: random.Random, folder: Path, models: list[Path], s: float
) -> Counter:
    """Open a window, do anything with it for so many seconds, and close it at once."""
    import shiboken6
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    window = open_window()
    window.start([])
    window.load_model(models[0])
    monkey, end = Monkey(window, chance, folder / "album", models), time.monotonic() + s
    loop, deep = QEventLoop(), 0

    def turn() -> None:
        nonlocal deep
        watch.beat()
        if not loop.isRunning():
            return
        # A timer of its own each time: one that is at work does not fire in a dialog's own loop.
        QTimer.singleShot(ACT_MS, turn)
        if time.monotonic() > end:
            above = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            if above is not None:
                above.close()
            elif not deep:
                loop.quit()
            return
        deep += 1
        try:
            if deep < 20:
                monkey.act()
        except Exception:  # noqa: BLE001 - anything is a finding
            watch._caught(*sys.exc_info())
        finally:
            deep -= 1
            watch.beat()

    QTimer.singleShot(0, turn)
    watch.beat()
    watch.looks = True
    loop.exec()
    watch.looks = False
    watch.beat()
    window.leave()
    for pool in window.pools.all():
        if pool.activeThreadCount():
            watch.errors[f"a pool still works after the window has closed: {pool}"] += 1
    shiboken6.delete(window)
    QApplication.processEvents()
    return monkey.acts


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def left_behind() -> dict[str, int]:
    """Count what belongs to this process."""
    import psutil

    me = psutil.Process()
    return {
        "memory, MB": me.memory_info().rss >> 20,
        "open files": me.num_fds(),
        "threads of Python": len(threading.enumerate()),
        "threads": me.num_threads(),
        "processes": len(me.children(recursive=True)),
    }


def main() -> int:
    """Let the monkey play; 1 where it found something."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monkey", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    faulthandler.enable()
    logging.basicConfig(level=logging.ERROR)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with own_folders() as folder:
        os.environ["HOME"] = str(folder)
        os.chdir(folder)
        models, before = make_album(folder), left_behind()
        watch, acts, lives = Watch(), Counter[str](), 0
        watch.no_host()
        told = logging.Handler(logging.ERROR)  # background work writes its errors to the log
        told.emit = lambda record: watch.errors.update([record.getMessage()])  # type: ignore[method-assign]
        logging.getLogger().addHandler(told)
        end = time.monotonic() + arguments.minutes * 60
        while time.monotonic() < end:
            from PySide6.QtCore import QCoreApplication, Qt

            QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
            chance = random.Random(arguments.seed * 1000 + lives)
            life_s = min(LIFE_S, max(5.0, end - time.monotonic()))
            acts += live(watch, chance, folder, models, life_s)
            lives += 1
            say(f"life {lives}: {left_behind()}, {len(watch.errors)} errors")
        watch.end()
        say(f"{sum(acts.values())} acts in {lives} windows: {dict(acts.most_common())}")
        say(f"before {before}, after {left_behind()}; hosts asked for: {dict(watch.asked)}")
        say(str([thread.name for thread in threading.enumerate()]))
        say(f"{len(watch.errors)} kinds of errors, {len(watch.hangs)} moments without an answer")
        status = int(bool(watch.errors or watch.hangs))
    os._exit(status)


if __name__ == "__main__":
    main()
