"""The command of the trainer: a program of its own, which the window starts and never imports."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

INSTALL = 'pip install "geoguess[trainer]"'
_SCRIPT = "geoguess-train"


@dataclass(frozen=True, slots=True)
class TrainerCommand:
    """The command that starts the trainer: a program, what comes before a command, the
    environment."""

    program: str
    before: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    """Added to the window's own."""

    @property
    def words(self) -> str:
        """Write the command for people."""
        return " ".join([self.program, *self.before])


def find_trainer(chosen: str | None = None) -> TrainerCommand | None:
    """The one that the user chose, that of this installation, or one on the PATH; None: none."""
    if chosen and Path(chosen).is_file():
        return TrainerCommand(chosen)
    return _own() or _on_path()


def _own() -> TrainerCommand | None:
    if getattr(sys, "frozen", False):
        return None
    spec = importlib.util.find_spec("trainer")
    if spec is None or spec.origin is None:
        return None
    # A checkout that is not installed is found as well.
    above = str(Path(spec.origin).resolve().parent.parent)
    paths = [above, *filter(None, [os.environ.get("PYTHONPATH")])]
    # Not the program without a console that starts windows on Windows: it has no standard input.
    python = Path(sys.executable)
    console = python.with_name(python.name.replace("pythonw", "python"))
    program = str(console if console.is_file() else python)
    return TrainerCommand(program, ("-m", "trainer"), {"PYTHONPATH": os.pathsep.join(paths)})


def _on_path() -> TrainerCommand | None:
    found = shutil.which(_SCRIPT)
    return TrainerCommand(found) if found else None
