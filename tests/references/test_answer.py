"""The answer that reference photos give, from matches whose trust is known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.decision.model import decision_model
from geoguess_app.core.decision.types import DecisionModel
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.matching import Match
from geoguess_app.core.matching.same_place import judge, shipped_trust
from geoguess_app.core.types import Candidate, Coordinate, Level, Prediction, Radii
from geoguess_app.references.answer import (
    ComparedReference,
    answer_by_look_alike,
    answer_by_match,
)
from geoguess_app.references.values import (
    FileStamp,
    LookAlikeTrust,
    NearReference,
    PositionSource,
    Reference,
)
from tests.core.tiny_bundle import shared_parts

PARIS = Coordinate(48.8584, 2.2945)
OWN = Prediction(
    coordinate=Coordinate(50.0, 8.0),
    radii=Radii(200.0, 600.0, 2500.0),
    confidence=0.2,
    level=Level.COARSE,
    candidates=(Candidate(1, "47c", 0, Coordinate(50.0, 8.0), 0.2, 0.3),),
    conflict=None,
    scene=None,
    network="base",
    cell_probabilities={},
    neighbours=(),
    model="Tiny 1.0",
)
TRUST = LookAlikeTrust(bias=-6.0, similarity=12.0, distances_km=(0.05, 0.1, 0.2, 0.4, 0.7))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> DecisionModel:
    parts = shared_parts()
    path = tmp_path_factory.mktemp("model") / "tiny.geomodel"
    write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    return decision_model(open_bundle(path))


def near(name: str, here: Coordinate, similarity: float = 0.6) -> NearReference:
    taken = datetime(2019, 5, 12, 10, 30)
    stamp = FileStamp(1, 2)
    photo = Reference(Path(name), stamp, f"key of {name}", here, taken, PositionSource.EXIF)
    return NearReference(photo, similarity)


def compared(
    name: str, here: Coordinate, probability: float, points: int = 84
) -> ComparedReference:
    spots = np.random.default_rng(1).uniform(size=(points, 2)).astype(np.float32)
    match = Match(spots, spots, None, 0.5, 0.5, points, points)
    return ComparedReference(near(name, here), match, judge(probability, shipped_trust()))


def km(one: Coordinate, other: Coordinate) -> float:
    return float(
        great_circle_km(
            one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg
        )
    )


def test_a_verified_reference_gives_its_position(model: DecisionModel) -> None:
    found = answer_by_match(OWN, [compared("IMG_2041.jpg", PARIS, 0.995)], model)
    assert found is not None
    answer, reference = found
    assert answer.coordinate == PARIS
    assert answer.level is Level.SAME_PLACE
    assert answer.confidence == pytest.approx(0.995, abs=0.005)
    radii = answer.radii
    assert 0.05 <= radii.r50_km <= radii.r80_km <= radii.r95_km < 1.0
    assert (reference.file.name, reference.matches) == ("IMG_2041.jpg", 84)
    assert reference.is_verified
    first = answer.candidates[0]
    assert (first.rank, first.coordinate, first.probability) == (1, PARIS, answer.confidence)
    assert sum(candidate.probability for candidate in answer.candidates) <= 1.0 + 1e-9


def test_several_that_agree_give_their_mean(model: DecisionModel) -> None:
    north = Coordinate(PARIS.latitude_deg + 0.001, PARIS.longitude_deg)
    both = [compared("a.jpg", PARIS, 0.99), compared("b.jpg", north, 0.99)]
    found = answer_by_match(OWN, both, model)
    assert found is not None
    assert km(found[0].coordinate, PARIS) == pytest.approx(0.0556, abs=0.002)


def test_verified_references_that_contradict_are_not_believed_alone(model: DecisionModel) -> None:
    rome = Coordinate(41.9, 12.5)
    both = [compared("a.jpg", PARIS, 0.99), compared("b.jpg", rome, 0.98)]
    found = answer_by_match(OWN, both, model)
    assert found is None or found[0].confidence < 0.6


def test_what_is_left_of_the_probability_stays_with_the_model(model: DecisionModel) -> None:
    """With 92% for the reference, 95% is only reached where the model's own place begins."""
    found = answer_by_match(OWN, [compared("a.jpg", PARIS, 0.92)], model)
    assert found is not None
    answer = found[0]
    assert answer.radii.r80_km < 1.0
    assert km(PARIS, OWN.coordinate) < answer.radii.r95_km < 2 * km(PARIS, OWN.coordinate)


def test_nothing_verified_changes_nothing(model: DecisionModel) -> None:
    assert answer_by_match(OWN, [compared("a.jpg", PARIS, 0.5)], model) is None
    assert (
        answer_by_match(OWN, [ComparedReference(near("a.jpg", PARIS), None, None)], model) is None
    )
    assert answer_by_match(OWN, [], model) is None


def test_look_alikes_speak_as_often_as_they_were_right(model: DecisionModel) -> None:
    weak = [near("a.jpg", PARIS, 0.45), near("b.jpg", PARIS, 0.4)]
    assert answer_by_look_alike(OWN, weak, model, TRUST) is None
    strong = [near("a.jpg", PARIS, 0.7), near("b.jpg", Coordinate(48.8590, 2.2950), 0.6)]
    found = answer_by_look_alike(OWN, strong, model, TRUST)
    assert found is not None
    answer, reference = found
    share = TRUST.share(0.7)
    assert share == pytest.approx(0.917, abs=0.001)
    assert answer.confidence == pytest.approx(share, abs=0.02)
    assert answer.level is not Level.SAME_PLACE
    assert not reference.is_verified
    assert reference.probability == pytest.approx(share)
    assert answer.coordinate == PARIS
    assert answer.radii.r50_km == pytest.approx(0.22, abs=0.05)


def test_a_model_that_is_surer_is_not_overruled_by_look_alikes(model: DecisionModel) -> None:
    from dataclasses import replace

    sure = replace(OWN, confidence=0.99)
    assert answer_by_look_alike(sure, [near("a.jpg", PARIS, 0.7)], model, TRUST) is None
