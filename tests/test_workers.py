"""The order in which workers begin names files that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workers import LONG_FILES, LONG_FOLDERS

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", [*LONG_FILES, *LONG_FOLDERS])
def test_what_is_called_long_exists(name: str) -> None:
    assert (ROOT / name).exists()
