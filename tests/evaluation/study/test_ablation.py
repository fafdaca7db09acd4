"""Variants are the predictor's own answers, and cost each different crop one pass."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.decision.model import decision_model
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import Coordinate
from geoguess_app.evaluation.answers.collect import PredictionWithVariants
from geoguess_app.evaluation.answers.variant_predictor import VariantPredictor
from geoguess_app.evaluation.answers.variants import COMPLETE, variants_of
from geoguess_app.evaluation.run.evaluate import run_study
from geoguess_app.evaluation.study.types import PhotoSet, Study, StudyRequest
from geoguess_app.paths import starter_bundle_dir
from tests.core.tiny_bundle import Parts, shared_parts


def written(parts: Parts, path: Path) -> Path:
    return write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(shared_parts(), tmp_path_factory.mktemp("ablation") / "tiny")


@pytest.fixture(scope="module")
def answered(
    bundle: Path, album: Path
) -> tuple[list[Path], list[PredictionWithVariants], VariantPredictor]:
    photos = sorted((album / "world").glob("[0-9]*.jpg"))[:5]
    varied = VariantPredictor(Predictor(open_bundle(bundle), "cpu"))
    answers = varied.predict([varied.prepare(path) for path in photos])
    assert all(isinstance(answer, PredictionWithVariants) for answer in answers)
    return photos, answers, varied  # type: ignore[return-value]


def said(predictor: Predictor, photos: list[Path]) -> list[Coordinate]:
    return [prediction.coordinate for prediction in predictor.predict_paths(photos)]


def test_the_complete_model_answers_as_without_variants(answered: Any, bundle: Path) -> None:
    photos, answers, _ = answered
    plain = Predictor(open_bundle(bundle), "cpu").predict_paths(photos)
    for one, other in zip(plain, answers, strict=True):
        assert one.coordinate == other.coordinate == other.variants[COMPLETE]
        assert (one.radii, one.confidence, one.level) == (
            other.radii,
            other.confidence,
            other.level,
        )


@pytest.mark.parametrize("crops", [1, 5, 10])
def test_other_numbers_of_crops_are_what_the_option_gives(
    answered: Any, bundle: Path, crops: int
) -> None:
    photos, answers, _ = answered
    name = "1 crop" if crops == 1 else f"{crops} crops"
    expected = said(Predictor(open_bundle(bundle), "cpu", crops=crops), photos)
    assert [answer.variants[name] for answer in answers] == expected


def test_without_a_part_is_a_bundle_without_it(answered: Any, tmp_path: Path) -> None:
    photos, answers, _ = answered
    parts = shared_parts()
    unused = {"weights/bank.safetensors", "weights/projection.safetensors"}
    kept = {name: arrays for name, arrays in parts.tensors.items() if name not in unused}
    bare = replace(parts.but(retrieval=None), tensors=kept)
    cases = {
        "without look-alikes": bare,
        "scene networks mixed": parts.but(routing="mix"),
    }
    for number, (name, changed) in enumerate(cases.items()):
        predictor = Predictor(open_bundle(written(changed, tmp_path / str(number))), "cpu")
        assert [answer.variants[name] for answer in answers] == said(predictor, photos), name


def test_one_partition_alone_answers_with_its_likeliest_cells_mean(
    answered: Any, bundle: Path
) -> None:
    photos, answers, varied = answered
    predictor = Predictor(open_bundle(bundle), "cpu")
    model = replace(predictor.decision_model, context_networks=None, bank=None)
    for path, answer in zip(photos, answers, strict=True):
        run = predictor.engine.run(predictor.prepare(path))
        raw = predictor.raw_outputs(run, np.arange(predictor.crops), every_network=True)
        whole = predictor.answer(raw, model)
        for partition in predictor.bundle.partitions:
            best = int(whole.cell_probabilities[partition.name].argmax())
            spot = answer.variants[f"{partition.name} cells alone"]
            off_km = great_circle_km(
                spot.latitude_deg,
                spot.longitude_deg,
                partition.mean_latitude_deg[best],
                partition.mean_longitude_deg[best],
            )
            assert float(off_km) == pytest.approx(0, abs=1e-6)
    assert len({variant.name for variant in varied.variants}) == len(varied.variants)


def test_each_different_crop_passes_the_trunk_once(
    answered: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, _, _ = answered
    varied = VariantPredictor(Predictor(open_bundle(bundle), "cpu"))
    trunk = varied._predictor.engine.trunk("main")
    passed: list[int] = []
    real = trunk.run_blocks

    def counting(values: Any, *block: int) -> Any:
        if not block or block[0] == 0:
            passed.append(len(values))
        return real(values, *block)

    monkeypatch.setattr(trunk, "run_blocks", counting)
    crops = varied.prepare(photos[0])
    assert len(crops) == 1 + 3 + 10
    varied.predict([crops])
    assert sum(passed) == len({crop.tobytes() for crop in crops}) == 13


@pytest.fixture(scope="module")
def study(
    bundle: Path, album: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, Path]:
    out = tmp_path_factory.mktemp("study")
    photo_set = PhotoSet(album / "table.csv", album)
    predictor = Predictor(open_bundle(bundle), "cpu", crops=1)
    return run_study(predictor, StudyRequest(photo_set, ablation=True), out, report=False), out


def test_the_table_counts_what_the_variants_said(study: tuple[Study, Path]) -> None:
    found, out = study
    evaluation, rows = found.main.evaluation, found.main.ablation
    complete = next(row for row in rows if row.complete)
    assert complete.summary.accuracy == evaluation.metrics.overall.accuracy
    assert all(not share.difference for share in complete.difference.values())
    with (out / "ablation.csv").open(newline="", encoding="utf-8") as stream:
        table = {row["variant"]: row for row in csv.DictReader(stream)}
    assert list(table) == [row.name for row in rows]
    for name in ("coarse cells alone", "10 crops", "the nearest look-alike alone"):
        within = 0
        for answer in evaluation.answers:
            spot = answer.variants[name]
            off_km = great_circle_km(
                answer.row.latitude_deg,
                answer.row.longitude_deg,
                spot.latitude_deg,
                spot.longitude_deg,
            )
            within += bool(off_km <= 2500)
        assert float(table[name]["within_2500_km"]) == pytest.approx(
            within / len(evaluation.answers), abs=1e-6
        )
    in_json = json.loads((out / "metrics.json").read_text(encoding="utf-8"))["ablation"]
    assert [row["variant"] for row in in_json] == list(table)


def test_bundles_without_a_part_have_no_variant_of_it() -> None:
    model = decision_model(open_bundle(starter_bundle_dir()))
    bare = replace(model, bank=None, context_networks=None)
    names = {variant.name for variant in variants_of(bare, "cells", 3)}
    assert not any("look-alike" in name or "scene network" in name for name in names)
    assert "without hierarchy (finest cells alone)" in names
    found = [variant.name for variant in variants_of(bare, "regression", 1)]
    assert found == [COMPLETE, "3 crops", "5 crops", "10 crops"]
