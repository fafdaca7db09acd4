"""Write the manual pages of both programs, from the parsers that the programs use.

``python packaging/man_pages.py FOLDER`` writes ``geoguess.1`` and ``geoguess-train.1``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from geoguess_app import __version__
from geoguess_app.cli import DESCRIPTION

PROJECT = Path(__file__).resolve().parent.parent
_PROGRAMS = {
    "geoguess": ("geoguess_app", DESCRIPTION),
    "geoguess-train": (
        "trainer.cli",
        "Build models for GeoGuess from photos with known positions.",
    ),
}


def help_text(module: str) -> str:
    """Run a program's own ``--help``, 80 columns wide."""
    call = f"from {module} import main; main()" if "." in module else ""
    command = ["-c", call, "--help"] if call else ["-m", module, "--help"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def page(name: str, text: str, summary: str) -> str:
    """One manual page in man's own language: the help as the program prints it."""
    lines = [
        f'.TH "{name.upper()}" "1" "" "GeoGuess {__version__}" "User commands"',
        ".SH NAME",
        f"{_escaped(name)} \\- {_escaped(summary.rstrip('.'))}",
        ".SH USAGE",
        ".nf",
        *(_escaped(line) for line in text.splitlines()),
        ".fi",
    ]
    return "\n".join(lines) + "\n"


def _escaped(line: str) -> str:
    safe = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


def write_pages(folder: Path) -> None:
    """Write both pages into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (module, summary) in _PROGRAMS.items():
        written = page(name, help_text(module), summary)
        (folder / f"{name}.1").write_text(written, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
