"""Workers: their order names files that are there, and one that dies keeps none waiting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers import LONG_FILES, LONG_FOLDERS, QUICK, pytest_ignore_collect

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", [*LONG_FILES, *LONG_FOLDERS])
def test_what_is_called_long_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_only_the_quick_tier_passes_long_tests_by_unread(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, short = ROOT / "tests" / "ui" / "window", ROOT / "tests" / "test_workers.py"
    for choice, left_out in ((QUICK, True), ("", None), ("long", None)):
        monkeypatch.setattr(pytestconfig.option, "markexpr", choice)
        assert pytest_ignore_collect(long, pytestconfig) is left_out
        assert pytest_ignore_collect(ROOT / LONG_FILES[0], pytestconfig) is left_out
        assert pytest_ignore_collect(short, pytestconfig) is None


def test_a_worker_that_dies_costs_one_test_and_no_waiting(tmp_path: Path) -> None:
    passes = "def test_{}(): pass\n"
    dies = "import os\n\ndef test_dies(): os._exit(1)\n"
    files = {
        "test_a.py": passes.format(1) + passes.format(2),
        "test_b.py": passes.format(3) + passes.format(4),
        "test_c.py": dies + passes.format(5),
        "test_d.py": passes.format(6),
        "test_e.py": passes.format(7),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "conftest.py").write_text("from tests.workers import pytest_xdist_make_scheduler\n")
    run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    run += ["-n", "1", "--dist", "loadfile", "--no-loadscope-reorder", str(tmp_path)]
    ended = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert "1 failed, 7 passed" in ended.stdout
    assert "test_c.py::test_dies" in ended.stdout
