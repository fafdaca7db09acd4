"""The predictor with the starter bundle and photos that a package ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.errors import DeviceError
from geoguess_app.core.predictor import Predictor, load_predictor
from geoguess_app.core.types import COMBINED, Prediction
from geoguess_app.paths import resource_dir
from tests.data import FLOWER

SAMPLES = resource_dir() / "samples"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_predictor(device="cpu")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three photos of different shapes."""
    upright = tmp_path_factory.mktemp("photos") / "upright.jpg"
    with Image.open(FLOWER) as flower:
        flower.crop((100, 0, 340, 426)).save(upright)
    return [SAMPLES / "china.jpg", FLOWER, upright]


@pytest.fixture(scope="module")
def together(predictor: Predictor, paths: list[Path]) -> list[Prediction]:
    return predictor.predict_paths(paths)


def numbers(prediction: Prediction) -> np.ndarray:
    scene = prediction.scene
    assert scene is not None
    return np.concatenate(
        [
            [prediction.coordinate.latitude_deg, prediction.coordinate.longitude_deg],
            [prediction.radii.r50_km, prediction.radii.r80_km, prediction.radii.r95_km],
            [prediction.confidence],
            scene.s365,
            *prediction.cell_probabilities.values(),
        ]
    )


@pytest.mark.long
def test_the_answer_is_the_same_whatever_the_batch(
    predictor: Predictor, paths: list[Path], together: list[Prediction]
) -> None:
    for path, joined in zip(paths, together, strict=True):
        alone = predictor.predict_paths([path])[0]
        np.testing.assert_allclose(numbers(alone), numbers(joined), rtol=0, atol=1e-5)
        assert alone.candidates[0].cell == joined.candidates[0].cell


def test_a_picture_and_its_file_give_the_same(
    predictor: Predictor, paths: list[Path], together: list[Prediction]
) -> None:
    with Image.open(paths[1]) as picture:
        answer = predictor.predict([picture.convert("RGB")])[0]
    np.testing.assert_allclose(numbers(answer), numbers(together[1]), rtol=0, atol=1e-5)


def test_answers_are_complete(predictor: Predictor, together: list[Prediction]) -> None:
    partitions = predictor.bundle.partitions
    for answer in together:
        assert list(answer.cell_probabilities) == [*(p.name for p in partitions), COMBINED]
        for values in answer.cell_probabilities.values():
            assert values.sum() == pytest.approx(1.0)
        assert 0.0 < answer.radii.r50_km <= answer.radii.r80_km <= answer.radii.r95_km
        assert 0.0 <= answer.confidence <= 1.0
        assert answer.network in ("indoor", "natural", "urban")
        assert answer.model == predictor.bundle.manifest.title
        best = answer.candidates[0]
        assert best.coordinate == answer.coordinate
        assert partitions[-1].tokens[best.cell_index] == best.cell


def test_the_scene_labels_make_sense(together: list[Prediction]) -> None:
    """A Chinese pagoda by a road is urban, and the network for urban scenes answers."""
    scene = together[0].scene
    assert scene is not None
    assert scene_table().s3_names[int(scene.s3.argmax())] == "urban"
    assert together[0].network == "urban"


def test_ten_crops_are_another_question_with_a_similar_answer(paths: list[Path]) -> None:
    ten = load_predictor(device="cpu", crops=10)
    assert ten.prepare(paths[0]).shape[0] == 10


def test_impossible_wishes_are_refused() -> None:
    with pytest.raises(DeviceError):
        load_predictor(device="cuda:99")
    with pytest.raises(ValueError, match="crops"):
        load_predictor(device="cpu", crops=4)


def test_no_photos_no_answers(predictor: Predictor) -> None:
    assert predictor.predict([]) == []
