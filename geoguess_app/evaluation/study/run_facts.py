"""Facts of a run, its time and its photos' folder: what may differ between two equal runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from geoguess_app.core.records.forms import decode, encode
from geoguess_app.evaluation.study.file_names import RUN_FILE
from geoguess_app.evaluation.study.types import PhotoSet
from geoguess_app.files.atomic import replace_file
from geoguess_app.files.json_text import json_text
from geoguess_app.files.relative import relative_name

_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The contents of ``run.json``, as far as it says something."""

    finished: datetime | None = None
    """With its time zone."""
    images: Path | None = None
    """The folder of the photos, whether it is still there or not."""


@dataclass(frozen=True, slots=True)
class _RunFile:
    """The file itself; paths as they are seen from its folder."""

    format: Literal["geoguess-evaluation-run"]
    format_version: int = 1
    finished: datetime | None = None
    images: str = ""
    table: str = ""


def write_run_facts(folder: Path, photo_set: PhotoSet) -> None:
    """Write ``run.json`` beside the figures; raises GeoGuessError."""
    facts = _RunFile(
        "geoguess-evaluation-run",
        1,
        datetime.now().astimezone().replace(microsecond=0),
        relative_name(photo_set.images, folder),
        relative_name(photo_set.table, folder),
    )
    text = json_text(encode(facts), indent=1) + "\n"
    # A path may hold bytes that are no text; they come back as they were.
    replace_file(folder / RUN_FILE, text.encode())


def read_run_facts(folder: Path) -> RunFacts:
    """Return what is known of a run; empty for an evaluation without the file or with a broken one.

    None of the figures depends on it, so it is never a reason to refuse an evaluation.
    """
    try:
        content = (folder / RUN_FILE).read_bytes()
        found = json.loads(content[:_MAX_BYTES].decode(errors="surrogateescape"))
        facts = decode(_RunFile, found, ignore_unknown=True, warn=lambda _: None)
        finished = facts.finished.astimezone() if facts.finished else None
        return RunFacts(finished, _folder(facts.images, folder))
    except (OSError, OverflowError, ValueError, RecursionError):
        return RunFacts()


def _folder(name: str, folder: Path) -> Path | None:
    """None also for another machine's share: looking at it would tell that machine who looks."""
    if not name or name.startswith(("//", "\\\\")):
        return None
    return (folder / name).resolve()
