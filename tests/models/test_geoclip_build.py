"""GeoCLIP's published files, in every layout, become one and the same bundle."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.calibration.model import GalleryWeights
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.decision.evidence import weigh
from geoguess_app.core.decision.gallery import cosine_similarities, point_probabilities
from geoguess_app.core.decision.types import RawOutputs
from geoguess_app.core.errors import BundleError, TableError
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import LocatedPhoto, is_uncalibrated
from geoguess_app.export.text import as_text
from geoguess_app.locating.stream import locate
from geoguess_app.models.geoclip.build import build_geoclip
from geoguess_app.models.geoclip.expected import PUBLISHED
from geoguess_app.models.geoclip.files import find_files
from geoguess_app.models.geoclip.places import gallery_partitions, read_places
from geoguess_app.paths import resource_dir
from tests.models.geoclip_files import (
    head_state,
    location_state,
    write_clip,
    write_gallery,
    write_package,
    write_release,
)

CHINA = resource_dir() / "samples" / "china.jpg"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    write_release(folder)
    return folder


@pytest.fixture(scope="module")
def built(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    target = tmp_path_factory.mktemp("built") / "geoclip.geomodel"
    return Predictor(open_bundle(build_geoclip(release, target)), device="cpu")


def test_a_release_answers_photos(built: Predictor) -> None:
    manifest = built.bundle.manifest
    assert (manifest.kind, manifest.license) == ("gallery", "MIT")
    assert manifest.gallery is not None
    assert manifest.gallery.scale == pytest.approx(math.exp(3.681), rel=1e-4)
    answer = built.predict_paths([CHINA])[0]
    assert answer.candidates
    card = built.bundle.read_file("MODEL_CARD.md").decode()
    assert "Not calibrated on photos of yours" in card
    assert "300 places" in card


def test_the_packages_files_give_the_same_model(built: Predictor, tmp_path: Path) -> None:
    write_package(tmp_path / "files")
    target = build_geoclip(tmp_path / "files", tmp_path / "bundle")
    mine, other = built.bundle.manifest, open_bundle(target).manifest
    weights = [name for name in mine.files if name.endswith((".safetensors", ".csv"))]
    assert {n: mine.files[n] for n in weights} == {n: other.files[n] for n in weights}
    assert mine.calibration == other.calibration


def test_probabilities_are_those_of_the_formula(built: Predictor) -> None:
    """The whole way again in plain NumPy: head, location encoder, cosine, scale, softmax."""
    crops = built.prepare(CHINA)
    features = built.engine.run(crops).features("main")[0]
    head = head_state()
    hidden = np.maximum(head["0.weight"] @ features + head["0.bias"], 0)
    photo = head["2.weight"] @ hidden + head["2.bias"]
    gallery = built.decision_model.gallery
    assert gallery is not None
    places = _encoded(gallery.latitude_deg, gallery.longitude_deg)
    logits = math.exp(3.681) * (places @ (photo / np.linalg.norm(photo)))
    wanted = np.exp(logits - logits.max())
    wanted /= wanted.sum()
    embedding = built.engine.run(crops).embeddings()
    found = point_probabilities(gallery, cosine_similarities(gallery, embedding), GalleryWeights())
    # Half precision of the gallery, here of twelve numbers each; with 512 it is 1e-4.
    np.testing.assert_allclose(found, wanted, atol=3e-3)


def _encoded(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
    """GeoCLIP's location encoder after its paper, written a second time."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(latitude_deg)))
    bottom = 3 * (9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1)
    x = 2 * np.sqrt(3) * np.radians(longitude_deg) * np.cos(theta) / bottom
    y = a4 * theta**9 + a3 * theta**7 + a2 * theta**3 + a1 * theta
    plane = np.stack([x, y], axis=1) * 66.50336 / 180
    state, total = location_state(), np.zeros((len(plane), 12))
    for number in range(3):
        prefix = f"LocEnc{number}"
        angles = 2 * np.pi * plane @ state[f"{prefix}.capsule.0.b"].T
        values = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
        for layer in (1, 3, 5):
            weight = state[f"{prefix}.capsule.{layer}.weight"]
            values = np.maximum(values @ weight.T + state[f"{prefix}.capsule.{layer}.bias"], 0)
        total += values @ state[f"{prefix}.head.0.weight"].T + state[f"{prefix}.head.0.bias"]
    return total / np.linalg.norm(total, axis=1, keepdims=True)


def test_curves_say_on_average_what_was_published(built: Predictor) -> None:
    calibration = built.decision_model.calibration
    assert calibration.basis == "published"
    assert [point.radius_km for point in calibration.within[:5]] == list(PUBLISHED)
    gallery = built.decision_model.gallery
    assert gallery is not None
    evidence = weigh(RawOutputs({}, gallery.embeddings[:1]), built.decision_model)
    assert evidence.network == "gallery"


def test_a_table_of_ones_own_replaces_the_gallery(release: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    lines = [f"p{n},{48 + n / 1000},{2 + n / 1000}" for n in range(40)]
    table.write_text("name,latitude,longitude\n" + "\n".join(lines))
    bundle = open_bundle(build_geoclip(release, tmp_path / "paris.geomodel", gallery=table))
    answer = Predictor(bundle, device="cpu").predict_paths([CHINA])[0]
    assert 47.9 < answer.coordinate.latitude_deg < 48.1


def test_every_place_of_the_published_gallery_is_in_a_cell_of_each_of_seven_levels(
    many_places: tuple[np.ndarray, np.ndarray],
) -> None:
    partitions = gallery_partitions(*many_places)
    sizes = [partition.size for partition in partitions]
    assert len(sizes) >= 5
    assert sizes == sorted(sizes)
    for partition in partitions:
        assert (partition.class_at(*many_places) >= 0).all()


@pytest.fixture
def many_places() -> tuple[np.ndarray, np.ndarray]:
    """20,000 places, crowded and sparse."""
    random = np.random.default_rng(0)
    centers = random.uniform((-60, -180), (70, 180), (400, 2))
    spread = random.choice([0.05, 0.5, 5.0], 400)[:, None, None]
    places = (centers[:, None] + spread * random.normal(0, 1, (400, 50, 2))).reshape(-1, 2)
    return np.clip(places[:, 0], -90, 90), (places[:, 1] + 180) % 360 - 180


def test_half_the_files_are_named_by_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="neither GeoCLIP"):
        find_files(tmp_path)
    write_package(tmp_path / "a")
    (next((tmp_path / "a").rglob("image_encoder*"))).unlink()
    with pytest.raises(BundleError, match=r"image_encoder_mlp_weights\.pth is missing"):
        find_files(tmp_path / "a")
    write_release(tmp_path / "b")
    (tmp_path / "b" / "clip-vit-large-patch14" / "model.safetensors").unlink()
    with pytest.raises(BundleError, match="CLIP's own weights are missing"):
        find_files(tmp_path / "b")


def test_without_a_gallery_it_asks_for_one(release: Path, tmp_path: Path) -> None:
    write_release(tmp_path / "c")
    (tmp_path / "c" / "coordinates_100K.csv").unlink()
    with pytest.raises(BundleError, match=r"coordinates_100K\.csv\) are missing"):
        build_geoclip(tmp_path / "c", tmp_path / "m.geomodel")


def test_a_pickle_that_would_run_something_is_not_run(tmp_path: Path) -> None:
    write_package(tmp_path / "evil")
    victim = tmp_path / "ran"
    file = next((tmp_path / "evil").rglob("location_encoder_weights.pth"))
    file.write_bytes(pickle.dumps(_Runs(victim)))
    with pytest.raises(BundleError, match=r"location_encoder_weights\.pth cannot be read"):
        build_geoclip(tmp_path / "evil", tmp_path / "m.geomodel")
    assert not victim.exists()


class _Runs:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> object:
        return (Path.touch, (self.victim,))


def test_files_of_another_model_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    write_release(tmp_path / "d")
    clip = tmp_path / "d" / "clip-vit-large-patch14" / "model.safetensors"
    save_file({"vision_model.embeddings.class_embedding": np.zeros(9, np.float32)}, clip)
    with pytest.raises(BundleError, match=r"not the vision model of CLIP ViT-L/14"):
        build_geoclip(tmp_path / "d", tmp_path / "m.geomodel")
    clip.write_bytes(clip.read_bytes()[:40])
    with pytest.raises(BundleError, match=r"model\.safetensors is broken"):
        build_geoclip(tmp_path / "d", tmp_path / "m.geomodel")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no columns latitude and longitude"),
        ("lat,lon\n1,2\n95,3\n", "line 3: no latitude and longitude"),
        ("lat,lon\n1,2\n3\n", "line 3: no latitude and longitude"),
        ("lat,lon\n1,2\n", "holds 1 places"),
    ],
)
def test_a_table_of_places_is_checked(tmp_path: Path, text: str, says: str) -> None:
    table = tmp_path / "places.csv"
    table.write_text(text)
    with pytest.raises(TableError, match=says):
        read_places(table)


def test_cancelling_leaves_nothing(release: Path, tmp_path: Path) -> None:
    cancel = CancelToken()
    steps: list[str] = []

    def report(step: str) -> None:
        steps.append(step)
        if step.startswith("Placing"):
            cancel.cancel()

    with pytest.raises(BundleError, match="cancelled"):
        build_geoclip(release, tmp_path / "m.geomodel", report=report, cancel=cancel)
    assert steps[-1].startswith("Placing")
    assert not list(tmp_path.iterdir())


def test_two_models_in_one_folder_are_ambiguous(tmp_path: Path) -> None:
    write_release(tmp_path)
    write_clip(tmp_path / "second")
    with pytest.raises(BundleError, match="more than one CLIP model"):
        find_files(tmp_path)
    write_gallery(tmp_path / "second")


def test_every_answer_says_that_it_is_not_calibrated(built: Predictor) -> None:
    """The title does, which goes into reviews, exports and files; and so does the terminal."""
    located = next(locate([CHINA], built))
    assert isinstance(located, LocatedPhoto)
    assert is_uncalibrated(located.prediction.model)
    assert "not calibrated on photos of yours" in as_text(located, 3)
