"""The worth of a trained model: the figures in its own file, and its answers to test photos."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.kit import words
from geoguess_app.ui.kit.words import tr


@dataclass(frozen=True, slots=True)
class TestPhoto:
    """A photo that was not learned from, and how it was answered."""

    path: Path
    truth: Coordinate
    answer: Coordinate
    error_km: float
    r80_km: float
    level: str


@dataclass(frozen=True, slots=True)
class ErrorFigures:
    """Median and mean error in metres."""

    median_m: float
    mean_m: float


@dataclass(frozen=True)
class TrainingResult:
    """The contents of the last page."""

    title: str
    model: Path
    photos: int
    """That it was tested on; 0: nothing is known about it."""
    this: ErrorFigures | None
    floor: ErrorFigures | None
    """The middle of all training photos as the answer to everything."""
    nearest: ErrorFigures | None
    """The place of the most similar training photo."""
    ceiling: ErrorFigures | None
    """Each photo at the place of the training photo that was taken nearest to it."""
    other: ErrorFigures | None
    """Learned and tested with the photos divided the other way."""
    other_words: str
    inside: tuple[int, int, int] | None
    """Test photos inside the radii of 50, 80 and 95%."""
    accuracy: Mapping[str, float]
    """Share of the test photos within so many km."""
    split: str
    chosen: str
    limits: tuple[str, ...]
    """What it cannot do, in sentences."""
    tests: tuple[TestPhoto, ...]
    """The worst first."""
    report: Path | None
    """A page for the browser."""

    @property
    def beats_floor(self) -> bool:
        """Tell whether it is better than knowing nothing but the area."""
        if self.this is None or self.floor is None:
            return True
        return self.this.median_m < self.floor.median_m

    @property
    def verdict(self) -> str:
        """Return what can be expected, in one sentence."""
        if self.this is None:
            return tr("There were no test photos, so its accuracy is unknown.")
        said = tr("Median error on {count} test photos: {near}.").format(
            count=self.photos, near=length(self.this.median_m)
        )
        if self.floor is None or self.beats_floor:
            return said
        return tr(
            "{said} Always answering the centre of your photos would give {floor}, so "
            "the model has learned nothing useful. More photos of more spots will help."
        ).format(said=said, floor=length(self.floor.median_m))


def length(metres: float) -> str:
    """Write a length in metres for people, with three figures."""
    return words.distance(metres / 1000.0)


def read_result(model: Path, work: Path, root: Path | None) -> TrainingResult:
    """Read the result of a finished run; raises GeoGuessError where the model cannot be read."""
    manifest = open_bundle(model).manifest
    figures = manifest.evaluation
    training = figures.get("training", {})
    folder = next((path for path in _evaluations(work) if path.is_dir()), None)
    tests = _tests(folder / "predictions.csv", root) if folder else ()
    page = folder / "report.html" if folder else None
    inside = figures.get("inside_50_80_95")
    other = figures.get("other_split")
    return TrainingResult(
        title=manifest.title,
        model=model,
        photos=int(figures.get("photos", 0)),
        this=_figures(figures),
        floor=_figures(figures.get("floor_mean_point")),
        nearest=_figures(figures.get("nearest_neighbour")),
        ceiling=_figures(figures.get("ceiling_nearest_photo")),
        other=_figures(other),
        other_words=str(other.get("split", "")) if other else "",
        inside=tuple(inside) if inside else None,
        accuracy={str(km): float(share) for km, share in figures.get("accuracy", {}).items()},
        split=str(figures.get("split", training.get("split", ""))),
        chosen=str(training.get("chosen", "")),
        limits=tuple(_limits(manifest.kind, figures)),
        tests=tests,
        report=page if page is not None and page.is_file() else None,
    )


def _evaluations(work: Path) -> tuple[Path, Path]:
    return work / "evaluation", work / "run" / "evaluation"


def _figures(value: Any) -> ErrorFigures | None:
    if not isinstance(value, Mapping) or "median_m" not in value:
        return None
    return ErrorFigures(float(value["median_m"]), float(value["mean_m"]))


def _limits(kind: str, figures: Mapping[str, Any]) -> list[str]:
    """A model of an area knows nothing else; how well it notices was measured, or cannot be."""
    strangers, count = figures.get("elsewhere"), int(figures.get("photos", 0))
    said = [tr("It knows only the area of your photos.")]
    if kind == "cells" and not figures.get("inside_50_80_95"):
        said = [tr("It knows only the places shown in its training photos.")]
    if strangers:
        said.append(
            tr(
                "It answers “cannot tell” for {told} of {photos} photos from elsewhere "
                "and for {missed} of its own {count} test photos; the other outside "
                "photos are placed in your area."
            ).format(
                told=strangers["cannot_tell"],
                photos=strangers["photos"],
                missed=figures.get("cannot_tell", 0),
                count=count,
            )
        )
    elif figures.get("inside_50_80_95"):
        said.append(
            tr(
                "It answers “cannot tell” for {missed} of its {count} test photos. How "
                "well it recognises photos from elsewhere was not measured."
            ).format(missed=figures.get("cannot_tell", 0), count=count)
        )
    if 0 < count < 50:
        said.append(
            tr("With {count} test photos, the margin of error is about ±{share}.").format(
                count=count, share=_by_chance(count)
            )
        )
    return said


def _by_chance(count: int) -> str:
    """How far the median of so many errors would differ with other photos: about 1/√n of it."""
    return words.percent(round(10.0 / math.sqrt(count)) / 10.0)


def _tests(path: Path, root: Path | None) -> tuple[TestPhoto, ...]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError:
        return ()
    found = [_test(row, root) for row in rows]
    return tuple(sorted(found, key=lambda test: test.error_km, reverse=True))


def _test(row: Mapping[str, str], root: Path | None) -> TestPhoto:
    name = Path(row["img_id"])
    return TestPhoto(
        path=root / name if root is not None else name,
        truth=Coordinate(float(row["true_lat"]), float(row["true_lng"])),
        answer=Coordinate(float(row["pred_lat"]), float(row["pred_lng"])),
        error_km=float(row["distance_km"]),
        r80_km=float(row["r80_km"]),
        level=row["level"],
    )
