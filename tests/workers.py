"""Tests on several cores: one numeric thread a process, the longest files first, no shared folders.

``make test`` runs pytest with one worker process per core (pytest-xdist), file by file. Without
workers nothing here changes the order or the threads.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QUICK = "not long"
"""The choice of `make check`."""

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has a core to itself: more threads only wait for each other. Set before torch.
    os.environ["OMP_NUM_THREADS"] = "1"
    # For the processes that tests start, not for this one.
    _paths = [str(ROOT / "tests" / "light"), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, _paths))

LONG_FILES = (
    "tests/ui/window/test_train_mode.py",
    "tests/trainer/engine/test_world.py",
    "tests/ui/window/test_view_of_training.py",
    "tests/ui/window/test_library.py",
    "tests/trainer/published/test_ensemble.py",
    "tests/trainer/engine/test_train.py",
    "tests/ui/window/test_explore_mode.py",
    "tests/core/network/test_fast_trunk.py",
    "tests/evaluation/figures/test_town.py",
    "tests/commands/test_process.py",
    "tests/evaluation/run/test_run.py",
    "tests/commands/test_starter.py",
    "tests/trainer/engine/test_shard_runs.py",
    "tests/trainer/local/test_build.py",
    "tests/ui/window/test_self_check.py",
    "tests/ui/window/test_why.py",
    "tests/ui/window/test_compare.py",
    "tests/commands/test_same_place.py",
    "tests/ui/window/test_sharing.py",
    "tests/trainer/data/test_photos_command.py",
    "tests/trainer/scenes/test_places365.py",
    "tests/core/network/test_trunks.py",
    "tests/core/network/test_clip_vit.py",
    "tests/commands/test_models.py",
    "tests/ui/window/test_same_place.py",
    "tests/trainer/published/test_calibrate.py",
    "tests/trainer/partitions/test_report.py",
    "tests/ui/window/test_photo_list.py",
    "tests/ui/window/test_review_whole.py",
    "tests/ui/window/test_views_waiting.py",
    "tests/trainer/engine/test_trouble.py",
    "tests/trainer/commands/test_partition_command.py",
    "tests/ui/window/test_saving_work.py",
    "tests/ui/window/test_explore_map.py",
    "tests/ui/window/test_knowing_where.py",
    "tests/ui/map/test_map_page.py",
    "tests/evaluation/report/test_report.py",
    "tests/core/bundle/test_bundle_random.py",
    "tests/trainer/local/test_models.py",
    "tests/core/trips/test_trips.py",
    "tests/references/test_killed_update.py",
    "tests/trainer/starter/test_parts.py",
    "tests/trainer/engine/test_options.py",
    "tests/ui/window/test_review_map.py",
    "tests/ui/window/test_modes.py",
    "tests/ui/window/test_drop.py",
    "tests/core/geo/test_places.py",
    "tests/ui/window/test_accuracy_map.py",
    "tests/trainer/data/test_split.py",
    "tests/ui/window/test_saving_side.py",
    "tests/ui/map/test_map_cells.py",
    "tests/photos/test_every_form.py",
    "tests/photos/test_judgement.py",
    "tests/ui/map/test_map_moves.py",
    "tests/ui/window/test_views.py",
    "tests/ui/window/test_view_of_review.py",
    "tests/ui/window/test_states.py",
    "tests/ui/window/test_view_of_comparison.py",
    "tests/ui/map/test_map_stage.py",
    "tests/commands/test_tag.py",
    "tests/review/test_session_file.py",
    "tests/ui/window/test_saving_files.py",
    "tests/trainer/common/test_steering.py",
    "tests/ui/window/test_privacy.py",
    "tests/ui/window/test_accuracy_mode.py",
    "tests/ui/window/test_review_keyboard.py",
    "tests/ui/window/test_first_minute.py",
    "tests/ui/window/test_explore_models.py",
    "tests/photos/test_save_camera_files.py",
    "tests/ui/window/test_agreement.py",
    "tests/core/explain/test_activation_occlusion.py",
    "tests/ui/window/test_built_model.py",
    "tests/ui/map/test_map_answer.py",
    "tests/trainer/data/test_learned_positions.py",
    "tests/trainer/data/test_shards.py",
    "tests/core/picture/test_preprocess.py",
    "tests/core/picture/test_decode_broken.py",
    "tests/photos/test_clean_copy.py",
    "tests/photos/tracks/test_tracks.py",
    "tests/evaluation/accuracy/test_finished.py",
    "tests/core/bundle/test_bundle.py",
    "tests/commands/test_export.py",
    "tests/photos/test_killed_save.py",
    "tests/review/test_real_review.py",
)
"""Files that take longest, the longest first: one that starts last would keep the run waiting."""

LONG_FOLDERS = (
    "tests/ui/window/",
    "tests/ui/map/",
    "tests/trainer/engine/",
    "tests/trainer/local/",
    "tests/trainer/published/",
    "tests/trainer/scenes/",
    "tests/trainer/starter/",
)
"""Windows with their maps, and training."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "long: opens a window, trains, or is one of the longest; make check leaves it out",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import what the quick tier leaves out: that takes every worker seconds."""
    if config.option.markexpr != QUICK or not collection_path.is_relative_to(ROOT):
        return None
    name = collection_path.relative_to(ROOT).as_posix()
    left_out = name in LONG_FILES or f"{name}/" in LONG_FOLDERS
    return True if left_out else None


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Look for no garbage among the tests and the modules they import: all of it stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what the quick tier leaves out; let workers begin with the longest files."""
    rank = {name: number for number, name in enumerate(LONG_FILES)}
    for item in items:
        if item.nodeid.startswith(LONG_FOLDERS) or _file(item) in rank:
            item.add_marker("long")
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank.get(_file(item), len(rank)))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say that the quick tier is not all."""
    if config.option.markexpr == QUICK:
        terminalreporter.write_line("Long tests were left out; make test runs them all.")


def _file(item: pytest.Item) -> str:
    return item.nodeid.split("::")[0]


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, data and caches of a worker's own: never the user's, never another worker's."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "DATA", "CACHE"):
            patch.setenv(f"GEOGUESS_{kind}_DIR", str(folder / kind.lower()))
        yield
