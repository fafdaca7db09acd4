"""Models on features: the program answers what the trainer measures; choice; calibration."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.calibration.curve import radius_holding, within_curve
from geoguess_app.core.calibration.model import Recognition
from geoguess_app.core.decision.posterior import mass_within
from geoguess_app.core.geo.sphere import great_circle_km, lat_lon
from geoguess_app.core.picture.preprocess import load_crops
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import Level
from tests.trainer.local.sets import RECIPE, rows_of, strange_pictures
from trainer.data.training_photos import TrainingPhotos
from trainer.fitting.radii import error_radii_km
from trainer.fitting.recognition import LIKELIER, answer_threshold, likeness_recognition
from trainer.local.calibrate import calibrate_local
from trainer.local.choose import choose_setting, errors_m, median_noise, refit
from trainer.local.contents import contents_of
from trainer.local.feature_store import FeatureStore
from trainer.local.measure import measure_negatives
from trainer.local.models import SimilarPhotosModel
from trainer.local.negatives import NegativeExamples
from trainer.local.recipe import LocalRecipe, read_local_recipe
from trainer.local.settings import Examples, Setting, candidate_settings
from trainer.local.spaces import FeatureMatrix
from trainer.local.trunk_features import LocalTrunk, TrunkRunner, features_of, load_local_trunk
from trainer.local.world_bank import load_world_bank

NOBODY = NegativeExamples(None, None, 0.0, 0.0)
ONE_OF_EACH = (
    Setting("retrieval", "plain", neighbours=5, temperature=0.05),
    Setting("retrieval", "here", neighbours=3, temperature=0.02),
    Setting("regression", shrinkage=1.0),
    Setting("cells", "here", shrinkage=0.01, largest_share=0.2),
)


def recipe_of(folder: Path, *changes: str) -> LocalRecipe:
    path = folder / "small.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return read_local_recipe(path, changes)


class Bar:
    """Counts, and stops like a user at a number of photos."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.done, self._stop_after = 0, stop_after

    def update(self, count: int) -> None:
        self.done += count
        if self.done >= self._stop_after:
            raise KeyboardInterrupt


class Ground:
    """Features of 60 real photos of one campus."""

    def __init__(self, photo_sets: Path, folder: Path) -> None:
        self.recipe = recipe_of(folder)
        self.trunk: LocalTrunk = load_local_trunk(self.recipe)
        rows = rows_of(photo_sets, "campus")[:60]
        self.paths = [photo_sets / row["file"] for row in rows]
        with FeatureStore(folder / "features.sqlite", "test") as store:
            found = features_of(self.trunk, self.recipe.pictures, self.paths, store, Bar())
        self.examples = Examples(
            FeatureMatrix(np.stack([found[path] for path in self.paths])),
            np.array([float(row["latitude"]) for row in rows]),
            np.array([float(row["longitude"]) for row in rows]),
        )
        self.photos = TrainingPhotos(
            names=tuple(row["file"] for row in rows),
            latitude_deg=self.examples.latitude_deg,
            longitude_deg=self.examples.longitude_deg,
            split=np.array(["train"] * 60),
            source=("",) * 60,
            licence=("",) * 60,
            precision=("",) * 60,
            root=photo_sets,
        )


@pytest.fixture(scope="module")
def ground(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(photo_sets, tmp_path_factory.mktemp("ground"))


@pytest.mark.parametrize("setting", ONE_OF_EACH, ids=lambda s: f"{s.kind}-{s.space}")
def test_the_program_answers_what_the_trainer_measures(
    ground: Ground, tmp_path: Path, setting: Setting
) -> None:
    learned, asked = ground.examples.take(np.arange(40)), ground.examples.take(np.arange(40, 60))
    model = refit(learned, setting, ground.recipe, None)
    photos = ground.photos.take(np.arange(40))
    recipe = replace(ground.recipe, elsewhere_share=0.0)
    fitted = calibrate_local(learned, np.arange(40) % 4, setting, recipe, None, NOBODY)
    assert fitted.calibration.recognition is None
    target = tmp_path / "small.geomodel"
    contents = contents_of(model, learned, photos, ground.trunk, recipe, {}, fitted)
    contents.write(target, ground.recipe.model)
    found = load_predictor(target, "cpu").predict_paths(ground.paths[40:])
    latitude, longitude = lat_lon(model.answers(asked.features))
    apart_m = [
        1000.0
        * float(
            great_circle_km(
                answer.coordinate.latitude_deg, answer.coordinate.longitude_deg, lat, lon
            )
        )
        for answer, lat, lon in zip(found, latitude, longitude, strict=True)
    ]
    # Of cells, two may be as likely as one another, and the fitted temperature decides.
    assert sum(distance < 0.5 for distance in apart_m) >= (16 if setting.kind == "cells" else 20)
    radii = [(a.radii.r50_km, a.radii.r80_km, a.radii.r95_km) for a in found]
    assert all(r50 <= r80 <= r95 for r50, r80, r95 in radii)
    assert max(r95 for _, _, r95 in radii) < 25.0
    if setting.kind != "regression":  # whose errors are known at no more than three radii
        assert all(answer.level is Level.FINE for answer in found)


def test_features_are_taken_from_the_store_and_survive_a_stop(
    ground: Ground, tmp_path: Path
) -> None:
    paths = []
    for number, path in enumerate(ground.paths[:6]):
        copy = tmp_path / f"{number}.jpg"
        copy.write_bytes(path.read_bytes())
        paths.append(copy)
    spec = ground.recipe.pictures
    with FeatureStore(tmp_path / "f.sqlite", "one") as store, pytest.raises(KeyboardInterrupt):
        features_of(ground.trunk, spec, paths, store, Bar(stop_after=4))
    # What passed the trunk is not needed any more: size and time alone say that it is the same.
    for path in paths[:4]:
        status = path.stat()
        path.write_bytes(b"x" * status.st_size)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with FeatureStore(tmp_path / "f.sqlite", "one") as store:
        found = features_of(ground.trunk, spec, paths, store, Bar())
    assert list(found) == paths or set(found) == set(paths)
    for path, row in zip(paths, ground.examples.features.pooled, strict=False):
        np.testing.assert_allclose(found[path], row, atol=1e-5)
    with FeatureStore(tmp_path / "f.sqlite", "another trunk") as store:
        again = features_of(ground.trunk, spec, paths, store, Bar())
    assert set(again) == set(paths[4:])


def made_up(count: int = 200, noise: float = 0.0, seed: int = 1) -> Examples:
    """Photos whose features are linear in where they were taken."""
    random = np.random.default_rng(seed)
    spot = random.random((count, 2)) - 0.5
    features = np.concatenate([spot, np.full((count, 6), 1.0)], axis=1)
    features = features + noise * random.standard_normal(features.shape)
    return Examples(
        FeatureMatrix(features[:, None].astype(np.float32)),
        48.0 + 0.01 * spot[:, 0],
        11 + 0.01 * spot[:, 1],
    )


def test_coordinates_win_where_features_are_linear_in_them(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, "regression.shrinkages=[0.0001]")
    tried = list(candidate_settings(recipe, ("plain",)))
    choice = choose_setting(made_up(), np.arange(200) % 5, tried, recipe)
    assert choice.best.setting.kind == "regression"
    assert choice.beats_floor
    assert choice.best.median_m < 20.0
    assert "coordinates" in choice.sentence()
    assert "similar photos" in choice.sentence()


def test_nothing_is_learned_from_photos_that_say_nothing(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path)
    photos = made_up(noise=100.0)
    choice = choose_setting(
        photos, np.arange(200) % 5, list(candidate_settings(recipe, ("plain",))), recipe
    )
    # Chance alone moves the median by a few per cent.
    assert choice.best.median_m > 0.85 * float(np.median(choice.floor_m))


def test_the_noise_of_a_median_is_that_of_theory() -> None:
    values = np.random.default_rng(3).standard_normal(900)
    # The standard error of a normal sample's median: √(π/2) · σ / √n.
    assert median_noise(values, 1) == pytest.approx(np.sqrt(np.pi / 2) / 30, rel=0.3)


def test_radii_hold_as_often_as_they_say(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path)
    learned, asked = made_up(300, 0.1, seed=1), made_up(400, 0.1, seed=2)
    setting = Setting("regression", shrinkage=1.0)
    fitted = calibrate_local(learned, np.arange(300) % 5, setting, recipe, None, NOBODY)
    radii = fitted.calibration.regression_radii_km
    assert radii is not None
    model = refit(learned, setting, recipe, None)
    latitude, longitude = lat_lon(model.answers(asked.features))
    errors = great_circle_km(latitude, longitude, asked.latitude_deg, asked.longitude_deg)
    for radius, share in zip(radii, (0.5, 0.8, 0.95), strict=True):
        assert np.mean(errors <= radius) == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize("setting", ONE_OF_EACH, ids=lambda s: f"{s.kind}-{s.space}")
def test_every_kind_of_model_cannot_tell_where_photos_from_elsewhere_are(
    ground: Ground, tmp_path: Path, setting: Setting
) -> None:
    strange = strange_pictures(tmp_path, 100)
    run = TrunkRunner(ground.trunk)
    spec = ground.recipe.pictures
    features = np.stack([run(load_crops(path, spec)) for path in strange])
    elsewhere = NegativeExamples(FeatureMatrix(features[:80]), None, 34.0, -118.3)
    rows = np.arange(60)
    learned = ground.examples.take(rows < 45)
    fitted = calibrate_local(learned, np.arange(45) % 5, setting, ground.recipe, None, elsewhere)
    assert fitted.area is not None
    model = refit(learned, setting, ground.recipe, None)
    photos = ground.photos.take(rows[:45])
    target = tmp_path / "small.geomodel"
    contents = contents_of(model, learned, photos, ground.trunk, ground.recipe, {}, fitted)
    contents.write(target, ground.recipe.model)
    predictor = load_predictor(target, "cpu")
    assert predictor.bundle.manifest.kind == setting.kind
    own = predictor.predict_paths(ground.paths[45:])
    others = predictor.predict_paths(strange[80:])
    assert sum(answer.level is Level.CANNOT_TELL for answer in others) >= 18
    assert sum(answer.level is Level.CANNOT_TELL for answer in own) <= 2
    # What the program says of a photo is what the trainer fitted.
    given = fitted.area.probability(FeatureMatrix(features[80:]))
    said = [answer.confidence for answer in others]
    np.testing.assert_allclose(said, given, atol=0.02)
    assert all(answer.radii.r95_km > 100.0 for answer in others)
    measured = measure_negatives(fitted.area, learned, elsewhere)
    assert measured is not None
    assert measured["photos"] == 40
    assert measured["cannot_tell"] >= 36


@pytest.mark.parametrize("setting", ONE_OF_EACH, ids=lambda s: f"{s.kind}-{s.space}")
def test_without_photos_from_elsewhere_likeness_decides(
    ground: Ground, tmp_path: Path, setting: Setting
) -> None:
    learned = ground.examples.take(np.arange(45))
    fitted = calibrate_local(learned, np.arange(45) % 5, setting, ground.recipe, None, NOBODY)
    assert fitted.area is None
    model = refit(learned, setting, ground.recipe, None)
    photos = ground.photos.take(np.arange(45))
    target = tmp_path / "small.geomodel"
    contents = contents_of(model, learned, photos, ground.trunk, ground.recipe, {}, fitted)
    contents.write(target, ground.recipe.model)
    predictor = load_predictor(target, "cpu")
    own = predictor.predict_paths(ground.paths[45:])
    assert sum(answer.level is Level.CANNOT_TELL for answer in own) <= 4
    known = fitted.calibration.recognition
    assert known is not None
    for answer in own:
        top = answer.neighbours[0].similarity
        assert answer.confidence == pytest.approx(known.probability(top, None), abs=0.02)
    latitude, longitude = lat_lon(model.answers(ground.examples.take(np.arange(45, 60)).features))
    apart = [
        float(great_circle_km(a.coordinate.latitude_deg, a.coordinate.longitude_deg, lat, lon))
        for a, lat, lon in zip(own, latitude, longitude, strict=True)
    ]
    assert sum(km < 0.001 for km in apart) >= 12  # the bank has no say in where


def test_what_resembles_less_than_nine_tenths_of_the_own_photos_did_is_refused() -> None:
    tops = np.random.default_rng(4).beta(8, 3, 2000)
    known = likeness_recognition(tops[:1000])
    given = np.array([known.probability(float(top), None) for top in tops[1000:]])
    assert np.mean(given < LIKELIER) == pytest.approx(0.1, abs=0.03)
    assert known.probability(float(np.median(tops)), None) == pytest.approx(0.95, abs=0.01)
    # Of eight photos, even what resembles a little less than all of them is answered.
    few = likeness_recognition(tops[:8])
    assert few.probability(float(tops[:8].min()), None) > LIKELIER


def test_few_photos_are_given_more_room_before_they_are_refused() -> None:
    """All are refused alike by the fit; the fewer there are, the less that is believed."""
    known, given = Recognition(0.0, 0.0, 1.0), np.linspace(0.55, 0.95, 2000)
    odds = np.log(given / (1.0 - given))
    many, some, few = (answer_threshold(known, odds[::step]) for step in (1, 50, 250))
    assert 0.5 == few < some <= many
    assert np.mean(given < many) == pytest.approx(0.1, abs=0.002)
    # A model that knows its own photos well needs no room at all.
    assert answer_threshold(known, odds + 4.0) == 0.8


def test_the_shipped_recipe_fits_the_starter_model() -> None:
    """Else its models could not tell photos from elsewhere."""
    path = Path(__file__).parents[3] / "trainer" / "recipes" / "campus-auto.toml"
    recipe = read_local_recipe(path).settled()
    world = load_world_bank(load_local_trunk(recipe), recipe.pictures)
    assert world is not None
    assert min(len(world.directions), len(world.others)) > 500


def test_radii_of_similar_photos_hold_as_often_as_they_say(tmp_path: Path) -> None:
    """Fitted radius by radius they would promise the luckiest: 50% inside the radius of 80%."""
    recipe = recipe_of(tmp_path)
    learned, asked = made_up(300, 0.15, seed=1), made_up(400, 0.15, seed=2)
    setting = Setting("retrieval", "plain", neighbours=5, temperature=0.05)
    recipe = replace(recipe, elsewhere_share=0.0)
    calibration = calibrate_local(
        learned, np.arange(300) % 5, setting, recipe, None, NOBODY
    ).calibration
    model = refit(learned, setting, recipe, None)
    assert isinstance(model, SimilarPhotosModel)
    answers, posteriors = model.answers(asked.features), model.posteriors(asked.features)
    tops = model.similarities(asked.features.photos(model.space)).max(axis=1)
    errors = errors_m(answers, asked) / 1000.0
    radii = np.geomspace(0.005, 20015.0, 300)
    curves = [
        within_curve(radii, mass_within(posterior, answer, radii), float(top), calibration)
        for posterior, answer, top in zip(posteriors, answers, tops, strict=True)
    ]
    for share in (0.5, 0.8, 0.95):
        within = [radius_holding(share, radii, curve) for curve in curves]
        assert np.mean(errors <= within) == pytest.approx(share, abs=0.08)


def test_radii_for_places_that_no_photo_shows_count_places_and_not_photos() -> None:
    """Half of the photos are of one place that is easy; the other places are not."""
    random = np.random.default_rng(6)
    scale = np.concatenate([[0.1], random.uniform(0.5, 2.0, 60)])
    group = np.repeat(np.arange(61), [600, *([10] * 60)])
    errors = scale[group] * np.abs(random.standard_normal(group.size))
    new = np.repeat(random.uniform(0.5, 2.0, 400), 10) * np.abs(random.standard_normal(4000))
    for radius, plain, share in zip(
        error_radii_km(errors, group), error_radii_km(errors), (0.5, 0.8, 0.95), strict=True
    ):
        assert np.mean(new <= radius) == pytest.approx(share, abs=0.06)
        assert np.mean(new <= plain) < np.mean(new <= radius)
    # Photos that are all of places of their own: the ⌈(n + 1)·share⌉-th smallest.
    assert error_radii_km(np.arange(1.0, 20.0)) == (10.0, 16.0, 19.0)
    assert error_radii_km(np.arange(1.0, 20.0), np.arange(19)) == (10.0, 16.0, 19.0)
