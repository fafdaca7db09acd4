"""Facts of a run, its time and its photos' folder: what may differ between two equal runs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from geoguess_app.evaluation.study.file_names import RUN_FILE
from geoguess_app.evaluation.study.types import PhotoSet
from geoguess_app.files.atomic import replace_file

FORMAT = "geoguess-evaluation-run"
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The contents of ``run.json``, as far as it says something."""

    finished: datetime | None = None
    """With its time zone."""
    images: Path | None = None
    """The folder of the photos, whether it is still there or not."""


def write_run_facts(folder: Path, photo_set: PhotoSet) -> None:
    """Write ``run.json`` beside the figures; raises GeoGuessError."""
    facts = {
        "format": FORMAT,
        "format_version": 1,
        "finished": datetime.now().astimezone().isoformat(timespec="seconds"),
        "images": _from_folder(photo_set.images, folder),
        "table": _from_folder(photo_set.table, folder),
    }
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    # A path may hold bytes that are no text; they come back as they were.
    replace_file(folder / RUN_FILE, text.encode(errors="surrogateescape"))


def read_run_facts(folder: Path) -> RunFacts:
    """Return what is known of a run; empty for an evaluation without the file or with a broken one.

    None of the figures depends on it, so it is never a reason to refuse an evaluation.
    """
    try:
        content = (folder / RUN_FILE).read_bytes()
        facts: Any = json.loads(content[:_MAX_BYTES].decode(errors="surrogateescape"))
        if not isinstance(facts, dict) or facts.get("format") != FORMAT:
            return RunFacts()
        return RunFacts(_time(facts.get("finished")), _folder(facts.get("images"), folder))
    except (OSError, ValueError, RecursionError):
        return RunFacts()


def _from_folder(path: Path, folder: Path) -> str:
    """Relative, so that results and photos may move together; absolute from another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def _folder(name: object, folder: Path) -> Path | None:
    """None also for another machine's share: looking at it would tell that machine who looks."""
    if not isinstance(name, str) or not name or name.startswith(("//", "\\\\")):
        return None
    return (folder / name).resolve()


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone() if isinstance(text, str) else None
    except (ValueError, OverflowError, OSError):
        return None
