"""``geoguess locate --clue``: answers are kept to where the clues can be seen, and say so."""

from __future__ import annotations

import json
from typing import Any

from geoguess_app.paths import resource_dir
from tests.commands.conftest import Geoguess

COLOSSEUM = resource_dir() / "samples" / "colosseum.webp"


def located(geoguess: Geoguess, *clues: str) -> dict[str, Any]:
    options = [word for clue in clues for word in ("--clue", clue)]
    ran = geoguess("locate", COLOSSEUM, "--device", "cpu", "--format", "jsonl", *options)
    assert ran.status == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_a_clue_that_fits_changes_little(geoguess: Geoguess) -> None:
    plain = located(geoguess)
    assert "clues" not in plain
    fitting = located(geoguess, "language=Italian", "drives-on=right")
    assert fitting["place"]["city"] == plain["place"]["city"] == "Rome"
    assert fitting["level"] == plain["level"]
    assert fitting["clues"]["used"] == ["language=it", "drives-on=right"]
    assert fitting["clues"]["probability_left"] > 0.9
    assert fitting["clues"]["contradict"] is False


def test_a_clue_that_does_not_fit_contradicts(geoguess: Geoguess) -> None:
    against = located(geoguess, "drives-on=left")
    assert against["place"]["country_code"] in {"GB", "IN", "IE", "JP", "AU", "TH"}
    assert against["clues"]["probability_left"] < 0.01
    assert against["clues"]["contradict"] is True
    assert against["level"] == "cannot tell"
    ran = geoguess("locate", COLOSSEUM, "--device", "cpu", "--clue", "script=thai")
    assert "clues and picture contradict each other: Thai script;" in ran.out


def test_a_wrong_clue_is_said_before_anything_is_located(geoguess: Geoguess) -> None:
    for clue, said in (
        ("coast=yes", "'coast' is no kind of clue"),
        ("language=klingon", "language=klingon is not known"),
    ):
        ran = geoguess("locate", COLOSSEUM, "--device", "cpu", "--clue", clue)
        assert (ran.status, ran.out) == (2, "")
        assert said in ran.err
