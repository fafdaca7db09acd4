"""A position in the file that cannot be used is shown with its reason, and kept with the review."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.review.codec import facts_to_json, photo_from_json
from geoguess_app.review.values import ChosenPosition, Origin, ReviewPhoto
from geoguess_app.ui.review.positions import PositionComparison

PHOTO = ReviewPhoto(1, Path("a.jpg"), position_problem="its position is 0, 0")


def test_the_reason_stands_where_a_position_would(qtbot: QtBot) -> None:
    shown = PositionComparison()
    qtbot.addWidget(shown)
    shown.show_photo(PHOTO)
    assert shown.old.place.text() == "Unusable position"
    assert shown.old.note.text() == "Its position is 0,\u00a00"
    assert "Unusable position" in shown.accessibleName()
    unclear = replace(PHOTO, position_problem="a.xmp may belong to another file of that name")
    shown.show_photo(unclear)
    assert shown.old.note.text() == unclear.position_problem
    # What this review wrote has taken its place.
    saved = ChosenPosition(Coordinate(1.0, 2.0), None, Origin.MANUAL)
    shown.show_photo(replace(PHOTO, saved=saved))
    assert "Unusable" not in shown.accessibleName()


def test_it_is_kept_with_the_review_and_earlier_reviews_lack_it() -> None:
    facts = facts_to_json(PHOTO)
    assert photo_from_json(1, PHOTO.path, facts, None) == PHOTO
    earlier = {name: value for name, value in json.loads(facts).items() if name != "problem"}
    assert photo_from_json(1, PHOTO.path, json.dumps(earlier), None).position_problem == ""
    assert "problem" not in json.loads(facts_to_json(replace(PHOTO, position_problem="")))
