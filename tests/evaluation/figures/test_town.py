"""Models of a real town on the starter's trunk: metres, an external set, models side by side."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import mean_absolute_error

from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import load_predictor
from geoguess_app.evaluation.run.evaluate import run_study
from geoguess_app.evaluation.run.text import study_text
from geoguess_app.evaluation.study.types import PhotoSet, Study, StudyRequest
from geoguess_app.paths import starter_bundle_dir
from tests.evaluation.town import look_at, rows_of, write_models, write_table
from trainer import cli as trainer_cli

pytestmark = pytest.mark.skipif(
    not (starter_bundle_dir() / "bundle.json").is_file(), reason="the starter model is not built"
)
TRAIN, TEST, AWAY = 12, 5, 2


@pytest.fixture(scope="module")
def town(photo_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three bundles, a table of test photos and one of another town."""
    folder = tmp_path_factory.mktemp("town")
    rows = rows_of(photo_sets, "campus")
    order = np.random.default_rng(0).permutation(len(rows))
    chosen = [rows[i] for i in order[: TRAIN + TEST]]
    write_models(look_at(chosen[:TRAIN], photo_sets), folder)
    write_table(folder / "test.csv", chosen[TRAIN:])
    write_table(folder / "away.csv", rows_of(photo_sets, "away")[:AWAY])
    return folder


@pytest.fixture(scope="module")
def study(town: Path, photo_sets: Path) -> tuple[Study, Path]:
    out = town / "out"
    request = StudyRequest(
        main=PhotoSet(town / "test.csv", photo_sets),
        external=PhotoSet(town / "away.csv", photo_sets),
        compare=(town / "regression", town / "cells"),
        ablation=True,
    )
    predictor = load_predictor(town / "retrieval", "cpu")
    return run_study(predictor, request, out, load=lambda path: load_predictor(path, "cpu")), out


def predictions(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    names = ("pred_lat", "pred_lng", "true_lat", "true_lng", "distance_km")
    return {name: np.array([float(row[name]) for row in rows]) for name in names}


def test_distances_fit_the_town_for_every_kind(study: tuple[Study, Path]) -> None:
    found, _ = study
    kinds = [found.main.evaluation, *(pair.second for pair in found.main.comparisons)]
    assert [e.model.kind for e in kinds] == ["retrieval", "regression", "cells"]
    for evaluation in kinds:
        assert evaluation.scale.local
        assert 0.1 < evaluation.model.extent_km < 1.0
        assert 0.2 <= evaluation.scale.thresholds_km[-1] <= 1.0


def test_metres_and_degrees_are_those_of_the_predictions(study: tuple[Study, Path]) -> None:
    _, out = study
    rows = predictions(out / "predictions.csv")
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    km = great_circle_km(*(rows[n] for n in ("true_lat", "true_lng", "pred_lat", "pred_lng")))
    assert rows["distance_km"] == pytest.approx(km, abs=1e-4)
    overall = metrics["overall"]
    assert overall["mean_km"] == pytest.approx(float(np.mean(km)), abs=1e-4)
    assert overall["median_km"] == pytest.approx(float(np.median(km)), abs=1e-4)
    assert overall["rmse_km"] == pytest.approx(float(np.sqrt(np.mean(km**2))), abs=1e-4)
    truth = np.stack([rows["true_lat"], rows["true_lng"]], axis=1)
    answer = np.stack([rows["pred_lat"], rows["pred_lng"]], axis=1)
    assert metrics["degrees"]["both"]["mean_deg"] == pytest.approx(
        mean_absolute_error(truth, answer), abs=1e-6
    )
    with (out / "summary.csv").open(newline="", encoding="utf-8") as stream:
        lines = {row["row"]: row for row in csv.DictReader(stream)}
    assert float(lines["By neighbours 1"]["mean_km"]) == pytest.approx(overall["mean_km"], abs=1e-6)
    assert float(lines["floor (random draw)"]["mean_km"]) > 0
    for km_text, share in overall["accuracy"].items():
        assert share["within"] == int((km <= float(km_text)).sum())


def test_floor_and_ceiling_come_from_the_training_photos(study: tuple[Study, Path]) -> None:
    found, _ = study
    evaluation = found.main.evaluation
    bank = evaluation.model.bank
    assert bank is not None
    assert len(bank.latitude_deg) == TRAIN
    truth = [(a.row.latitude_deg, a.row.longitude_deg) for a in evaluation.answers]
    middle = (bank.latitude_deg.mean(), bank.longitude_deg.mean())
    by_hand = [float(great_circle_km(*middle, *point)) for point in truth]
    assert evaluation.mean_point is not None
    assert evaluation.mean_point.mean_km == pytest.approx(np.mean(by_hand), abs=1e-4)
    assert evaluation.bank_ceiling is not None
    for point, km in zip(truth, evaluation.bank_ceiling.distance_km, strict=True):
        nearest = great_circle_km(*point, bank.latitude_deg, bank.longitude_deg).min()
        assert km == pytest.approx(float(nearest))


def test_comparison_counts_the_flips_of_both_predictions(
    study: tuple[Study, Path], town: Path, photo_sets: Path
) -> None:
    found, out = study
    with (out / "compare.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == TEST
    other = load_predictor(town / "regression", "cpu")
    for row in rows[:3]:
        (answer,) = other.predict_paths([photo_sets / row["img_id"]])
        assert float(row["second_lat"]) == pytest.approx(answer.coordinate.latitude_deg, abs=1e-6)
    pair = found.main.comparisons[0]
    for km, share in pair.accuracy.items():
        first = np.array([float(row["first_distance_km"]) <= km for row in rows])
        second = np.array([float(row["second_distance_km"]) <= km for row in rows])
        assert (share.first_only, share.second_only) == (
            int((first & ~second).sum()),
            int((second & ~first).sum()),
        )
    key = found.main.evaluation.scale.key_km
    flips = {row["img_id"] for row in rows if row["flip"]}
    assert len(flips) == pair.accuracy[key].first_only + pair.accuracy[key].second_only


def test_the_external_set_stands_beside(study: tuple[Study, Path]) -> None:
    found, out = study
    assert found.external is not None
    away = found.external.evaluation
    assert len(away.answers) == AWAY
    assert away.scale == found.main.evaluation.scale
    # Irvine is some sixty kilometres from Los Angeles, where every training photo lies.
    assert 50 < away.metrics.overall.median_km < 80
    assert predictions(out / "external" / "predictions.csv")["distance_km"].size == AWAY
    page = (out / "report.html").read_text(encoding="utf-8")
    for text in (
        *("External set", "away.csv", "In metres and in degrees", "By regression 1"),
        "Contribution of each part",
    ):
        assert text in page, text
    assert page.count("geoguessErrorMap(map_") == 2
    assert (out / "beside.png").is_file()
    assert (out / "compare-2.png").is_file()


DARK_PROBE = """
(() => {
  document.querySelector("details.fold").open = true;
  const night = [...document.querySelectorAll("img.by-night")];
  return JSON.stringify({
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    shown: night.filter((i) => getComputedStyle(i).display !== "none").length,
    night: night.length,
    pictures: [...document.images].every((i) => i.complete && i.naturalWidth > 0),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    broken: [...document.querySelectorAll(".scroll")]
      .filter((e) => e.offsetWidth && e.scrollWidth > e.clientWidth).length,
    maps: document.querySelectorAll(".map .leaflet-container").length,
    unlinked: [...document.querySelectorAll("nav a")]
      .filter((a) => !document.querySelector(a.getAttribute("href"))).length,
  });
})()
"""


def test_the_page_holds_together_in_the_dark(study: tuple[Study, Path], tmp_path: Path) -> None:
    _, out = study
    shot = tmp_path / "dark.png"
    probe = Path(__file__).parents[1] / "page_probe.py"
    done = subprocess.run(
        [sys.executable, str(probe), str(out / "report.html"), str(shot), DARK_PROBE],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
        env={**os.environ, "QTWEBENGINE_CHROMIUM_FLAGS": "--blink-settings=preferredColorScheme=0"},
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert not found["complaints"]
    answer = json.loads(found["answer"])
    assert answer["dark"]
    assert answer["shown"] == answer["night"] > 20
    assert answer["pictures"]
    assert answer["maps"] == 2
    assert (answer["wide"], answer["broken"], answer["unlinked"]) == (0, 0, 0)
    with Image.open(shot) as image:
        assert sum(image.convert("RGB").getpixel((5, 5))) < 150


def test_town_maps_are_pictures_of_the_town(study: tuple[Study, Path]) -> None:
    _, out = study
    for name in ("error_map", "positions", "confidence_and_error", "ablation", "best_and_worst"):
        with Image.open(out / f"{name}.png") as image:
            image.load()
            assert len(image.convert("RGB").getcolors(1 << 24) or []) > 20, name


def test_terminal_says_it_all(study: tuple[Study, Path]) -> None:
    text = study_text(study[0])
    for part in ("always the mean of the training photos", "variant", "photos won and lost", "MAE"):
        assert part in text
    assert "external set away.csv" in text


def test_wrong_wishes_are_one_sentence(
    town: Path, photo_sets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["evaluate", "--photos", str(town / "test.csv"), "--images", str(photo_sets)]
    asked += ["--out", str(town / "wrong")]
    for wrong, words in (
        (["--compare", str(town / "nowhere")], "no such model"),
        (["--external-where", "a=b"], "--external"),
        (["--thresholds", "5m"], "five rising distances"),
    ):
        assert trainer_cli.main([*asked, *wrong]) == 2
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1
    assert not (town / "wrong").exists()
