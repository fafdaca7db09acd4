"""What tests of the window share: the map's scheme before the application, and a clean log."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from geoguess_app.ui.map.scheme import register_scheme

# Whoever runs the tests may live where people measure in miles.
os.environ["LC_ALL"] = "C.UTF-8"
# WebEngine must know the scheme before pytest-qt makes the application.
register_scheme()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "allow_page_errors: the test provokes errors in the page")


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """WebEngine refuses an empty argument list."""
    return ["geoguess-tests"]


@pytest.fixture(autouse=True)
def no_page_errors(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fail a test in which the map page reported an error or asked for what it may not have.

    Mark a test ``allow_page_errors`` when it provokes them.
    """
    yield
    app = QCoreApplication.instance()
    if app is not None:
        # Widgets that the test gave back go now: a page must not outlive the profile at the end.
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if request.node.get_closest_marker("allow_page_errors"):
        return
    complaints = [
        record.getMessage()
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if record.name.startswith("geoguess_app.ui.map") and record.levelno >= logging.WARNING
    ]
    assert not complaints, f"the map page complained: {complaints}"
