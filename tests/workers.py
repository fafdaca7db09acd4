"""Tests on several cores: one numeric thread a process, the longest files first, no shared folders.

``make test`` runs pytest with a worker process per core and one more (pytest-xdist), file by file.
Without workers nothing here changes the order or the threads.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
from collections import OrderedDict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key
from xdist.scheduler import LoadFileScheduling

from geoguess_app.core.garbage import OwnCollections, freeze_loaded

ROOT = Path(__file__).parents[1]
LIGHT = ROOT / "tests" / "light"
"""Stand-ins for packages of which no process that tests start uses what takes long to import."""
COLLECTIONS = pytest.StashKey[OwnCollections]()
QUICK = "not long"
"""The choice of `make check`."""

if "PYTEST_XDIST_WORKER" in os.environ:
    # The cores are the workers': more threads only wait for each other. Set before torch.
    os.environ["OMP_NUM_THREADS"] = "1"
    # For the processes that tests start, not for this one: in it torchmetrics must import
    # torchvision before a window loads WebEngine, or Triton would end the process.
    _paths = [str(LIGHT), os.environ.get("PYTHONPATH", "")]
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
    "tests/core/bundle/test_bundle_random.py",
    "tests/trainer/local/test_models.py",
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
    "tests/core/bundle/test_bundle.py",
    "tests/commands/test_export.py",
    "tests/photos/test_killed_save.py",
    "tests/review/test_real_review.py",
    "tests/ui/window/test_whole_words.py",
    "tests/commands/test_report.py",
    "tests/core/reading/test_text_reader.py",
    "tests/ui/window/test_background.py",
    "tests/ui/window/test_theme.py",
    "tests/core/matching/test_matching.py",
    "tests/ui/window/test_read_text.py",
    "tests/ui/window/test_area_search.py",
    "tests/ui/window/test_dialogs.py",
    "tests/ui/views/test_choices.py",
    "tests/ui/window/test_list_undo.py",
    "tests/ui/window/test_report.py",
    "tests/core/network/test_torch_backend.py",
    "tests/ui/map/test_tiles.py",
    "tests/ui/window/test_responsive.py",
    "tests/report/test_map_picture.py",
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


class FileByFile(LoadFileScheduling):
    """Whole files for each worker; the tests of a worker that dies go to the others, once.

    pytest-xdist 3.8 hands out again what the dead worker had finished, and its replacement waits
    for it for ever (its issues 1323, 1327 and 1378).
    """

    def remove_node(self, node: Any) -> str | None:
        """Give back what `node` had not run yet; return the test that it died of, if any."""
        work = self.assigned_work.pop(node)
        died_of = next(
            (test for tests in work.values() for test, done in tests.items() if not done), None
        )
        if died_of is None:
            return None
        work[self._split_scope(died_of)][died_of] = True
        left = {file: tests for file, tests in work.items() if not all(tests.values())}
        self.workqueue = OrderedDict(left | self.workqueue)
        for other in self.assigned_work:
            self._reschedule(other)
        return died_of

    def _assign_work_unit(self, node: Any) -> None:
        """Hand out a file; where a worker is dying, `remove_node` gives the file back."""
        with contextlib.suppress(OSError):
            super()._assign_work_unit(node)

    def schedule(self) -> None:
        """Begin, or give a new worker files; it runs a test only when it knows the next."""
        replaces = self.collection is not None
        super().schedule()
        if replaces:
            super().schedule()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: workers wait a third of their time, mostly for windows."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileByFile | None:
    """Take the place of pytest-xdist's own `loadfile`."""
    return FileByFile(config, log) if config.option.dist == "loadfile" else None


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
    session.config.stash[COLLECTIONS] = OwnCollections()
    try:
        return (yield)
    finally:
        freeze_loaded()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Collect garbage between tests: in threads of theirs it would end the process."""
    try:
        return (yield)
    finally:
        item.config.stash[COLLECTIONS].collect_due()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what the quick tier leaves out; let workers begin with the longest files."""
    rank = {name: number for number, name in enumerate(LONG_FILES)}
    for item in items:
        if item.nodeid.startswith(LONG_FOLDERS) or _file(item) in rank:
            item.add_marker("long")
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank.get(_file(item), len(rank)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a crash leave its stack again: a program that ran here turned that off when it ended."""
    if not faulthandler.is_enabled():
        faulthandler.enable(item.config.stash[fault_handler_stderr_fd_key])


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
