"""A small real bundle, an album of real photos with faults among them, and its evaluation."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.predictor import Predictor
from geoguess_app.evaluation.run.evaluate import evaluate
from geoguess_app.evaluation.study.evaluation import Evaluation
from tests.core.tiny_bundle import shared_parts

STRANGE_NAME = "world/a<b onclick=1>&'\".jpg"
"""A legal file name that would break a page that took it for markup."""
PHOTOS = 13
"""How many of the album's photos can be located."""


@pytest.fixture(scope="session")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    parts = shared_parts()
    path = tmp_path_factory.mktemp("bundle") / "tiny"
    write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    return Predictor(open_bundle(path), "cpu", crops=1)


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory, photo_sets: Path) -> Path:
    """Real photos with their real table rows, then one truncated, one missing, one bad row."""
    folder = tmp_path_factory.mktemp("album")
    with (photo_sets / "world.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "test"][: PHOTOS - 1]
    for row in rows:
        target = folder / row["file"]
        target.parent.mkdir(exist_ok=True)
        shutil.copy(photo_sets / row["file"], target)
    whole = (folder / rows[0]["file"]).read_bytes()
    (folder / "world" / "<cut>.jpg").write_bytes(whole[:700])
    strange = {**rows[1], "file": STRANGE_NAME}
    shutil.copy(folder / rows[1]["file"], folder / STRANGE_NAME)
    extra = [
        {**rows[0], "file": "world/<cut>.jpg"},
        {**rows[0], "file": "world/missing.jpg"},
        {**rows[0], "file": "world/nowhere.jpg", "latitude": "north"},
    ]
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows([extra[0], *rows[:6], *extra[1:], *rows[6:], strange])
    return folder


@pytest.fixture(scope="session")
def result(
    predictor: Predictor, album: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Evaluation, Path]:
    out = tmp_path_factory.mktemp("out") / "new" / "folder"
    steps: list[tuple[int, int]] = []
    evaluation = evaluate(
        predictor, album / "table.csv", album, out, progress=lambda *step: steps.append(step)
    )
    assert steps[-1] == (PHOTOS + 2, PHOTOS + 2)
    return evaluation, out
