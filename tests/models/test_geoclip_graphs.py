"""GeoCLIP split into two ONNX graphs becomes a bundle that answers photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.errors import BundleError
from geoguess_app.core.predictor import Predictor
from geoguess_app.models.geoclip.build import build_geoclip
from geoguess_app.models.geoclip.graphs import PlaceGraph
from geoguess_app.models.geoclip.places import read_places
from geoguess_app.paths import resource_dir
from tests.models.geoclip_files import write_split

CHINA = resource_dir() / "samples" / "china.jpg"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOGUESS_CACHE_DIR", str(tmp_path / "cache"))


def test_split_files_answer_photos(tmp_path: Path) -> None:
    write_split(tmp_path / "files")
    bundle = open_bundle(build_geoclip(tmp_path / "files", tmp_path / "geoclip.geomodel"))
    manifest = bundle.manifest
    assert manifest.trunks["main"].architecture == "onnx"
    assert manifest.preprocessing.size == 224
    assert manifest.gallery is not None
    assert manifest.gallery.scale == pytest.approx(39.687)
    predictor = Predictor(bundle, device="cpu")
    answer = predictor.predict_paths([CHINA])[0]
    assert answer.candidates
    embedding = predictor.engine.run(predictor.prepare(CHINA)).embeddings()
    assert np.linalg.norm(embedding[0]) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("two_inputs", [True, False])
def test_places_are_told_by_name_or_shape(tmp_path: Path, two_inputs: bool) -> None:
    write_split(tmp_path, two_inputs=two_inputs)
    graph = PlaceGraph(tmp_path / "onnx" / "location_model.onnx")
    latitude, longitude = read_places(tmp_path / "gps_gallery" / "coordinates_100K.csv")
    found = graph.encode(latitude, longitude, lambda _: None)
    random = np.random.default_rng(7)
    random.normal(0, 0.05, (12, 3, 14, 14))
    matrix = np.float32(random.normal(0, 0.05, (2, 12)))
    wanted = np.sin(np.stack([latitude, longitude], axis=1) @ matrix)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_graphs_in_each_others_place_are_refused(tmp_path: Path) -> None:
    write_split(tmp_path)
    folder = tmp_path / "onnx"
    vision, location = folder / "vision_model.onnx", folder / "location_model.onnx"
    swapped = vision.read_bytes()
    vision.write_bytes(location.read_bytes())
    with pytest.raises(BundleError, match=r"vision_model\.onnx is not a graph from a picture"):
        build_geoclip(tmp_path, tmp_path / "m.geomodel")
    location.write_bytes(swapped)
    with pytest.raises(BundleError, match=r"location_model\.onnx is not a graph from latitude"):
        build_geoclip(tmp_path, tmp_path / "m.geomodel")
    location.unlink()
    with pytest.raises(BundleError, match=r"location_model\.onnx is missing"):
        build_geoclip(tmp_path, tmp_path / "m.geomodel")
