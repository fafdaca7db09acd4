"""How numbers and words of a result are written."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

from geoguess_app.core.types import (
    Candidate,
    Conflict,
    Coordinate,
    FailedPhoto,
    Level,
    LocatedPhoto,
    Neighbour,
    Place,
    Prediction,
    Radii,
)
from geoguess_app.export.rows import as_json, degrees, kilometres, probability
from geoguess_app.export.text import as_text, place_line, printable
from geoguess_app.export.writers import CSV_COLUMNS, make_writer

PARIS = Place("Paris", "Île-de-France", "France", "FR")


def located(
    level: Level = Level.FINE, r95_km: float = 30.0, conflict: bool = False
) -> LocatedPhoto:
    """An answer without scenes, as a local model gives it."""
    best = Candidate(1, "47e66e2", 3, Coordinate(48.85840001, 2.29450009), 0.61)
    other = Candidate(2, "487604", 9, Coordinate(51.5, -0.0000000001), 0.2)
    prediction = Prediction(
        coordinate=best.coordinate,
        radii=Radii(1.23456, 12.4, r95_km),
        confidence=0.83333333,
        level=level,
        candidates=(best, other),
        conflict=Conflict(coarse=other, fine=best) if conflict else None,
        scene=None,
        network="base",
        cell_probabilities={},
        neighbours=(),
        model="Made 1.0",
    )
    return LocatedPhoto(Path("a.jpg"), prediction, PARIS, Coordinate(48.8606, 2.3376))


def test_numbers_are_rounded_sensibly() -> None:
    row = as_json(located(), top=2)
    assert (row["latitude"], row["longitude"]) == (48.8584, 2.2945001)
    assert row["radius_km"] == {"50": 1.235, "80": 12.4, "95": 30.0}
    assert row["confidence"] == 0.833333
    assert row["scene"] is None
    assert row["conflict"] is None
    assert math.copysign(1, row["candidates"][1]["longitude"]) == 1


def test_conflict_holds_both_hypotheses() -> None:
    conflict = as_json(located(conflict=True), top=0)["conflict"]
    assert list(conflict) == ["coarse", "fine"]
    assert conflict["coarse"]["cell"] == "487604"
    assert "in doubt" in as_text(located(conflict=True), 0)


def test_what_json_cannot_say_is_null() -> None:
    row = as_json(located(r95_km=math.inf), top=1)
    assert row["radius_km"]["95"] is None
    json.dumps(row, allow_nan=False)
    assert kilometres(math.nan) is None
    assert probability(math.nan) is None
    assert str(degrees(-0.00000000001)) == "0.0"


def test_without_scenes_every_format_still_works() -> None:
    for style in ("text", "jsonl", "csv", "geojson"):
        stream = io.StringIO()
        writer = make_writer(style, stream, 1, [])
        writer.write(located())
        writer.write(FailedPhoto(Path("b.jpg"), "broken", "b.jpg is damaged."))
        writer.end()
        assert "b.jpg is damaged." in stream.getvalue()


def test_csv_columns_are_unique() -> None:
    assert len(set(CSV_COLUMNS)) == len(CSV_COLUMNS)
    assert CSV_COLUMNS[:3] == ("img_id", "pred_lat", "pred_lng")


def test_text_says_what_is_known() -> None:
    text = as_text(located(), 1)
    assert text.splitlines()[1:4] == [
        "  Paris, Île-de-France, France",
        "  48.85840, 2.29450, within 12 km, 80% confidence",
        "  precise enough to name a town (83% confidence within 25 km)",
    ]
    assert "GPS position in the file: 48.86060, 2.33760, 3.2 km from this estimate" in text
    assert "2. " not in text


def test_text_says_that_look_alikes_answered_where_no_network_did() -> None:
    answer = located()
    assert as_text(answer, 0).endswith("model: Made 1.0, network base\n")
    alike = (Neighbour(4, Coordinate(48.9, 2.3), 0.8),)
    by_photos = replace(answer, prediction=replace(answer.prediction, neighbours=alike))
    assert as_text(by_photos, 0).endswith("model: Made 1.0, look-alikes\n")


def test_text_does_not_pretend() -> None:
    text = as_text(located(Level.CANNOT_TELL), 0)
    assert "best guess: Paris" in text
    assert "cannot tell" in text


def test_places_are_named_once() -> None:
    assert place_line(Place("Singapore", "", "Singapore", "SG")) == "Singapore"
    assert "open sea" in place_line(Place("", "", "", ""))


def test_terminals_are_safe_from_names() -> None:
    assert printable("a\x1b[2J\nb.jpg") == "a�[2J�b.jpg"
