"""Scene figures against the published ones of the teacher network, and by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.evaluation.metrics.scene_accuracy import group_accuracy, scene_accuracy


@pytest.mark.real_data
def test_teacher_reaches_its_known_figures(real_photos: Path) -> None:
    """22.9 / 46.5% over the 96 mapped categories and S3 85.1%, as its description says."""
    with np.load(real_photos / "teacher" / "scenes.npz") as stored:
        number = {file: index for index, file in enumerate(stored["files"].tolist())}
        probabilities = stored["probabilities"]
    with (real_photos / "scenes.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "test"]
    result = scene_accuracy(
        probabilities[[number[row["file"]] for row in rows]],
        categories=[row["category"] for row in rows],
        s3=[row["s3"] for row in rows],
        ambiguous=[row["ambiguous"] == "1" for row in rows],
    )
    assert result.top1 is not None
    assert result.top5 is not None
    assert result.s3_unambiguous is not None
    assert result.top1.value == pytest.approx(0.229, abs=0.0005)
    assert result.top5.value == pytest.approx(0.465, abs=0.0005)
    assert result.s3_unambiguous.accuracy.value == pytest.approx(0.851, abs=0.0005)
    assert (result.labelled_categories, result.unmapped, result.top1.photos) == (96, 60, 1440)
    assert result.top1_labelled is not None
    assert result.top1_labelled.value > result.top1.value
    json.dumps(result.to_json(), allow_nan=False)


def test_by_hand() -> None:
    table = scene_table()
    airfield, alley, bar = (table.categories.index(n) for n in ("airfield", "alley", "bar"))
    p365 = np.zeros((3, 365))
    p365[0, [airfield, alley, bar]] = [0.5, 0.3, 0.2]  # right
    p365[1, [airfield, alley, bar]] = [0.5, 0.2, 0.3]  # alley only third, bar not labelled
    p365[2, bar] = 1.0  # a label outside the 365
    result = scene_accuracy(p365, categories=["airfield", "alley", "abbey"])
    counts = {
        name: (value.count, value.photos)
        for name, value in vars(result).items()
        if name.startswith("top") and value is not None
    }
    assert counts == {
        "top1": (1, 2),
        "top5": (2, 2),
        "top1_labelled": (1, 2),
        "top5_labelled": (2, 2),
    }
    assert (result.labelled_categories, result.unmapped, result.s3) == (2, 1, None)


def test_group_accuracy_passes_over_photos_without_a_label() -> None:
    probabilities = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]]
    result = group_accuracy(probabilities, ["indoor", "urban", "", "street"])
    assert result is not None
    assert (result.accuracy.count, result.accuracy.photos) == (1, 2)
    assert result.confusion == ((1, 0, 0), (0, 0, 0), (0, 1, 0))
    assert list(result.by_group) == ["indoor", "urban"]
    assert group_accuracy(probabilities, [""] * 4) is None


def test_without_any_label_nothing_is_claimed() -> None:
    as_json = scene_accuracy(np.full((2, 365), 1 / 365)).to_json()
    assert set(as_json.values()) == {None, 0}
