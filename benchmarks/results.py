"""Figures of benchmarks: printed as they come, kept as JSON with the machine and the day.

A benchmark makes one ``Figures``, adds to it and saves it. `python -m benchmarks.tables` makes the
tables in the documents from what was saved.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from geoguess_app.core.records import forms
from geoguess_app.files.atomic import replace_file

Key = TypeVar("Key")
FOLDER = Path(__file__).parent / "results"
QUICK = "GEOGUESS_BENCH_QUICK" in os.environ
"""Fewer photos and rounds: to see that a benchmark works, not to quote."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured; the target is for the ratio where there is one."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    beside: str = ""
    """The other side of the ratio."""
    least: float | None = None
    most: float | None = None
    short: bool = False
    """Belongs into the table of the README, too."""

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met; None without one."""
        judged = self.value if self.ratio is None else self.ratio
        if self.least is None and self.most is None:
            return None
        return (self.least is None or judged >= self.least) and (
            self.most is None or judged <= self.most
        )


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that measured, without a name or a path of it."""

    processor: str
    cores: int
    system: str
    torch: str
    accelerator: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark's figures, in the order in which they came."""

    about: str
    date: str
    commit: str
    load: float
    """Processes that wanted to run when it began, by the system's average of a minute."""
    is_quick: bool
    machine: Machine
    figures: tuple[Figure, ...]


@dataclass
class Figures:
    """The figures of one benchmark while it runs: ``Figures(__file__, __doc__)``."""

    file: str
    document: str | None
    accelerator: str = ""
    figures: list[Figure] = field(default_factory=list)
    load: float = field(default_factory=lambda: _load())

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        ratio: float | None = None,
        beside: str = "",
        least: float | None = None,
        most: float | None = None,
        short: bool = False,
    ) -> None:
        """Take in a figure and print it."""
        rounded = None if ratio is None else _significant(ratio)
        figure = Figure(name, _significant(value), unit, rounded, beside, least, most, short)
        self.figures.append(figure)
        sys.stdout.write(f"| {' | '.join(cells(figure))} |\n")
        sys.stdout.flush()

    def save(self) -> None:
        """Write `results/NAME.json`; quick runs write where they overwrite nothing."""
        about = (self.document or "").split("\n\n")[0].replace("\n", " ")
        machine = Machine(
            _processor(), os.cpu_count() or 1, _system(), version("torch"), self.accelerator
        )
        today, commit = datetime.now(UTC).date().isoformat(), _commit()
        run = Run(about, today, commit, self.load, QUICK, machine, tuple(self.figures))
        name = Path(self.file).stem.removeprefix("bench_")
        folder = FOLDER / "quick" if QUICK else FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(forms.encode(run), indent=1, ensure_ascii=False) + "\n"
        replace_file(folder / f"{name}.json", text.encode())


def saved_runs(folder: Path = FOLDER) -> dict[str, Run]:
    """Return what was saved, by the benchmark's name. Raises ValueError for a file that is none."""
    return {
        path.stem: forms.decode(Run, json.loads(path.read_text(encoding="utf-8")), where=path.name)
        for path in sorted(folder.glob("*.json"))
    }


def cells(figure: Figure) -> tuple[str, str, str, str, str]:
    """Name, value, ratio, target and whether it is met, as a table shows them."""
    ratio = "" if figure.ratio is None else f"{_text(figure.ratio)}× {figure.beside}"
    sign = "" if figure.ratio is None else "×"
    unit = sign or f" {figure.unit}"
    targets = [
        f"{symbol} {_text(bound)}{unit}"
        for symbol, bound in (("≥", figure.least), ("≤", figure.most))
        if bound is not None
    ]
    met = {True: "yes", False: "no", None: ""}[figure.met]
    return figure.name, f"{_text(figure.value)} {figure.unit}", ratio, ", ".join(targets), met


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = (heads, ["---"] * len(heads), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def in_turn(
    works: Mapping[Key, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[Key, float]:
    """Median seconds of each, all taking turns, after a round that is not counted."""
    taken: dict[Key, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            begun = clock()
            work()
            if number > 0:
                taken[name].append(clock() - begun)
    return {name: statistics.median(times) for name, times in taken.items()}


def in_turn_with_busy(
    works: Mapping[str, Callable[[], object]], rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """As ``in_turn``, and of the same rounds the processor's seconds, all threads together: other
    programs change these little."""
    busy: dict[str, list[float]] = {name: [] for name in works}

    def counted(name: str) -> None:
        begun = time.process_time()
        works[name]()
        busy[name].append(time.process_time() - begun)

    taken = in_turn({name: partial(counted, name) for name in works}, rounds)
    return taken, {name: statistics.median(times[1:]) for name, times in busy.items()}


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _significant(value: float) -> float:
    return float(f"{value:.3g}")


def _text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _load() -> float:
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return f"{platform.system()} {platform.release()}"


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
