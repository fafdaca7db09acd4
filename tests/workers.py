"""Tests on several cores: one numeric thread a process, the longest files first, no shared folders.

``make test`` runs pytest with one worker process per core (pytest-xdist), file by file. Without
workers nothing here changes the order or the threads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has a core to itself: more threads only wait for each other. Set before torch.
    os.environ["OMP_NUM_THREADS"] = "1"

LONG_FILES: tuple[str, ...] = ()
"""Files that take longest, the longest first: one that starts last would keep the run waiting."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers begin with the longest files; the rest keeps its order."""
    if hasattr(config, "workerinput"):
        rank = {name: number for number, name in enumerate(LONG_FILES)}
        items.sort(key=lambda item: rank.get(item.nodeid.split("::")[0], len(rank)))


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, data and caches of a worker's own: never the user's, never another worker's."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "DATA", "CACHE"):
            patch.setenv(f"GEOGUESS_{kind}_DIR", str(folder / kind.lower()))
        yield
