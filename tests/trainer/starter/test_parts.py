"""The trainer's small parts against hand-made truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.calibration.curve import radius_grid
from geoguess_app.core.calibration.model import (
    CITY_KM,
    EARTH_HALF_ROUND_KM,
    RADIUS_SHARES,
    Calibration,
    Recognition,
    WithinPoint,
    logistic,
    logit,
)
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.errors import TableError
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import Level
from tests.trainer.small_recipe import RECIPE
from trainer.common.cache import StageCache, content_key
from trainer.fitting.confidence import (
    LEVEL_RADII_KM,
    LEVEL_SHARE,
    WITHIN_RADII_KM,
    HeldOutAnswers,
    by_recognition,
    expected_share,
    fit_candidate_share,
    fit_levels,
    fit_otherwise,
    fit_radius_shares,
    fit_within,
    probability_within,
)
from trainer.fitting.crossfit import source_folds
from trainer.fitting.logistic import fit_logistic
from trainer.starter.heads import HeadSchedule, embeddings_of
from trainer.starter.heads_and_bank import burst_averages
from trainer.starter.pair_learning import pair_matrix, pairs_across_sources
from trainer.starter.place_pairs import PAIRS_PER_PHOTO, place_pairs, place_whitening
from trainer.starter.projection import make_projection, principal_directions
from trainer.starter.recipe import PairSchedule, SceneTraining, read_starter_recipe
from trainer.starter.scene_stage import scene_targets


def test_logistic_regression_finds_the_coefficients() -> None:
    random = np.random.default_rng(0)
    columns = np.stack([np.ones(20000), random.normal(size=20000)], axis=1)
    hits = random.uniform(size=20000) < logistic(columns @ np.array([-1.0, 2.0]))
    found = fit_logistic(columns, hits, prior=np.zeros(2), shrinkage=0.1)
    np.testing.assert_allclose(found, [-1.0, 2.0], atol=0.08)


def test_separable_data_do_not_run_away() -> None:
    columns = np.stack([np.ones(10), np.linspace(-1, 1, 10)], axis=1)
    found = fit_logistic(columns, columns[:, 1] > 0, prior=np.zeros(2))
    assert np.isfinite(found).all()
    assert 0 < found[1] < 20


def test_sources_stay_whole_and_folds_are_about_equal() -> None:
    sources = ["a"] * 50 + ["b"] * 30 + ["c"] * 25 + ["d"] * 5
    folds = source_folds(sources, 2)
    for name in "abcd":
        assert len({f for f, s in zip(folds, sources, strict=True) if s == name}) == 1
    assert sorted(np.bincount(folds)) == [55, 55]


def test_bursts_share_half_of_their_vector_and_others_keep_theirs() -> None:
    points = unit_vectors(np.array([0.0, 0.001, 40.0]), np.zeros(3))
    vectors = np.eye(3)
    joined = burst_averages(vectors, points, 1.0)
    np.testing.assert_allclose(joined[2], vectors[2])
    np.testing.assert_allclose(joined[0], np.array([1.5, 0.5, 0.0]) / np.hypot(1.5, 0.5))
    np.testing.assert_allclose(burst_averages(vectors, points, 0.0), vectors)


def test_whitening_makes_all_directions_equally_wide() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(400, 1, 6)) * np.array([3.0, 2.0, 1.0, 1.0, 0.5, 0.5]) + 4.0
    network = make_projection(
        principal_directions(features), 4, 1.0, trunk="main", weights_file="weights/p.safetensors"
    )
    vectors = embeddings_of(network, features)[:, 0]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    spread = vectors.std(axis=0)
    assert spread.max() / spread.min() < 1.25


def test_place_pairs_are_close_and_no_place_speaks_for_all() -> None:
    latitude = np.concatenate([np.full(40, 10.0), [10.005, 50.0]])
    points = unit_vectors(latitude, np.zeros(42))
    pairs = place_pairs(points, 1.0)
    assert pairs.max() < 41  # the one at 50° has nobody near
    assert 40 in pairs  # 0.56 km away
    assert np.bincount(pairs.ravel()).max() == PAIRS_PER_PHOTO
    assert len(np.unique(pairs, axis=0)) == len(pairs)
    assert 40 not in place_pairs(points, 0.1)
    assert len(place_pairs(points, 0.1))


def own_place_is_nearest(vectors: np.ndarray, places: np.ndarray) -> float:
    """The share of photos (n, d) whose most alike other photo shows the same place."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T - 2.0 * np.eye(len(unit))
    return float((places[similarity.argmax(axis=1)] == places).mean())


def test_place_whitening_brings_photos_of_one_place_together() -> None:
    random = np.random.default_rng(2)
    places = np.repeat(np.arange(50), 4)
    # Places differ along the first directions, photos of one place along the last.
    spread = np.array([1.0, 1.0, 1.0, 0.2, 0.2, 0.2])
    vectors = random.normal(size=(50, 6))[places] * spread
    vectors += random.normal(size=(200, 6)) * spread[::-1]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    first, second = np.nonzero(np.triu(places[:, None] == places[None], 1))
    after = place_whitening(vectors, np.stack([first, second], axis=1), 0.3)
    np.testing.assert_allclose(after, after.T, atol=1e-9)

    before = own_place_is_nearest(vectors, places)
    assert own_place_is_nearest(vectors @ after.T, places) > before + 0.05
    np.testing.assert_array_equal(place_whitening(vectors, first[:0, None], 0.3), np.eye(6))


def test_pairs_of_one_place_are_taken_across_sources_only() -> None:
    points = unit_vectors(np.array([10.0, 10.001, 10.002, 50.0]), np.zeros(4))
    sources = np.array([0, 0, 1, 1])
    pairs = {tuple(sorted(pair)) for pair in pairs_across_sources(points, sources, 1.0).tolist()}
    assert pairs == {(0, 2), (1, 2)}
    assert not len(pairs_across_sources(points, np.zeros(4, dtype=np.int64), 1.0))


def test_a_space_learned_from_pairs_recognises_places_that_it_has_not_seen() -> None:
    random = np.random.default_rng(5)
    places = np.repeat(np.arange(120), 4)
    points = unit_vectors(np.linspace(-80.0, 80.0, 120), np.zeros(120))[places]
    # Sources differ along the last directions, with every photo; places along the first.
    spread = np.array([1.0, 1.0, 1.0, 0.3, 0.3, 0.3])
    look = random.normal(size=(120, 6))[places] * spread
    crops = look[:, None] + random.normal(size=(480, 2, 6)) * spread[::-1]
    crops /= np.linalg.norm(crops, axis=2, keepdims=True)
    seen = places % 2 == 0
    pairs = pairs_across_sources(points[seen], np.arange(seen.sum()), 1.0)
    schedule = PairSchedule(epochs=30, learning_rate=1e-2, batch=32)

    matrix = pair_matrix(crops[seen], points[seen], pairs, schedule)
    new = crops[~seen].mean(axis=1)
    before = own_place_is_nearest(new, places[~seen])
    assert own_place_is_nearest(new @ matrix.T, places[~seen]) > before + 0.1
    np.testing.assert_array_equal(matrix, pair_matrix(crops[seen], points[seen], pairs, schedule))
    np.testing.assert_array_equal(pair_matrix(crops, points, pairs[:0], schedule), np.eye(6))


def test_pairs_too_close_to_be_told_apart_teach_nothing_about_each_other() -> None:
    """Two pairs of one town and no other photo: nothing pushes them apart."""
    points = unit_vectors(np.array([10.0, 10.0, 10.1, 10.1]), np.zeros(4))
    crops = np.random.default_rng(6).normal(size=(4, 1, 3))
    crops /= np.linalg.norm(crops, axis=2, keepdims=True)
    pairs = np.array([[0, 1], [2, 3]])
    same_town = pair_matrix(crops, points, pairs, PairSchedule(epochs=2))
    np.testing.assert_allclose(same_town, np.eye(3))
    apart = pair_matrix(crops, points, pairs, PairSchedule(epochs=2, apart_km=1.0))
    assert not np.allclose(apart, np.eye(3))


def test_a_matrix_after_the_whitening_is_part_of_the_projection() -> None:
    features = np.random.default_rng(3).normal(size=(60, 2, 5))
    principal = principal_directions(features)
    after = np.random.default_rng(4).normal(size=(3, 3))

    def vectors(matrix: np.ndarray | None) -> np.ndarray:
        network = make_projection(
            principal, 3, 1.0, trunk="main", weights_file="weights/p.safetensors", after=matrix
        )
        return embeddings_of(network, features)

    expected = vectors(None) @ after.T
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    np.testing.assert_allclose(vectors(after), expected, atol=5e-3)


def test_scene_targets_use_everything_that_is_known() -> None:
    training = SceneTraining(HeadSchedule(1), 0.2, 0.3, 0.5)
    teacher = np.full((3, 365), 1 / 365)
    targets, weights = scene_targets(
        teacher, np.array([7, -1, -1]), np.array([-1, 1, -1]), training
    )
    np.testing.assert_allclose(targets.sum(axis=1), 1.0)
    assert targets[0, 7] > 0.8
    outside = scene_table().s3_weights[:, 1] == 0
    assert targets[1, outside].sum() == 0.0
    np.testing.assert_allclose(targets[2], teacher[2])
    assert weights.tolist() == [1.0, 0.5, 0.3]


def made_answers(count: int = 20000) -> HeldOutAnswers:
    """Answers whose truth lies within a radius exactly as often as half of the stated odds."""
    random = np.random.default_rng(4)
    mass = np.sort(random.uniform(size=(count, len(WITHIN_RADII_KM))), axis=1) ** 0.15
    mass = np.clip(mass, 0.02, 0.98)
    true = logistic(0.5 * np.log(mass / (1 - mass)) - 0.5)
    level = random.uniform(size=count)
    error = np.full(count, 1.9e4)
    for index in reversed(range(len(WITHIN_RADII_KM))):
        error[level < true[:, index]] = WITHIN_RADII_KM[index] * 0.9
    return answers_with(error, mass)


def answers_with(error_km: np.ndarray, mass: np.ndarray) -> HeldOutAnswers:
    count, grid = len(mass), np.log(radius_grid())
    on_grid = np.array([np.interp(grid, np.log(WITHIN_RADII_KM), row) for row in mass])
    everything = np.ones(count, dtype=bool)
    weights = np.tile([0.4, 0.3, 0.1, *[0.0] * 7], (count, 1))
    place = np.where(error_km <= CITY_KM, 0, np.where(np.arange(count) % 3, -1, 1))
    folds, sources = np.arange(count) % 4, np.arange(count) % 400
    return HeldOutAnswers(
        error_km,
        mass,
        on_grid,
        np.zeros(count),
        everything,
        folds,
        sources,
        weights,
        place,
        np.full(count, np.nan),
    )


def test_within_is_fitted_to_what_came_true() -> None:
    answers = made_answers()
    points = fit_within(answers)
    assert [point.radius_km for point in points] == list(WITHIN_RADII_KM)
    for index, point in enumerate(points):
        odds = logit(np.quantile(answers.mass[:, index], [0.1, 0.5, 0.9]))
        found = logistic(point.bias + point.mass * odds)
        np.testing.assert_allclose(found, logistic(0.5 * odds - 0.5), atol=0.03)


def test_levels_keep_their_promise_on_the_photos_they_were_fitted_to() -> None:
    answers = made_answers()
    calibration = Calibration(within=fit_within(answers))
    rules = fit_levels(answers, calibration)
    assert {level: rule.radius_km for level, rule in rules.items()} == LEVEL_RADII_KM
    town, region, part_of_the_world = (rules[level].probability for level in LEVEL_RADII_KM)
    assert town <= region == part_of_the_world
    finer = np.zeros(len(answers.error_km), dtype=bool)
    for rule in rules.values():
        sure = probability_within(answers, rule.radius_km, calibration) >= rule.probability
        own = sure & ~finer
        assert own.any()
        assert (answers.error_km[own] <= rule.radius_km).mean() >= LEVEL_SHARE
        finer |= sure


def test_wide_levels_ask_for_more_where_sources_do_not_bear_them_out() -> None:
    answers = made_answers()
    calibration = Calibration(within=fit_within(answers))
    even = fit_levels(answers, calibration)
    # Below 70% one source with many photos is always right, and forty others never are.
    stated = probability_within(answers, 750.0, calibration)
    doubtful = (stated >= 0.5) & (stated < 0.7)
    right = answers.error_km <= 750.0
    owner = np.where(doubtful & right, 0, np.where(doubtful, 1 + answers.source % 40, 50))
    uneven = fit_levels(replace(answers, source=owner), calibration)
    assert uneven[Level.COARSE].probability > even[Level.COARSE].probability
    assert uneven[Level.COARSE].probability == uneven[Level.MIDDLE].probability


def test_few_answers_change_little_of_what_they_claim() -> None:
    stated, source = np.full(3, 0.7), np.arange(3)
    assert expected_share(np.ones(3), stated, source) == pytest.approx(10 / 13)
    assert expected_share(np.zeros(3), stated, source) == pytest.approx(7 / 13)
    # Three photos of one source are worth little more than two.
    assert expected_share(np.zeros(3), stated, np.zeros(3)) == pytest.approx(7 / (10 + 3 / 1.4))
    assert expected_share(np.ones(0), np.ones(0), np.zeros(0)) == 1.0
    many = np.arange(1000)
    assert expected_share(many % 2 == 0, np.full(1000, 0.7), many) == pytest.approx(0.5, abs=0.01)


def test_a_photo_that_shows_no_place_is_nowhere_near_its_answer() -> None:
    answers = replace(made_answers(40), area=np.where(np.arange(40) % 2, -3.0, 3.0))
    knows = Calibration(within=fit_within(answers), recognition=Recognition(0.0, 0.0, 4.0))
    plain = replace(knows, recognition=None)
    for radius in (25.0, 750.0):
        said, before = (probability_within(answers, radius, c) for c in (knows, plain))
        np.testing.assert_allclose(said[::2], before[::2], atol=1e-4)
        assert said[1::2].max() < 1e-4
    # What answers to such photos were worth all the same is what is said of the next.
    shown, others = by_recognition(answers, knows.recognition)
    assert (shown.area > 0).all()
    assert (others.area < 0).all()
    assert len(shown.area) == len(others.area) == 20
    otherwise = fit_otherwise(others)
    told = replace(knows, recognition=Recognition(0.0, 0.0, 4.0, otherwise))
    for point in otherwise:
        assert point.share == pytest.approx((others.error_km <= point.radius_km).mean(), abs=1e-4)
        said = probability_within(answers, point.radius_km, told)
        np.testing.assert_allclose(said[1::2], point.share, atol=1e-3)
    few = replace(answers, area=np.where(np.arange(40) < 5, -3.0, 3.0))
    assert fit_otherwise(by_recognition(few, knows.recognition)[1]) == ()


def test_the_other_candidates_get_what_they_were_worth_when_the_answer_was_wrong() -> None:
    answers = made_answers()
    wrong = answers.place != 0
    held = (answers.place[wrong] > 0).mean()
    # Their weight among what the answer leaves is (0.3 + 0.1) / (1 - 0.4).
    assert fit_candidate_share(answers) == pytest.approx(held / (0.4 / 0.6), abs=0.01)


def test_radii_are_read_farther_out_where_other_sources_prove_the_curve_too_sure() -> None:
    # Errors spread evenly over the logarithm of the distance, as the masses say.
    span = np.log(EARTH_HALF_ROUND_KM / 0.05)
    error = 0.05 * np.exp(np.random.default_rng(5).uniform(size=4000) * span)
    mass = np.log(np.array(WITHIN_RADII_KM) / 0.05) / span
    answers = answers_with(error, np.tile(mass, (4000, 1)))
    honest = fit_radius_shares(answers, Calibration())
    np.testing.assert_allclose(honest, RADIUS_SHARES, atol=0.02)
    # One group of sources is much harder than the others let expect.
    hard = answers.fold == 0
    worse = replace(answers, error_km=np.where(hard, 1.9e4, answers.error_km))
    s50, s80, s95 = fit_radius_shares(worse, Calibration())
    assert s80 > honest[1] + 0.02
    assert s50 <= s80 <= s95 < 1.0
    alone = replace(answers, fold=np.zeros_like(answers.fold))
    assert fit_radius_shares(alone, Calibration()) == RADIUS_SHARES


def test_more_mass_never_means_less_confidence() -> None:
    random = np.random.default_rng(2)
    mass = np.sort(random.uniform(0.02, 0.98, (500, len(WITHIN_RADII_KM))), axis=1)
    error = np.where(mass[:, 2] > 0.5, 9000.0, 0.5)  # the surer, the farther off
    points = fit_within(answers_with(error, mass))
    assert all(isinstance(point, WithinPoint) and point.mass >= 0.0 for point in points)


def test_the_cache_makes_once_and_notices_changes(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"one")
    cache, made = StageCache(tmp_path / "cache"), []

    def make() -> dict[str, np.ndarray]:
        made.append(1)
        return {"features": np.arange(3)}

    for _ in range(2):
        assert cache.get("x", content_key({"size": 1}, [photo]), make)["features"].sum() == 3
    photo.write_bytes(b"two")
    cache.get("x", content_key({"size": 1}, [photo]), make)
    assert len(made) == 2
    assert not list((tmp_path / "cache").glob("*.part"))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[geo.schedule]", "[geo.schedules]", "schedule"),
        ("folds = 2", 'folds = "two"', "folds"),
        ("mean = [127, 127, 127]", "mean = [127]", "mean"),
        ("seed", "seed", "small"),
        ("[model]", "[model", "TOML"),
    ],
)
def test_recipes_are_read_strictly(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = tmp_path / "small.toml"
    path.write_text(RECIPE.replace(old, new), encoding="utf-8")
    if old == new:
        assert read_starter_recipe(path).model.name.lower() == named
        return
    with pytest.raises(TableError, match=named):
        read_starter_recipe(path)
