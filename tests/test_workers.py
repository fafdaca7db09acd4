"""The order in which workers begin names files that are there."""

from __future__ import annotations

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
