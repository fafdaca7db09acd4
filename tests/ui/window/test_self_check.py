"""`geoguess --self-check`, as a packager or a user would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from geoguess_app.paths import starter_bundle_dir
from geoguess_app.ui import headless

_SANDBOX = ("QTWEBENGINE_DISABLE_SANDBOX",)  # the program must see to it itself


def self_check(config: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """The real program in a process of its own, without any display."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", *_SANDBOX)
    }
    environment |= {"GEOGUESS_CONFIG_DIR": str(config), **extra}
    return subprocess.run(
        [sys.executable, "-m", "geoguess_app", "--self-check"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_everything_works_without_a_display(config: Path) -> None:
    if not (starter_bundle_dir() / "bundle.json").is_file():
        pytest.skip("no starter model in this checkout")
    result = self_check(config)
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stdout + result.stderr
    assert lines[0] == "map page: loaded"
    assert lines[1].startswith("model: ")
    assert lines[2].startswith("photo: china.jpg located at ")
    assert lines[3] == "self-check passed"
    assert "Traceback" not in result.stderr
    log = (config / "logs" / "geoguess.log").read_text(encoding="utf-8")
    assert log.count("without Chromium's sandbox") == int(headless.is_root())


def test_a_model_that_is_gone_is_named_and_fails(config: Path) -> None:
    (config / "settings.json").write_text('{"version": 1, "model": "/nowhere/gone.geomodel"}')
    result = self_check(config)
    assert result.returncode == 1
    assert "gone.geomodel" in result.stdout
    assert result.stdout.splitlines()[-1] == "self-check failed"
    assert "Traceback" not in result.stderr
