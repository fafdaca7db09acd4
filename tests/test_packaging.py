"""What an installation takes along: every package of the program and of the trainer."""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def test_every_package_is_installed() -> None:
    written = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(written["tool"]["setuptools"]["packages"])
    found = {
        ".".join(file.parent.relative_to(PROJECT).parts)
        for top in ("geoguess_app", "trainer")
        for file in (PROJECT / top).rglob("__init__.py")
    }
    assert listed == found | {"geoguess_app.docs", "geoguess_app.resources"}
