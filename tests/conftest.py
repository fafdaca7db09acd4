"""What every test shares: the real inputs, and a headless platform set before any Qt import."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from geoguess_app.core.openmp import wait_politely

wait_politely()
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    # Chromium refuses its sandbox to root; only tests may run without it.
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def _shared(part: str) -> Path:
    folder = SHARED / part
    if not folder.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{part}: the real inputs must be present in CI")
        pytest.skip(f"real inputs ({part}) are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real coordinates and tables (see its README)."""
    return _shared("data")


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """Real photos (see its README)."""
    return _shared("photos")
