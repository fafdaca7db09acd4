"""Models of a town, by coordinates and by look-alikes, in the real window: metres, a near map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.bundle.manifest import Manifest, RegressionConfig, RetrievalConfig
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.network.network import Network, build_trunk, numpy_state
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.ui.shell.window import MainWindow
from tests.ui.window.conftest import ANSWER_MS, LOADING_MS, all_done

TRUNK = TrunkConfig("efficientnet_lite_tiny", "avg", 64, "weights/trunk.safetensors")
TOWN = (48.14, 11.58)
NEAR_ZOOM = 11.3  # about 30 km across a window, and less
PLAIN = Manifest(
    kind="regression",
    name="Town",
    version="1",
    license="GPL-3.0-or-later",
    description="For a test.",
    intended_area="Munich.",
    created="2030-01-31",
    preprocessing=Preprocessing(size=64, mean=(127, 127, 127), std=(128, 128, 128), crops=1),
    trunks={"main": TRUNK},
    networks={},
)


def by_coordinates(target: Path) -> Path:
    network = NetworkConfig("main", (), {"coordinates": 2}, "weights/base.safetensors")
    manifest = replace(
        PLAIN,
        networks={"base": network},
        regression=RegressionConfig(mean=TOWN, std=(0.001, 0.001)),
        calibration={"regression_radii_km": [0.2, 0.4, 0.9]},
    )
    weights = {network.weights: numpy_state(Network(network, TRUNK.feature_size))}
    return write_bundle(target, manifest, (), {**trunk_weights(), **weights})


def by_look_alikes(target: Path) -> Path:
    random = np.random.default_rng(1)
    vectors = random.normal(size=(30, TRUNK.feature_size))
    bank = {
        "embeddings": (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16),
        "latitude_deg": TOWN[0] + random.uniform(-0.003, 0.003, 30),
        "longitude_deg": TOWN[1] + random.uniform(-0.003, 0.003, 30),
        "fine_class": np.full(30, -1, dtype=np.int32),
    }
    retrieval = RetrievalConfig(
        "weights/bank.safetensors", 30, TRUNK.feature_size, "main", neighbours=5
    )
    manifest = replace(PLAIN, kind="retrieval", retrieval=retrieval)
    return write_bundle(target, manifest, (), {**trunk_weights(), retrieval.weights: bank})


def trunk_weights() -> dict[str, dict[str, np.ndarray]]:
    return {TRUNK.weights: numpy_state(build_trunk(TRUNK))}


@pytest.mark.parametrize(
    ("make", "answered_by"),
    [
        (by_coordinates, "Estimated by the general network."),
        (by_look_alikes, "Estimated from the look-alikes among the model’s training photos."),
    ],
)
def test_a_town_model_answers_in_metres_on_a_map_of_the_town(
    make: Callable[[Path], Path],
    answered_by: str,
    make_window: Callable[..., MainWindow],
    photos: list[Path],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    window = make_window(make(tmp_path / "town.geomodel"))
    with qtbot.waitSignal(window.map_pane.ready, timeout=LOADING_MS):
        window.start(photos[:1])
    views: list[tuple[float, float, float]] = []
    window.map_pane.map.viewMoved.connect(lambda *view: views.append(view))
    qtbot.waitUntil(all_done(window, 1), timeout=LOADING_MS)
    answer = window.locate.model.rows()[0].outcome.located.prediction
    assert answer.coordinate.latitude_deg == pytest.approx(TOWN[0], abs=0.02)
    assert answer.radii.r80_km < 1.0
    shown = window.locate.detail.answer
    assert shown.radius.text().endswith("\u00a0m, 80% confidence.")
    assert answered_by in window.locate.detail.how.text()
    qtbot.waitUntil(lambda: bool(views) and views[-1][2] > NEAR_ZOOM, timeout=ANSWER_MS)
    assert views[-1][0] == pytest.approx(TOWN[0], abs=0.1)
