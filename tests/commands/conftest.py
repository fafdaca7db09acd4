"""What tests of the command line share: a small real model and ways to run `geoguess`."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.cli import main
from geoguess_app.core.bundle import write_bundle
from geoguess_app.paths import resource_dir
from tests.core.tiny_bundle import shared_parts
from tests.data import FLOWER
from tests.photos.saving import set_tags

SAMPLES = resource_dir() / "samples"


@dataclass(frozen=True)
class Ran:
    """What one run of the command line gave."""

    status: int
    out: str
    err: str


Geoguess = Callable[..., Ran]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete bundle with random weights, as one file."""
    parts = shared_parts()
    path = tmp_path_factory.mktemp("model") / "tiny.geomodel"
    return write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the settings and journal of whoever runs it."""
    folder = tmp_path / "config"
    monkeypatch.setenv("GEOGUESS_CONFIG_DIR", str(folder))
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))
    return folder


@pytest.fixture
def geoguess(capsys: pytest.CaptureFixture[str]) -> Iterator[Geoguess]:
    """Runs the command line inside this process."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as leaving:  # argparse leaves by itself
            status = int(leaving.code or 0)
        printed = capsys.readouterr()
        return Ran(status, printed.out, printed.err)

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without a display, changed."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {key: value for key, value in os.environ.items() if key not in hidden} | changes


def hear_interrupts() -> None:
    """A shell's background job ignores Ctrl-C, and so would every process it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*arguments: object, **options: object) -> subprocess.Popen[str]:
    """`geoguess` as a process of its own, with pipes."""
    command = [sys.executable, "-m", "geoguess_app", *map(str, arguments)]
    defaults: dict[str, object] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": environment(),
    }
    if os.name != "nt":
        defaults["preexec_fn"] = hear_interrupts
    return subprocess.Popen(command, text=True, encoding="utf-8", **(defaults | options))


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Two good photos, one in a subfolder, and two that cannot be read."""
    folder = tmp_path / "album"
    (folder / "day 2").mkdir(parents=True)
    shutil.copyfile(SAMPLES / "china.jpg", folder / "1 größe.jpg")
    shutil.copyfile(FLOWER, folder / "day 2" / "2.jpg")
    (folder / "10 cut.jpg").write_bytes((SAMPLES / "china.jpg").read_bytes()[:9000])
    (folder / "20 words.jpg").write_text("no picture")
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two JPEGs, a PNG, and a JPEG that knows where it was taken."""
    folder = tmp_path / "photos"
    (folder / "größe").mkdir(parents=True)
    shutil.copyfile(SAMPLES / "china.jpg", folder / "china.jpg")
    shutil.copyfile(FLOWER, folder / "größe" / "flower.jpg")
    with Image.open(SAMPLES / "china.jpg") as image:
        image.resize((320, 213)).save(folder / "scan.png")
        image.resize((300, 200)).save(folder / "known.jpg")
    position = ("-GPSLatitude=39.9", "-GPSLatitudeRef=N", "-GPSLongitude=116.4")
    set_tags(folder / "known.jpg", *position, "-GPSLongitudeRef=E")
    return folder


@pytest.fixture
def tag(geoguess: Geoguess, tiny_model: Path) -> Geoguess:
    # The tiny model's weights are random, so it seldom claims to know anything.
    def run(*arguments: object) -> object:
        model = ("--model", tiny_model, "--device", "cpu", "--include-uncertain")
        return geoguess("tag", *model, *arguments)

    return run
