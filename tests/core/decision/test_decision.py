"""Decisions on posteriors made by hand, where the right answer can be worked out on paper."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from geoguess_app.core.calibration.model import Calibration, LevelRule, RetrievalWeights
from geoguess_app.core.decision.decide import (
    RawOutputs,
    decide,
    fuse_crops,
    route,
    scene_probabilities,
    softmax,
)
from geoguess_app.core.decision.posterior import (
    SCORE_RADII_KM,
    PointPosterior,
    mass_within,
    scores,
)
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import COMBINED, Level
from tests.core.decision_samples import (
    LYON,
    PARIS,
    SYDNEY,
    TOKYO,
    class_of,
    logits_for,
    model,
    raw,
    with_bank,
)

CONTEXT = {"indoor": "indoor", "natural": "natural", "urban": "urban"}


def scene_logits(indoor: float, natural: float, urban: float) -> np.ndarray:
    """One crop whose probabilities sit on three categories of one group each."""
    table = scene_table()
    logits = np.full(365, -50.0)
    for group, value in enumerate((indoor, natural, urban)):
        logits[int(np.flatnonzero(table.s3_weights[:, group] == 1.0)[0])] = np.log(value)
    return logits[None]


def distance_km(answer: object, place: tuple[float, float]) -> float:
    coordinate = answer.coordinate  # type: ignore[attr-defined]
    return float(great_circle_km(coordinate.latitude_deg, coordinate.longitude_deg, *place))


def test_softmax_divides_by_the_temperature_and_survives_large_logits() -> None:
    np.testing.assert_allclose(softmax(np.array([0.0, np.log(9.0)]), 2.0), [0.25, 0.75])
    assert softmax(np.array([1e4, 0.0])).tolist() == [1.0, 0.0]


def test_crops_are_averaged_or_their_maximum_is_scaled_to_one() -> None:
    crops = np.array([[0.8, 0.2, 0.0], [0.0, 0.4, 0.6]])
    np.testing.assert_allclose(fuse_crops(crops, "mean"), [0.4, 0.3, 0.3])
    np.testing.assert_allclose(fuse_crops(crops, "max"), np.array([0.8, 0.4, 0.6]) / 1.8)


def test_the_hierarchy_product_lets_the_coarse_cells_decide_between_fine_ones() -> None:
    sample = model()
    coarse = {PARIS: 0.6, TOKYO: 0.3, SYDNEY: 0.1}
    fine = {PARIS: 0.30, LYON: 0.05, TOKYO: 0.40, SYDNEY: 0.25}
    answer = decide(raw(sample, coarse, fine), sample)
    products = {PARIS: 0.18, LYON: 0.03, TOKYO: 0.12, SYDNEY: 0.025}
    combined = answer.cell_probabilities[COMBINED]
    for place, product in products.items():
        own = combined[class_of(place, sample.partitions[-1])]
        assert own == pytest.approx(product / sum(products.values()), rel=1e-3)
    assert distance_km(answer, PARIS) < 1e-6
    assert [c.rank for c in answer.candidates] == [1, 2, 3, 4]
    assert list(answer.cell_probabilities) == ["coarse", "fine", COMBINED]
    for values in answer.cell_probabilities.values():
        assert values.sum() == pytest.approx(1.0)


def test_a_conflict_shows_both_hypotheses() -> None:
    sample = model()
    # Coarse is for Sydney, but its fine cells are so unlikely that Tokyo wins.
    coarse = {SYDNEY: 0.5, TOKYO: 0.4, PARIS: 0.1}
    fine = {TOKYO: 0.9, SYDNEY: 0.05, PARIS: 0.05}
    answer = decide(raw(sample, coarse, fine), sample)
    assert answer.conflict is not None
    assert answer.conflict.fine.cell == answer.candidates[0].cell
    assert answer.conflict.coarse.coordinate.latitude_deg == pytest.approx(SYDNEY[0])
    assert answer.conflict.coarse.weight == pytest.approx(0.5, rel=1e-3)
    assert answer.conflict.fine.weight == pytest.approx(0.4, rel=1e-3)
    assert answer.conflict.fine.probability == answer.confidence
    assert answer.conflict.coarse.probability <= 1.0 - answer.confidence


def test_agreement_is_no_conflict() -> None:
    sample = model()
    answer = decide(raw(sample, {TOKYO: 0.9, PARIS: 0.1}, {TOKYO: 0.7, PARIS: 0.3}), sample)
    assert answer.conflict is None


def test_radii_rise_and_are_never_zero() -> None:
    sample = model()
    sure = decide(raw(sample, {PARIS: 1.0}, {PARIS: 1.0}), sample)
    torn = decide(raw(sample, {PARIS: 0.5, SYDNEY: 0.5}, {PARIS: 0.5, SYDNEY: 0.5}), sample)
    for answer in (sure, torn):
        assert 0.8 <= answer.radii.r50_km <= answer.radii.r80_km <= answer.radii.r95_km
    # Half of the mass is at the other end of the world.
    assert torn.radii.r80_km > 5000.0
    assert sure.radii.r80_km < 100.0
    assert sure.confidence > torn.confidence


def test_levels_follow_the_calibrated_probabilities() -> None:
    sample = model()
    lyon_or_paris = raw(sample, {PARIS: 1.0}, {PARIS: 0.55, LYON: 0.45})
    middling = {Level.FINE: LevelRule(25.0, 0.6), Level.MIDDLE: LevelRule(200.0, 0.5)}
    wary = replace(sample, calibration=Calibration(levels=middling))
    assert decide(lyon_or_paris, wary).level == Level.MIDDLE
    strict = {Level.MIDDLE: LevelRule(200.0, 0.6), Level.COARSE: LevelRule(2500.0, 0.6)}
    stricter = replace(sample, calibration=Calibration(levels=strict))
    assert decide(lyon_or_paris, stricter).level == Level.COARSE
    sure = raw(sample, {PARIS: 1.0}, {PARIS: 1.0})
    rules = {Level.FINE: LevelRule(200.0, 0.9)}
    assert decide(sure, replace(sample, calibration=Calibration(levels=rules))).level == Level.FINE
    nowhere = {PARIS: 0.34, TOKYO: 0.33, SYDNEY: 0.33}
    assert decide(raw(sample, nowhere, nowhere), sample).level == Level.CANNOT_TELL


def test_one_partition_is_enough() -> None:
    sample = model()
    fine = sample.partitions[-1:]
    alone = replace(
        sample, partitions=fine, hierarchy=type(sample.hierarchy)(fine, np.arange(4)[None], ((),))
    )
    logits = logits_for(sample, {}, {TOKYO: 0.8, PARIS: 0.2})["fine"]
    answer = decide(RawOutputs({"base": {"fine": logits}}), alone)
    assert distance_km(answer, TOKYO) < 1e-6
    assert answer.conflict is None


def test_hard_routing_takes_the_likeliest_scene_and_mixing_weighs_all() -> None:
    sample = model(scene_network="scene", context_networks=CONTEXT)
    outputs = RawOutputs({"scene": {"places365": scene_logits(0.2, 0.5, 0.3)}})
    scene = scene_probabilities(outputs, sample)
    assert scene is not None
    np.testing.assert_allclose(scene.s3, [0.2, 0.5, 0.3], atol=1e-9)
    assert route(scene, sample) == {"natural": 1.0}
    mixed = route(scene, replace(sample, routing="mix"))
    assert list(mixed) == ["natural", "urban", "indoor"]
    assert mixed["urban"] == pytest.approx(0.3)
    assert route(None, sample) == {"base": 1.0}
    assert route(scene, replace(sample, context_networks={})) == {"base": 1.0}


def test_the_context_network_answers_and_is_named() -> None:
    sample = model(scene_network="scene", context_networks=CONTEXT)
    in_paris = logits_for(sample, {PARIS: 1.0}, {PARIS: 1.0})
    in_tokyo = logits_for(sample, {TOKYO: 1.0}, {TOKYO: 1.0})
    outputs = RawOutputs(
        {"scene": {"places365": scene_logits(0.1, 0.1, 0.8)}, "base": in_paris, "urban": in_tokyo}
    )
    answer = decide(outputs, sample)
    assert answer.network == "urban"
    assert distance_km(answer, TOKYO) < 1e-6


def test_the_bank_moves_the_answer_inside_the_winning_cell() -> None:
    suburb = (48.80, 2.20)
    sample = with_bank(model(), [PARIS, suburb, TOKYO])
    cells = RawOutputs(
        raw(sample, {PARIS: 1.0}, {PARIS: 1.0}).logits, embedding=np.eye(8)[1:2] + 0.1
    )
    answer = decide(cells, sample)
    assert distance_km(answer, suburb) < 1e-6
    assert answer.neighbours[0].bank_index == 1
    assert answer.neighbours[0].similarity > answer.neighbours[1].similarity


@pytest.mark.parametrize(("share_bias", "place"), [(9.0, TOKYO), (-9.0, PARIS)])
def test_the_neighbours_share_decides_against_or_for_the_cells(
    share_bias: float, place: tuple[float, float]
) -> None:
    weights = RetrievalWeights(bias=share_bias)
    sample = with_bank(
        model(calibration=Calibration(retrieval=weights, answer="score")), [PARIS, LYON, TOKYO]
    )
    cells = raw(sample, {PARIS: 1.0}, {PARIS: 0.9, TOKYO: 0.1}).logits
    answer = decide(RawOutputs(cells, embedding=np.eye(8)[2:3]), sample)
    assert distance_km(answer, place) < 1e-6
    assert answer.cell_probabilities[COMBINED].sum() == pytest.approx(1.0)


def test_the_score_of_a_point_is_its_mean_mass_within_the_five_distances() -> None:
    random = np.random.default_rng(3)
    vectors = random.normal(size=(60_000, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    weights = random.gamma(0.1, size=len(vectors))
    spread_km = random.uniform(0.01, 60.0, len(vectors))
    posterior = PointPosterior(vectors, weights / weights.sum(), spread_km, np.arange(60_000))
    centers = vectors[np.argsort(-weights)[:3]]
    wanted = [mass_within(posterior, center, SCORE_RADII_KM).mean() for center in centers]
    np.testing.assert_allclose(scores(posterior, centers), wanted, atol=3e-6)


def test_answers_by_score_prefer_the_denser_region() -> None:
    """Paris and Lyon together outweigh Tokyo, though Tokyo is the likeliest single cell."""
    probabilities = {PARIS: 0.32, LYON: 0.30, TOKYO: 0.38}
    sample = model()
    outputs = raw(sample, {PARIS: 0.5, TOKYO: 0.5}, probabilities)
    assert distance_km(decide(outputs, sample), TOKYO) < 1e-6
    by_score = replace(sample, calibration=Calibration(answer="score"))
    answer = decide(outputs, by_score)
    assert distance_km(answer, PARIS) < 1e-6
    assert answer.candidates[0].cell_index == class_of(PARIS, sample.partitions[-1])


def test_deciding_needs_no_torch() -> None:
    code = (
        "import sys; import geoguess_app.core.decision.decide, geoguess_app.core.predictor; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
