"""``geoguess locate --read-text``: words, clues and places are listed, never used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Geoguess
from tests.signs import readings, save_sign

SIGN = ("Padaria Central", "+351 21 123 4567", "LISBOA")


@pytest.fixture(scope="module")
def sign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sign(tmp_path_factory.mktemp("signs") / "sign.jpg", SIGN)


def test_text_is_listed_and_the_answer_stays(
    geoguess: Geoguess, tiny_model: Path, sign: Path
) -> None:
    options = ("locate", sign, "--model", tiny_model, "--format", "jsonl")
    before = readings()
    plain = json.loads(geoguess(*options).out)
    assert "text" not in plain
    assert readings() == before  # it never runs unless asked
    read = json.loads(geoguess(*options, "--read-text").out)
    assert readings() == before + 1
    text = read.pop("text")
    assert read == plain
    assert [line["text"] for line in text["lines"]] == list(SIGN)
    assert all(len(line["corners"]) == 4 for line in text["lines"])
    assert {"clue": "phone=351", "text": "+351 21 123 4567"} in text["clues"]
    place = text["places"][0]
    assert (place["city"], place["text"], place["clue"]) == ("Lisbon", "LISBOA", "near=Lisbon/PT")
    assert place["latitude"] == pytest.approx(38.7, abs=0.1)


def test_text_for_people_says_how_to_use_a_clue(
    geoguess: Geoguess, tiny_model: Path, sign: Path
) -> None:
    ran = geoguess("locate", sign, "--model", tiny_model, "--read-text")
    assert ran.status == 0
    assert "text: Padaria Central · +351 21 123 4567 · LISBOA" in ran.out
    assert "clue offered: --clue phone=351 (calling code +351), from “+351 21 123 4567”" in ran.out
    assert "place offered: --clue near=Lisbon/PT, from “LISBOA”" in ran.out
    assert "only where" not in ran.out


def test_a_table_has_no_room_for_text(geoguess: Geoguess, tiny_model: Path, sign: Path) -> None:
    ran = geoguess("locate", sign, "--model", tiny_model, "--read-text", "--format", "csv")
    assert ran.status == 2
    assert "--format csv has no columns for text; use --format jsonl." in ran.err
