"""What every test shares: photos and tables to run on, and a headless platform before any Qt."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import geoguess_app  # noqa: F401 - sets how idle threads wait, before numpy and torch
from tests.inputs import make_photos, make_tables

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    # Chromium refuses its sandbox to root; only tests may run without it.
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
# Flights and fades cost frames and waiting; tests of the map's page turn them on (`MapDriver`).
os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--force-prefers-reduced-motion")

if "GEOGUESS_CACHE_DIR" not in os.environ:
    # One for all workers and the programs that tests start; never the user's own.
    _cache = tempfile.TemporaryDirectory(prefix="geoguess-cache-")
    os.environ["GEOGUESS_CACHE_DIR"] = _cache.name
    atexit.register(_cache.cleanup)

pytest_plugins = ["tests.workers"]

REAL_DATA = "GEOGUESS_TEST_DATA"
"""Names the folder of real sets; `tests/data/README.md` says what lies in it."""
LEFT_OUT = pytest.StashKey[int]()
"""How many tests were left out because there are no real sets."""


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a folder of real sets that is not there, before any test runs."""
    named = os.environ.get(REAL_DATA)
    if named and not (Path(named) / "photos" / "world.csv").is_file():
        raise pytest.UsageError(f"{REAL_DATA}={named}: there is no photos/world.csv below it.")
    config.stash[LEFT_OUT] = 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that need hundreds of real photos where there are none."""
    if os.environ.get(REAL_DATA):
        return
    left_out = [item for item in items if item.get_closest_marker("real_data")]
    if left_out:
        config.stash[LEFT_OUT] = len(left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("real_data")]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that sums up, where tests run in several."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker collects all tests, so all of them leave out as many."""
    config: pytest.Config = node.config
    left_out = getattr(node, "workeroutput", {}).get("left_out", 0)
    config.stash[LEFT_OUT] = max(config.stash[LEFT_OUT], left_out)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Iterator[None]:
    """Say at the end what was left out and how to run it."""
    yield
    count = config.stash[LEFT_OUT]
    if count:
        terminalreporter.write_line(
            f"Tests marked real_data that were left out: {count}. They need sets of real photos, "
            f"which are not part of the program. Name their folder in {REAL_DATA}; see "
            "tests/data/README.md."
        )


@pytest.fixture(scope="session")
def photo_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables and photos made from `tests/data`: a world, towns, scenes, camera files."""
    return make_photos(tmp_path_factory.mktemp("inputs") / "photos")


@pytest.fixture(scope="session")
def data_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of made-up positions and estimates."""
    return make_tables(tmp_path_factory.mktemp("inputs") / "data")


def _real(part: str) -> Path:
    named = os.environ.get(REAL_DATA)
    if not named:
        pytest.fail(f"a test that uses real {part} must be marked real_data")
    return Path(named).resolve() / part


@pytest.fixture(scope="session")
def real_photos() -> Path:
    """Real photos in sets, for tests marked `real_data`."""
    return _real("photos")


@pytest.fixture(scope="session")
def real_tables() -> Path:
    """Real positions and published tables, for tests marked `real_data`."""
    return _real("data")


MADE_AND_REAL = ["made", pytest.param("real", marks=pytest.mark.real_data)]


@pytest.fixture(scope="session", params=MADE_AND_REAL)
def some_photos(request: pytest.FixtureRequest) -> Path:
    """The sets that are made, and after them the real ones where they are."""
    return _either(request, "photo_sets", "real_photos")


@pytest.fixture(scope="session", params=MADE_AND_REAL)
def some_tables(request: pytest.FixtureRequest) -> Path:
    """The tables that are made, and after them the real ones where they are."""
    return _either(request, "data_tables", "real_tables")


def _either(request: pytest.FixtureRequest, made: str, real: str) -> Path:
    chosen = request.getfixturevalue(made if request.param == "made" else real)
    assert isinstance(chosen, Path)
    return chosen


@pytest.fixture(scope="session")
def camera_files(some_photos: Path) -> Path:
    """Files as cameras of many makers leave them: those in `tests/data`, and real ones."""
    return some_photos / "exif"
