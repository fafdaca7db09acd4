"""Trainings that the program remembers: one folder each, below its own data, never the photos'."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geoguess_app.core.records.forms import decode, encode
from geoguess_app.files.atomic import make_folder, replace_file
from geoguess_app.files.json_text import json_text
from geoguess_app.files.user_data import data_dir, models_dir

PLAN = "plan.json"
CHECKED, TRAINING, STOPPED, FAILED, DONE = "checked", "training", "stopped", "failed", "done"
RESUMABLE = (TRAINING, STOPPED, FAILED)
"""A run that stands at "training" while no window works on it was cut off."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """The plan of a training: what it is of; kept in its folder."""

    source: str
    """The folder or table of photos."""
    images: str = ""
    """Where a table's photos lie, if not beside it."""
    state: str = CHECKED
    recipe: str = ""
    """Path of the recipe."""
    task: str = ""
    name: str = ""
    license: str = ""
    author: str = ""
    within_km: float = 0.0
    weights: str = ""
    """What the trunk starts from, if not as the recipe says."""
    download: bool = False
    out: str = ""
    """The model file."""
    data: str = ""
    """Folder of an earlier run that read the same photos."""
    created: float = field(default_factory=time.time)
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class TrainingFolder:
    """A folder and what stands in its plan."""

    folder: Path
    plan: TrainingPlan

    @property
    def data(self) -> Path:
        """Return where the photos' report and what was computed of them lie."""
        return Path(self.plan.data) if self.plan.data else self.folder

    @property
    def table(self) -> Path:
        """The table of photos that serve."""
        return self.data / "photos.csv"

    @property
    def report(self) -> Path:
        """Return what became of the photos."""
        return self.data / "photos-report"

    @property
    def split_report(self) -> Path:
        """Return how alike the photos are."""
        return self.data / "split-report"

    @property
    def cache(self) -> Path:
        """The folder of measurements and features."""
        return self.data / "cache"

    @property
    def work(self) -> Path:
        """Return what the build leaves."""
        return self.folder / "build"

    @property
    def log(self) -> Path:
        """Return what the trainer said."""
        return self.folder / "log.txt"

    @property
    def progress_files(self) -> tuple[Path, Path]:
        """List the progress files of the build, and of the engine where it uses that."""
        return self.work / "progress.jsonl", self.work / "run" / "progress.jsonl"

    def planned(self, **values: Any) -> TrainingFolder:
        """Give the folder another plan, which is not saved."""
        return replace(self, plan=replace(self.plan, **values))

    def changed(self, **values: Any) -> TrainingFolder:
        """Give the folder another plan, which is saved; raises GeoGuessError where that cannot
        be."""
        run = self.planned(**values)
        run.save()
        return run

    def save(self) -> None:
        """Write the plan; raises GeoGuessError."""
        make_folder(self.folder)
        text = json_text(encode(self.plan), indent=1) + "\n"
        replace_file(self.folder / PLAN, text.encode("utf-8"))


def trainings_dir() -> Path:
    """Give the folder of all runs."""
    return data_dir() / "training"


def new_run(source: Path, images: Path | None = None) -> TrainingFolder:
    """A run with a folder of its own; raises GeoGuessError."""
    stem = file_name(source.name or "photos")
    stamp = time.strftime("%Y-%m-%d-%H%M")
    folder = trainings_dir() / f"{stem}-{stamp}-{secrets.token_hex(2)}"
    run = TrainingFolder(
        folder, TrainingPlan(source=str(source), images=str(images) if images else "")
    )
    run.save()
    return run


def another_run(run: TrainingFolder) -> TrainingFolder:
    """A run of the same photos, which need not be read again; raises GeoGuessError."""
    made = new_run(Path(run.plan.source), Path(run.plan.images) if run.plan.images else None)
    return made.changed(data=str(run.data))


def file_name(text: str) -> str:
    """Letters that every system takes in a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "model"


def model_path(name: str) -> Path:
    """A file for a model of that name that is not there yet."""
    folder, stem = models_dir(), file_name(name)
    path, number = folder / f"{stem}.geomodel", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.geomodel"
    return path


def runs() -> Iterator[TrainingFolder]:
    """List the runs that are remembered, the newest first."""
    found = []
    for path in trainings_dir().glob(f"*/{PLAN}"):
        with suppress(OSError, ValueError):
            data = json.loads(path.read_text(encoding="utf-8"))
            plan = decode(TrainingPlan, data, ignore_unknown=True)
            found.append(TrainingFolder(path.parent, plan))
    yield from sorted(found, key=lambda run: run.plan.created, reverse=True)
