"""Two programs over the same data folder at the same moments: nothing is refused or lost."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from geoguess_app.core.types import Coordinate
from geoguess_app.locating.answer_store import AnswerStore
from geoguess_app.references.table import ReferenceTable
from geoguess_app.settings import load_settings
from tests.commands.conftest import own_settings

__all__ = ["own_settings"]  # fixture
ROOT = Path(__file__).resolve().parents[2]
FOLDERS, STEPS = 12, 25
PROGRAM = """
import sys, time
from pathlib import Path
from geoguess_app.core.types import Coordinate
from geoguess_app.locating.answer_store import AnswerStore, PictureRecord
from geoguess_app.references.table import ReferenceTable

base, name, begin_s = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
for number in range(int(sys.argv[4])):
    # Both make the same new files at the same moment.
    time.sleep(max(0.0, begin_s + number * 0.15 - time.time()))
    answers = AnswerStore(base / str(number) / "answers.sqlite")
    table = ReferenceTable(base / str(number) / "references.sqlite")
    for step in range(int(sys.argv[5])):
        with table.transaction():
            known = len(table.folders())
            table.add_folder(Path(f"/{name}/{step}"))
        photo = base / f"{name}-{step}.jpg"
        answers.remember_picture(photo, photo.stat(), PictureRecord(name, Coordinate(1, step)))
    answers.close()
    table.close()
"""


def test_two_programs_keep_all_that_both_learn(tmp_path: Path) -> None:
    for name in ("one", "two"):
        for step in range(STEPS):
            (tmp_path / f"{name}-{step}.jpg").touch()
    begin_s = time.time() + 2.0
    options = (str(begin_s), str(FOLDERS), str(STEPS))
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), name, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for name in ("one", "two")
    ]
    for program in programs:
        _, said = program.communicate(timeout=60)
        assert (program.returncode, said) == (0, "")
    for number in range(FOLDERS):
        table = ReferenceTable(tmp_path / str(number) / "references.sqlite")
        assert len(table.folders()) == 2 * STEPS
        table.close()
        answers = AnswerStore(tmp_path / str(number) / "answers.sqlite")
        for name in ("one", "two"):
            for step in range(STEPS):
                photo = tmp_path / f"{name}-{step}.jpg"
                record = answers.picture(photo, photo.stat())
                assert record is not None
                assert record.known == Coordinate(1, step)
        answers.close()


SETTINGS = """
import sys
from geoguess_app.settings import change_settings
for number in range(60):
    change_settings(**{sys.argv[1]: f"{sys.argv[1]}-{number}"})
"""


def test_settings_of_two_programs_are_both_kept() -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", SETTINGS, name], cwd=ROOT)
        for name in ("model", "device")
    ]
    assert [program.wait(timeout=60) for program in programs] == [0, 0]
    found = load_settings()
    assert (found.model, found.device) == ("model-59", "device-59")
