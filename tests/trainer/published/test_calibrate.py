"""``geoguess-train calibrate``: a model with a gallery, tried on located photos of one's own."""

from __future__ import annotations

import io
import subprocess
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.errors import BundleError
from geoguess_app.core.predictor import Predictor
from tests.core.tiny_bundle import shared_parts
from tests.trainer.published.sets import answers_to, gallery_of, look_alike_photos
from trainer.cli import main
from trainer.common.errors import TrainError
from trainer.published.calibrate import calibrate
from trainer.published.located import read_located


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return look_alike_photos(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def model(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gallery_of(photos, tmp_path_factory.mktemp("model"), lambda number: number % 4 > 0)


@pytest.fixture(scope="module")
def calibrated(
    model: Path, photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The model written by the command, and what the command said."""
    out = tmp_path_factory.mktemp("out") / "calibrated.geomodel"
    arguments = ["calibrate", str(model), "--photos", str(photos), "--out", str(out)]
    said = io.StringIO()
    with redirect_stdout(said):
        assert main([*arguments, "--device", "cpu", "--quiet"]) == 0
    return out, said.getvalue()


def test_what_it_says_of_its_confidence_comes_true(
    calibrated: tuple[Path, str], photos: Path
) -> None:
    out, command_said = calibrated
    assert "is calibrated on 320 photos" in command_said
    bundle = open_bundle(out)
    assert bundle.manifest.title.endswith("(calibrated)")
    after = Predictor(bundle, device="cpu")
    calibration = after.decision_model.calibration
    assert calibration.basis == "photos"
    right, said = answers_to(after, photos, 120)
    assert np.mean(said) == pytest.approx(np.mean(right), abs=0.12)
    assert np.corrcoef(said, right)[0, 1] > 0.3


def test_the_card_says_which_photos_and_keeps_the_rest(
    model: Path, calibrated: tuple[Path, str]
) -> None:
    out, _ = calibrated
    before = open_bundle(model).read_file("MODEL_CARD.md").decode()
    after = open_bundle(out).read_file("MODEL_CARD.md").decode()
    assert "Not calibrated on photos of yours" in before
    assert "Not calibrated on photos of yours" not in after
    assert "Calibrated on 320 located photos" in after
    assert "disturbance of the pixels" in after
    mine, other = open_bundle(model).manifest.files, open_bundle(out).manifest.files
    weights = [name for name in mine if name.endswith(".safetensors")]
    assert [mine[name] for name in weights] == [other[name] for name in weights]


def test_too_few_photos_change_nothing(model: Path, photos: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("\n".join(photos.read_text().splitlines()[:50]))
    out = tmp_path / "m.geomodel"
    with pytest.raises(TrainError, match=r"49 photos with a position of their own; .* needs 300"):
        calibrate(model, few, out, images=photos.parent, device="cpu")
    assert not out.exists()


def test_a_model_without_a_gallery_is_refused(photos: Path, tmp_path: Path) -> None:
    parts = shared_parts()
    other = write_bundle(
        tmp_path / "cells.geomodel",
        parts.manifest,
        parts.partitions,
        parts.tensors,
        parts.extra_files,
    )
    with pytest.raises(BundleError, match="is not a model with a gallery"):
        calibrate(other, photos, other, device="cpu")


def test_of_a_folder_only_photos_count_that_were_not_placed_by_this_program(
    tmp_path: Path,
) -> None:
    for name in ("known", "estimate", "none"):
        Image.new("RGB", (40, 30)).save(tmp_path / f"{name}.jpg")
    gps = ["-GPSLatitude=48.5", "-GPSLatitudeRef=N", "-GPSLongitude=2.5", "-GPSLongitudeRef=E"]
    method = ["-GPSProcessingMethod=ML-ESTIMATE Starter"]
    for name, more in (("known", []), ("estimate", method)):
        subprocess.run(
            ["exiftool", "-q", "-overwrite_original", *gps, *more, tmp_path / f"{name}.jpg"],
            check=True,
        )
    located = read_located(tmp_path)
    assert [path.name for path in located.paths] == ["known.jpg"]
    assert located.left_out == 2
    assert located.latitude_deg[0] == pytest.approx(48.5)
