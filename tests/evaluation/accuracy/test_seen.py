"""Measuring a model on the photos it was built from is noticed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.predictor import Predictor
from geoguess_app.evaluation.report.build import DrawnFigures, build_report
from geoguess_app.evaluation.run.evaluate import evaluate
from geoguess_app.evaluation.run.text import summary_text
from geoguess_app.evaluation.study.types import SetStudy, Study
from tests.core.tiny_bundle import shared_parts


@pytest.fixture(scope="module")
def taught(album: Path, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """The small bundle with a bank that holds the album's photos but one."""
    folder = tmp_path_factory.mktemp("taught")
    parts = shared_parts()
    write_bundle(folder / "a", parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    first = Predictor(open_bundle(folder / "a"), "cpu", crops=1)
    photos = sorted((album / "world").glob("[0-9]*.jpg"))[1:]
    run = first.engine.run(np.concatenate([first.prepare(path) for path in photos]))
    bank = dict(parts.tensors["weights/bank.safetensors"])
    known = np.asarray(run.embeddings(np.arange(len(photos))), dtype=np.float64)
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    bank["embeddings"] = bank["embeddings"].copy()
    bank["embeddings"][: len(photos)] = known.astype(np.float16)
    parts = replace(parts, tensors={**parts.tensors, "weights/bank.safetensors": bank})
    write_bundle(folder / "b", parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    return Predictor(open_bundle(folder / "b"), "cpu", crops=1)


def test_training_photos_are_noticed(taught: Predictor, album: Path, tmp_path: Path) -> None:
    known = sorted((album / "world").glob("[0-9]*.jpg"))[1:4]
    for path in known:
        shutil.copy(path, tmp_path / path.name)
    rows = "".join(f"{path.name},48.0,2.0\n" for path in known)
    (tmp_path / "t.csv").write_text(f"file,latitude,longitude\n{rows}")
    evaluation = evaluate(taught, tmp_path / "t.csv", tmp_path, tmp_path / "out", report=False)
    assert evaluation.likely_seen == 3
    assert "caution: 3 of them" in summary_text(evaluation)
    page = build_report(Study(SetStudy(evaluation)), [DrawnFigures({}, {})])
    assert "3 of the 3 photos look identical" in page
