"""What the tests about writing share."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from geoguess_app.core.types import Coordinate, Place
from geoguess_app.paths import resource_dir
from geoguess_app.photos.journal import Journal, read_runs
from geoguess_app.photos.position_tags import WrittenPosition, estimate_by
from geoguess_app.photos.save import UnwrittenFile, WrittenFile, save
from geoguess_app.photos.undo import RestoredFile, UnchangedFile, UnrestoredFile, last_run, undo
from geoguess_app.photos.write_plan import SavePlan, WriteOptions, WriteRequest, make_plan

CHINA = resource_dir() / "samples" / "china.jpg"
EIFFEL = WrittenPosition(Coordinate(48.858370, 2.294481), 12345.6, estimate_by("Starter 1.0"))
PARIS = Place("Paris", "Île-de-France", "France", "FR")


def copies(files: Iterable[Path], folder: Path) -> list[Path]:
    """Writable copies of files, with their times."""
    folder.mkdir(parents=True, exist_ok=True)
    result = []
    for file in files:
        target = folder / file.name
        shutil.copy2(file, target)
        target.chmod(0o644)
        result.append(target)
    return result


def requests(
    files: Iterable[Path], position: WrittenPosition = EIFFEL, *, replace_gps: bool = True
) -> list[WriteRequest]:
    """A request for each file."""
    keywords = ("Scene|urban", "Scene|urban|tower")
    return [WriteRequest(file, position, PARIS, keywords, replace_gps) for file in files]


def saved(
    plan: SavePlan, journal: Path | None = None
) -> tuple[list[WrittenFile], list[UnwrittenFile], str]:
    """What a save wrote, what it did not, and the run's name."""
    with Journal(journal, {}) as kept:
        results = list(save(plan, kept))
    written = [result for result in results if isinstance(result, WrittenFile)]
    return written, [result for result in results if isinstance(result, UnwrittenFile)], kept.run


def plan_for(files: Iterable[Path], options: WriteOptions | None = None) -> SavePlan:
    """A plan that may replace positions."""
    return make_plan(requests(files), options or WriteOptions())


def undone(journal: Path | None = None) -> list[RestoredFile | UnchangedFile | UnrestoredFile]:
    """Take the last run back."""
    run = last_run(read_runs(journal))
    assert run is not None
    return list(undo(run))


def hashes(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too, by its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def exiftool(files: Iterable[Path], *options: str) -> dict[str, dict[str, Any]]:
    """What exiftool reads, by file name."""
    files = list(files)
    if not files:
        return {}
    run = subprocess.run(
        ["exiftool", "-j", *options, *map(str, files)], capture_output=True, check=False
    )
    return {Path(row["SourceFile"]).name: row for row in json.loads(run.stdout)}


def set_tags(file: Path, *tags: str) -> None:
    """Write tags with exiftool."""
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, str(file)], check=True)
