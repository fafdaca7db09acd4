"""A save that is killed at any moment, and two saves of the same folder at once.

GEOGUESS_KILLS sets how often (default 4) and GEOGUESS_KILL_PHOTOS how many photos (default 60); the
long form is GEOGUESS_KILLS=30 GEOGUESS_KILL_PHOTOS=500.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.photos.journal import read_runs
from geoguess_app.photos.undo import UnrestoredFile, undo
from tests.photos.saving import exiftool, hashes, plan_for, saved

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("GEOGUESS_KILLS", "4"))
PHOTOS = int(os.environ.get("GEOGUESS_KILL_PHOTOS", "60"))

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

SAVE = """
import sys
from pathlib import Path
from tests.photos.saving import plan_for, saved
plan = plan_for(sorted(p for p in Path(sys.argv[1]).iterdir() if p.suffix in (".jpg", ".png")))
print("planned", flush=True)
sys.stdin.readline()
written, failures, _ = saved(plan, Path(sys.argv[2]))
print(len(written), sorted({failure.code for failure in failures}), flush=True)
"""


def start(folder: Path, journal: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SAVE, str(folder), str(journal)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "planned\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.fixture
def fast_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a kill needs no disk, and syncing one takes time."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else tmp_path))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small JPEGs of different content, and some PNGs, which get sidecars."""
    folder = tmp_path_factory.mktemp("album")
    for index in range(PHOTOS):
        colour = (index % 256, index // 256, 99)
        suffix = "png" if index % 10 == 9 else "jpg"
        Image.new("RGB", (64, 48), colour).save(folder / f"{index:04}.{suffix}")
    return folder


def take_everything_back(journal: Path) -> None:
    for run in reversed(read_runs(journal) if journal.exists() else []):
        for result in undo(run):
            assert not isinstance(result, UnrestoredFile), result.message


@pytest.mark.timeout(240 + KILLS * PHOTOS // 10)
@pytest.mark.long
def test_kill_at_any_moment(album: Path, fast_folder: Path) -> None:
    dice = random.Random(7)
    cut = 0
    for attempt in range(KILLS):
        folder, journal = fast_folder / f"{attempt}", fast_folder / f"{attempt}.jsonl"
        shutil.copytree(album, folder)
        before = hashes(folder)
        process = start(folder, journal)
        go(process)
        kill_after(process, journal, dice.randrange(1, PHOTOS - 5), dice.uniform(0, 0.02))
        process.wait()
        process.communicate()

        now = hashes(folder)
        changed = [name for name in before if now[name] != before[name]]
        tagged = exiftool([folder / name for name in changed], "-n", "-GPSLatitude", "-validate")
        assert all(row["GPSLatitude"] == pytest.approx(48.85837) for row in tagged.values())
        assert len(tagged) == len(changed)
        cut += 0 < len(changed) < PHOTOS * 9 // 10
        # The next save of the folder, or its undo, clears away what the killed one left.
        take_everything_back(journal)
        if any(name.startswith(".geoguess") for name in hashes(folder)):
            saved(plan_for(sorted(folder.glob("0000.jpg"))), journal)
            take_everything_back(journal)
        assert hashes(folder) == before
    assert cut, "no kill hit the middle of a save"


def kill_after(process: subprocess.Popen[str], journal: Path, files: int, wait_s: float) -> None:
    """Kill a save when its journal names that many files, and a moment has passed."""
    lines = 0
    while lines <= files and process.poll() is None:
        time.sleep(0.001)
        lines = journal.read_bytes().count(b"\n") if journal.exists() else 0
    time.sleep(wait_s)
    process.kill()


def test_a_kill_in_the_middle_of_an_undo(album: Path, fast_folder: Path) -> None:
    folder, journal = fast_folder / "photos", fast_folder / "j"
    shutil.copytree(album, folder)
    before = hashes(folder)
    saved(plan_for(sorted(folder.iterdir())), journal)
    script = (
        "import sys; from pathlib import Path\n"
        "from geoguess_app.photos.journal import read_runs\n"
        "from geoguess_app.photos.undo import undo\n"
        "for result in undo(read_runs(Path(sys.argv[1]))[0]): print('.', flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(journal)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    for _ in range(PHOTOS // 3):
        process.stdout.readline()
    process.kill()
    process.communicate()
    assert hashes(folder) != before
    take_everything_back(journal)
    assert hashes(folder) == before


def test_two_programs_at_once(album: Path, fast_folder: Path) -> None:
    folder = fast_folder / "photos"
    shutil.copytree(album, folder)
    before = hashes(folder)
    processes = [start(folder, fast_folder / f"{index}.jsonl") for index in range(2)]
    for process in processes:
        go(process)
    counts = []
    for process in processes:
        count, _, codes = process.communicate()[0].partition(" ")
        counts.append(int(count))
        assert set(codes.strip("[]\n").replace("'", "").split(", ")) <= {"changed", "locked", ""}
    # Every photo was written by one of the two, none by both.
    assert sum(counts) == PHOTOS
    positions = exiftool(sorted(folder.glob("*.jpg")) + sorted(folder.glob("*.xmp")), "-n", "-GPS*")
    assert len(positions) == PHOTOS
    for row in positions.values():
        assert row["GPSLatitude"] == pytest.approx(48.85837)
    for index in range(2):
        take_everything_back(fast_folder / f"{index}.jsonl")
    assert hashes(folder) == before
