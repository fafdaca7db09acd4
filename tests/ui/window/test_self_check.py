"""`geoguess --self-check`, as a packager or a user would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.bundle.manifest import Manifest, RegressionConfig
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.network.network import Network, build_trunk, numpy_state
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.ui.kit.samples import sample_photos
from geoguess_app.ui.shell import headless

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
    assert lines[2].startswith(f"photo: {sample_photos()[0].name} located at ")
    assert lines[3].startswith("modes: Locate, Review, ")
    assert lines[4] == "self-check passed"
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


def test_a_town_model_on_a_torchvision_trunk_works_beside_the_map(
    config: Path, tmp_path: Path
) -> None:
    """torchvision brings libraries along that must get on with those of the map's page."""
    model = town_model(tmp_path / "town.geomodel")
    (config / "settings.json").write_text(json.dumps({"version": 1, "model": str(model)}))
    result = self_check(config)
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stdout + result.stderr
    assert lines[1].startswith("model: Town ResNet 1 on ")
    assert "located at 48." in lines[2]
    assert lines[3].startswith("modes: Locate, Review, ")
    assert lines[4] == "self-check passed"


def town_model(target: Path) -> Path:
    """Coordinates in Munich out of a ResNet-18 with random weights."""
    trunk = TrunkConfig("resnet18", "avg", 512, "weights/trunk.safetensors")
    network = NetworkConfig("main", (), {"coordinates": 2}, "weights/base.safetensors")
    manifest = Manifest(
        kind="regression",
        name="Town ResNet",
        version="1",
        license="GPL-3.0-or-later",
        description="For a test.",
        intended_area="Nowhere.",
        created="2030-01-31",
        preprocessing=Preprocessing(size=64, mean=(127, 127, 127), std=(128, 128, 128), crops=1),
        trunks={"main": trunk},
        networks={"base": network},
        regression=RegressionConfig(mean=(48.14, 11.58), std=(0.001, 0.001)),
    )
    tensors = {
        trunk.weights: numpy_state(build_trunk(trunk)),
        network.weights: numpy_state(Network(network, trunk.feature_size)),
    }
    return write_bundle(target, manifest, (), tensors)
