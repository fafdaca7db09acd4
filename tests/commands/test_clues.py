"""``geoguess locate --clue``: answers are kept to where the clues can be seen, and say so."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
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
        ("altitude=2000", "'altitude' is no kind of clue"),
        ("language=klingon", "language=klingon is not known"),
    ):
        ran = geoguess("locate", COLOSSEUM, "--device", "cpu", "--clue", clue)
        assert (ran.status, ran.out) == (2, "")
        assert said in ran.err


def test_exports_and_tags_keep_to_clues_and_state_them(geoguess: Geoguess, tmp_path: Path) -> None:
    table, places = tmp_path / "out.csv", tmp_path / "out.kml"
    clue = ("--device", "cpu", "--clue", "near=Rome")
    for file in (table, places):
        assert geoguess("export", COLOSSEUM, "--output", file, *clue).status == 0
    (row,) = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    assert row["clues"] == "near=Rome/IT"
    assert float(row["clues_probability_left"]) > 0.9
    assert "Only where this fits: near Rome, Italy;" in places.read_text(encoding="utf-8")
    saved = tmp_path / "saved.jsonl"
    ran = geoguess("locate", COLOSSEUM, "--format", "jsonl", "--output", saved, *clue)
    assert ran.status == 0
    again = geoguess("export", saved, "--format", "kml")
    assert "near Rome, Italy" in again.out
    assert geoguess("export", saved, "--format", "kml", "--clue", "near=Rome").status == 2
    photo = Path(shutil.copy(COLOSSEUM, tmp_path))
    # What contradicts the picture is not written.
    against = ("--device", "cpu", "--dry-run", "--clue", "near=Sydney")
    refused = geoguess("tag", photo, *against).out
    assert "Skipped: 1 clues contradict the picture." in refused
    assert geoguess("tag", photo, "--trips", *against).status == 2
