"""A gallery of located embeddings answers through the decision of every other model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.area import areas
from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.area.condition import condition
from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.calibration.model import GalleryWeights
from geoguess_app.core.decision.gallery import (
    build_gallery,
    cell_probabilities,
    cosine_similarities,
    gallery_posterior,
    point_probabilities,
)
from geoguess_app.core.errors import BundleError
from geoguess_app.core.explain.activation import CellTarget, look_at
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.partition import build_partition
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import COMBINED
from geoguess_app.paths import resource_dir
from tests.core.tiny_bundle import crops, gallery_parts

CHINA = resource_dir() / "samples" / "china.jpg"


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    target = tmp_path_factory.mktemp("gallery") / "tiny.geomodel"
    parts = gallery_parts()
    write_bundle(target, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    return Predictor(open_bundle(target), device="cpu")


def test_points_are_the_softmax_of_scaled_similarities(predictor: Predictor) -> None:
    """Without calibration the probabilities are the published model's own."""
    gallery = predictor.decision_model.gallery
    assert gallery is not None
    photo = np.random.default_rng(0).normal(size=(1, 16)).astype(np.float32)
    unit = photo[0] / np.linalg.norm(photo[0])
    logits = 39.687 * (gallery.embeddings.astype(np.float64) @ unit)
    wanted = np.exp(logits) / np.exp(logits).sum()
    found = point_probabilities(gallery, cosine_similarities(gallery, photo), GalleryWeights())
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_crops_speak_with_their_mean_similarity(predictor: Predictor) -> None:
    gallery = predictor.decision_model.gallery
    assert gallery is not None
    photo = np.random.default_rng(1).normal(size=(10, 16)) * np.arange(1, 11)[:, None]
    each = [cosine_similarities(gallery, crop[None]) for crop in photo]
    np.testing.assert_allclose(cosine_similarities(gallery, photo), np.mean(each, 0), atol=1e-6)


def test_every_partition_gathers_the_same_points(predictor: Predictor) -> None:
    answer = predictor.predict([crops(3)])[0]
    model = predictor.decision_model
    for partition, finer in zip(model.partitions, model.partitions[1:], strict=False):
        parent = partition.class_of(finer.cell_ids)
        nested = parent >= 0
        mass = np.bincount(
            parent[nested], answer.cell_probabilities[finer.name][nested], partition.size
        )
        # A cell holds at least what lies in the finer cells inside it; a few points lie in no
        # fine cell, so that the scales differ a little.
        assert (answer.cell_probabilities[partition.name] >= 0.9 * mass - 1e-6).all()
    for values in answer.cell_probabilities.values():
        assert values.sum() == pytest.approx(1.0)
    assert answer.cell_probabilities[COMBINED].argmax() in {
        candidate.cell_index for candidate in answer.candidates
    }


def test_crowded_places_count_no_more_than_empty_ones_when_density_is_taken_out() -> None:
    """300 points of one town against 30 of another, all equally similar to the photo."""
    random = np.random.default_rng(2)
    places = np.concatenate(
        [random.normal((10, 10), 0.2, (300, 2)), random.normal((-20, 60), 0.2, (30, 2))]
    )
    partition = build_partition(
        places[:, 0], places[:, 1], name="fine", tau_min=5, tau_max=400, stop_level=6
    ).partition
    same = np.tile([1.0, 0.0], (330, 1))
    gallery = build_gallery(same, places[:, 0], places[:, 1], 40.0, (partition,))
    similarity = cosine_similarities(gallery, np.array([[1.0, 0.0]]))

    def share(exponent: float) -> float:
        points = point_probabilities(gallery, similarity, GalleryWeights(1.0, exponent))
        return float(points[:300].sum())

    assert share(0.0) == pytest.approx(300 / 330)
    assert share(1.0) < 0.75
    assert share(0.0) > share(0.5) > share(1.0)


def test_the_answer_is_the_densest_mode_not_the_single_best_point() -> None:
    """One point far away is the most similar; fifty that are nearly so lie together."""
    random = np.random.default_rng(3)
    places = np.concatenate([random.normal((48, 2), 0.05, (50, 2)), [[-30.0, 140.0]]])
    partition = build_partition(
        places[:, 0], places[:, 1], name="fine", tau_min=1, tau_max=60
    ).partition
    angles = np.full(51, 0.05)
    angles[50] = 0.0
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    gallery = build_gallery(embeddings, places[:, 0], places[:, 1], 40.0, (partition,))
    points = point_probabilities(
        gallery, cosine_similarities(gallery, np.array([[1.0, 0.0]])), GalleryWeights()
    )
    assert points.argmax() == 50
    cells = cell_probabilities(gallery, points, (partition,))[0]
    posterior = gallery_posterior(
        gallery, points, cells, np.zeros((partition.size, 3)), np.ones(partition.size), 25.0
    )
    assert posterior.weights.sum() == pytest.approx(1.0)
    assert cells.argmax() == gallery.classes[0][0]


def test_the_posterior_keeps_all_mass_when_most_points_speak_through_their_cells() -> None:
    random = np.random.default_rng(4)
    places = random.uniform((-60, -180), (70, 180), (6000, 2))
    partition = build_partition(
        places[:, 0], places[:, 1], name="fine", tau_min=1, tau_max=50
    ).partition
    embeddings = random.normal(size=(6000, 8))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    gallery = build_gallery(embeddings, places[:, 0], places[:, 1], 5.0, (partition,))
    points = point_probabilities(
        gallery, cosine_similarities(gallery, embeddings[:1]), GalleryWeights()
    )
    cells = cell_probabilities(gallery, points, (partition,))[0]
    vectors = np.tile([1.0, 0.0, 0.0], (partition.size, 1))
    posterior = gallery_posterior(
        gallery, points, cells, vectors, np.ones(partition.size), mode_km=25.0
    )
    assert posterior.weights.sum() == pytest.approx(1.0)
    own = posterior.fine_class >= 0
    by_cell = np.bincount(posterior.fine_class[own], posterior.weights[own], partition.size)
    heavy = np.argsort(-cells)[:100]
    np.testing.assert_allclose(by_cell[heavy], cells[heavy], atol=1e-9)


def test_a_photo_goes_through_like_any_other_models(predictor: Predictor) -> None:
    answer = predictor.predict_paths([CHINA])[0]
    assert answer.network == "gallery"
    assert not answer.neighbours, "points of a gallery are no photos"
    assert answer.radii.r50_km <= answer.radii.r80_km <= answer.radii.r95_km
    assert 0 < sum(c.probability for c in answer.candidates) <= 1.0
    gallery = predictor.decision_model.gallery
    assert gallery is not None
    own = answer.coordinate.latitude_deg, answer.coordinate.longitude_deg
    nearest = great_circle_km(*own, gallery.latitude_deg, gallery.longitude_deg).min()
    assert nearest < 200


def test_an_area_restricts_its_answers(predictor: Predictor) -> None:
    answer = predictor.predict_paths([CHINA])[0]
    other = answer.candidates[-1].coordinate
    box = areas.Box(
        max(other.latitude_deg - 3, -90),
        other.longitude_deg - 3,
        min(other.latitude_deg + 3, 90),
        other.longitude_deg + 3,
    )
    restricted = condition(answer, box, Atlas(predictor.bundle))
    assert restricted is not None
    here = restricted.coordinate
    assert abs(here.latitude_deg - other.latitude_deg) <= 3.01


def test_why_here_explains_the_very_number_that_is_shown(predictor: Predictor) -> None:
    look = look_at(predictor, CHINA)
    for layer in ("coarse", "fine", COMBINED):
        chances = look.prediction.cell_probabilities[layer]
        index = int(chances.argmax())
        speaks = look.activation(CellTarget(layer, index))
        others = np.delete(chances, index).sum()
        assert speaks.score == pytest.approx(np.log(chances[index] / others), abs=2e-3)
        assert np.abs(speaks.values).max() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scale": 0.0}, "gallery.scale"),
        ({"count": 5}, "embeddings has the shape"),
        ({"size": 8}, "gallery.size is 8, but its trunk and layers give 16"),
        ({"trunk": "other"}, "gallery.trunk is other"),
    ],
)
def test_a_gallery_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    parts = gallery_parts()
    assert parts.manifest.gallery is not None
    parts = parts.but(gallery=replace(parts.manifest.gallery, **change))
    with pytest.raises(BundleError, match=says):
        write_bundle(tmp_path / "t.geomodel", parts.manifest, parts.partitions, parts.tensors)


def test_a_model_of_another_kind_has_no_gallery(tmp_path: Path) -> None:
    parts = gallery_parts().but(kind="cells")
    with pytest.raises(BundleError, match="gallery must be given in a model of kind gallery"):
        write_bundle(tmp_path / "t.geomodel", parts.manifest, parts.partitions, parts.tensors)
