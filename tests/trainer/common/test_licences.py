"""Remarks of photo tables become words for a model's users; nothing about rights gets lost."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from trainer.common.licences import stated_licence


@pytest.mark.parametrize(
    ("remark", "said"),
    [
        ("MIT", "MIT"),
        ("CC BY-SA 4.0 (Diego Delso)", "CC BY-SA 4.0 (Diego Delso)"),
        ("", "no licence stated; photos not included in this model"),
        ("not stated", "no licence stated; photos not included in this model"),
        (
            "no licence file (all rights reserved by author)",
            "no licence stated (all rights reserved by author); photos not included in this model",
        ),
        (
            "no licence for photos; web/stock images of unknown origin - internal test/train only, "
            "do not redistribute (many Wikimedia Commons file names)",
            "no licence stated; web/stock images of unknown origin (many Wikimedia Commons file "
            "names); photos not to be passed on and not included in this model",
        ),
        (
            "repo MIT; photos of unknown origin - internal use",
            "repo MIT; photos of unknown origin; photos not included in this model",
        ),
    ],
)
def test_remarks_become_licences(remark: str, said: str) -> None:
    assert stated_licence(remark) == said
    assert stated_licence(said) == said


def test_every_remark_of_a_table_keeps_its_licence(some_photos: Path) -> None:
    with (some_photos / "world.csv").open(encoding="utf-8") as stream:
        remarks = {row["licence"] for row in csv.DictReader(stream)}
    for remark in remarks:
        said = stated_licence(remark)
        assert "internal" not in said
        for word in ("MIT", "CC0", "CC BY", "Public domain", "reserved", "unknown origin"):
            assert (word in remark) == (word in said)
        assert ("not redistribute" in remark) == ("not to be passed on" in said)
