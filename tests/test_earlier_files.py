"""Files that the program of revision 662cce6 wrote, opened by this one.

`tests/data/earlier/make.py` made them. They stay as they are: whoever has such a file has no other.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoguess_app.core.area.areas import Box, Countries, Country, Ring
from geoguess_app.core.bundle import Bundle, open_bundle
from geoguess_app.core.calibration.json_form import calibration_from_json
from geoguess_app.core.calibration.model import (
    Calibration,
    Recognition,
    RetrievalWeights,
    WithinPoint,
)
from geoguess_app.core.types import Coordinate, Level, Place, Radii
from geoguess_app.evaluation.accuracy.finished import open_evaluation
from geoguess_app.photos.formats.edits import Edit
from geoguess_app.photos.journal import JournalEntry, read_runs
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.values import Origin, State
from geoguess_app.review.views import Order, PhotoFilter
from geoguess_app.settings import Settings, load_settings
from geoguess_app.ui.accuracy.view_state import AccuracyChoices
from geoguess_app.ui.compare.view_state import CompareChoices
from geoguess_app.ui.explore.explorer import Spot
from geoguess_app.ui.explore.view_state import ExploreChoices
from geoguess_app.ui.locate.view_state import LocateChoices
from geoguess_app.ui.review.view_state import ReviewChoices
from geoguess_app.ui.train.panel import TrainStep
from geoguess_app.ui.train.view_state import TrainChoices
from geoguess_app.ui.views.values import read_part, write_part
from geoguess_app.ui.views.view_file import read_view

EARLIER = Path(__file__).parent / "data" / "earlier"
VIEWS = EARLIER / "views"
PHOTOS = Path("/photos/holiday")


@pytest.fixture
def review(tmp_path: Path) -> Iterator[ReviewSession]:
    """A copy: an open session is written to."""
    with ReviewSession(Path(shutil.copy(EARLIER / "holiday.georeview", tmp_path))) as session:
        yield session


def opened(name: str) -> Bundle:
    """A bundle with all that it holds, checked by its hashes."""
    bundle = open_bundle(EARLIER / f"{name}.geomodel")
    manifest = bundle.manifest
    assert (manifest.kind, manifest.title) == (name, "Earlier 0.9")
    assert manifest.intended_area == "nowhere — “Ænd”"
    assert [(source.name, source.photos, source.url) for source in manifest.provenance] == [
        ("dice", 408, "https://example.org/"),
        ("coins", 3, None),
    ]
    assert manifest.evaluation == {"accuracy": [0.1, None, {"note": "measured never"}]}
    assert manifest.preprocessing.interpolation == "bicubic"
    assert len(bundle.tensors("weights/trunk.safetensors")) > 10
    return bundle


def test_a_bundle_of_cells() -> None:
    bundle = opened("cells")
    manifest = bundle.manifest
    assert [part.size for part in bundle.partitions] == [e.cells for e in manifest.partitions]
    pooled, bank = manifest.trunks["pooled"], manifest.retrieval
    assert (pooled.pooling, pooled.gem_p, pooled.weights, pooled.first_block) == (
        "gem",
        4.5,
        None,
        6,
    )
    assert (manifest.networks["base"].layers[0].type, manifest.routing) == ("l2norm", "hard")
    assert bank is not None
    assert (bank.count, bank.size, bank.neighbours, bank.temperature) == (12, 8, 20, 0.1)
    assert (bank.layers[0].inputs, bank.layers[0].outputs) == (64, 8)
    assert bundle.tensors("weights/bank.safetensors")["embeddings"].shape == (12, 8)
    assert calibration_from_json(manifest.calibration) == Calibration(
        temperatures={"coarse": 1.5, "fine": 1.25},
        retrieval=RetrievalWeights(0.05, 0.04, -2.0, 9.0, 3.0),
        answer="score",
        within=(WithinPoint(1.0, -0.5, 0.9, 2.0), WithinPoint(2500.0, 0.1, 1.1)),
        recognition=Recognition(-10.0, 20.0, 0.5),
        radius_shares=(0.5, 0.85, 0.99),
        levels=calibration_from_json(manifest.calibration).levels,
    )


def test_a_bundle_of_regression() -> None:
    manifest = opened("regression").manifest
    assert manifest.regression is not None
    assert (manifest.regression.mean, manifest.regression.std) == ((48.0, 11.0), (0.01, 0.02))
    assert manifest.networks["base"].heads == {"coordinates": 2}
    found = calibration_from_json(manifest.calibration)
    assert found.regression_radii_km == (0.1, 0.2, 0.5)
    assert (found.levels[Level.FINE].radius_km, found.levels[Level.FINE].probability) == (25, 0.6)


def test_a_bundle_of_look_alikes() -> None:
    bundle = opened("retrieval")
    bank = bundle.manifest.retrieval
    assert bank is not None
    assert (bank.neighbours, bank.temperature, bank.layers, bank.projection_weights) == (
        5,
        0.05,
        (),
        None,
    )
    assert calibration_from_json(bundle.manifest.calibration) == Calibration()
    stored = bundle.tensors("weights/bank.safetensors")
    np.testing.assert_allclose(stored["latitude_deg"], np.linspace(45.0, 60.0, 12))


def test_a_bundle_of_scenes() -> None:
    network = opened("scenes").manifest.networks["scene"]
    assert [(la.type, la.inputs, la.outputs, la.size, la.p) for la in network.layers] == [
        ("linear", 64, 8, 0, 0.0),
        ("batchnorm", 0, 0, 8, 0.0),
        ("relu", 0, 0, 0, 0.0),
        ("dropout", 0, 0, 0, 0.25),
    ]
    assert network.heads == {"places365": 365}


def test_settings() -> None:
    assert load_settings(EARLIER / "settings.json") == Settings(
        model="/models/town.geomodel",
        device="cuda:1",
        crops=5,
        theme="dark",
        coordinate_format="dms",
        sidecar_naming="adobe",
        precision="city",
        unknown={"later": [1, {"a": None}]},
    )


def test_photos_of_a_review(review: ReviewSession) -> None:
    photos = list(review)
    assert [photo.path for photo in photos] == [PHOTOS / f"IMG_{n}.jpg" for n in range(9)]
    third = photos[3]
    assert third.taken == datetime(2024, 7, 1, 11)
    assert third.utc_offset == timedelta(hours=2)
    assert third.identity is not None
    assert (third.identity.size_bytes, third.identity.mtime_ns) == (1003, 10**18 + 3)
    answer = photos[0].answer
    assert answer is not None
    assert answer.place == Place("Paris", "Île-de-France", "France", "FR", 1.5)
    assert (answer.radii, answer.level) == (Radii(5.0, 12.5, 80.0), Level.FINE)
    assert (answer.confidence, answer.similarity) == (photos[0].id / 20, 0.75)
    assert (answer.keywords, answer.model) == (("tower", "plaza"), "Earlier 0.9")
    # That program kept what is the weight of a candidate now.
    assert [(c.cell, c.weight) for c in answer.candidates] == [
        ("47e67", 0.6),
        ("47e67", 0.3),
        ("47e67", pytest.approx(0.2)),
    ]


def test_decisions_and_steps_of_a_review(review: ReviewSession) -> None:
    photos = list(review)
    states = [photo.state for photo in photos]
    assert states[:3] == [State.ACCEPTED, State.REJECTED, State.PLACED]
    assert set(states[3:]) == {State.LOCATED}
    by_hand = photos[2].decision.chosen
    assert by_hand is not None
    assert (by_hand.coordinate, by_hand.origin) == (Coordinate(59.91, 10.75), Origin.MANUAL)
    assert [photo.decision.area for photo in photos[3:7]] == [
        Country("FR"),
        Countries(("NO", "SE")),
        Box(40.0, -5.0, 52.0, 9.0),
        Ring(((40.0, 170.0), (52.0, 170.0), (52.0, 190.0))),
    ]
    assert photos[3].decision.narrowed == photos[0].answer
    assert review.next_actions()[1] == "reject"
    review.redo()
    assert next(iter(review)).state is State.REJECTED
    while review.undo():
        pass
    assert [photo.state for photo in review] == [*[State.LOCATED] * 9, State.HAS_GPS]


def test_a_journal() -> None:
    first, second = read_runs(EARLIER / "saves.jsonl")
    back = (Edit(3, b"\0\xff", b"x"),)
    assert first.facts == {"command": "tag", "photos": 1}
    assert first.open_entries == (
        JournalEntry(
            PHOTOS / "a.jpg", PHOTOS / "a.jpg", "1" * 64, "2" * 64, back, {"how": "metadata"}
        ),
    )
    assert second.entries[0].created
    assert second.undone == {PHOTOS / "b.jpg"}


def test_an_evaluation() -> None:
    found = open_evaluation(EARLIER / "evaluation")
    assert (found.about.set_name, found.about.model) == ("monuments.csv", "Starter 1.0")
    assert len(found.files) == 24
    assert found.files[0] == "monuments/IndiaGate.webp"
    assert found.truth_deg[0] == pytest.approx((28.613, 77.229))
    assert found.about.finished is not None
    assert found.about.images == EARLIER.parent
    assert found.continent[0] == "AS"


CHOICES: dict[str, Any] = {
    "locate": LocateChoices(Box(10.0, -20.0, 80.0, 170.0)),
    "explore": ExploreChoices(
        "fine",
        "density",
        logarithmic=False,
        least_photos=5,
        country="FR",
        training_photos=True,
        spot=Spot(Coordinate(1.5, -2.5), "A spot", 0x47E67 << 44),
    ),
    "review": ReviewChoices(
        (State.LOCATED, State.PLACED),
        Order.TIME,
        0.25,
        0.75,
        None,
        "without",
        "beach",
        (VIEWS / "photos" / "a.jpg", VIEWS / "photos" / "b.jpg"),
    ),
    "accuracy": AccuracyChoices(
        VIEWS / "evaluation",
        {
            "scene": "urban",
            "continent": "",
            "error": 2,
            "confidence": 0,
            "text": "a",
            "sure_and_wrong": True,
            "outside_radius": False,
            "without_seen": False,
        },
        "photos/a.jpg",
    ),
    "train": TrainChoices(
        TrainStep.RECIPE,
        source=VIEWS / "photos",
        run="photos-2024-07-01-0800-abcd",
        recipe="campus-auto",
        within_km=12.5,
    ),
}


@pytest.mark.parametrize("mode", [*CHOICES, "compare"])
def test_what_a_view_is_of(mode: str) -> None:
    view = read_view(VIEWS / f"{mode}.geoview")
    assert (view.mode, view.layer, view.model, view.size) == (
        mode,
        "fine",
        "Earlier 0.9",
        (800, 600),
    )
    assert (view.center, view.zoom) == (Coordinate(-16.9, 179.4), 5.5)
    assert view.photos == (VIEWS / "photos" / "a.jpg", VIEWS / "photos" / "b.jpg")
    assert view.photo == view.photos[0]
    assert view.display == {"scale": "linear", "least": 0.25, "top": 10, "region": 80}


@pytest.mark.parametrize("mode", CHOICES)
def test_choices_of_a_mode_in_a_view_are_read_and_written_back(mode: str) -> None:
    path = VIEWS / f"{mode}.geoview"
    state, choices = read_view(path).state, CHOICES[mode]
    assert read_part(type(choices), state, path) == choices
    written = write_part(choices, VIEWS)
    assert written.items() <= state.items()
    # What is left out now had its default then.
    assert not any(state[key] for key in state.keys() - written.keys())


def test_choices_of_a_comparison_in_a_view() -> None:
    path = VIEWS / "compare.geoview"
    choices = read_part(CompareChoices, read_view(path).state, path)
    assert choices.shown == "difference"
    assert [(side.photo, side.model) for side in choices.sides] == [
        (VIEWS / "photos" / "a.jpg", None),
        (None, VIEWS / "town.geomodel"),
    ]
    assert [(side.model_name, side.way) for side in choices.sides] == [
        ("", "complete model"),
        ("Town 1", ""),
    ]
    assert write_part(choices, VIEWS) == read_view(path).state


def test_the_filter_that_a_view_of_a_review_means() -> None:
    assert CHOICES["review"].filter == PhotoFilter(
        frozenset((State.LOCATED, State.PLACED)), 0.25, 0.75, None, False, "beach"
    )
