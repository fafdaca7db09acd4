"""One self-contained page about an evaluation: tables, figures, photos and an offline map.

Nothing in it refers to anything outside: pictures are data URIs, scripts and styles stand in the
page, and its security policy forbids loading. Texts from tables and photos are escaped.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.scenes import scene_table
from geoguess_app.core.types import Level
from geoguess_app.evaluation import report_tables as tables
from geoguess_app.evaluation.error_map import error_map
from geoguess_app.evaluation.evaluation import Evaluation
from geoguess_app.evaluation.metrics import FEW_SPOTS
from geoguess_app.evaluation.names import kilometres, percent
from geoguess_app.paths import resource_dir

THUMBNAIL_PIXELS = 360
SHOWN_FAILURES = 50

_CAPTIONS = {
    "accuracy": (
        "Accuracy between floor and ceiling",
        "Bars: this model, with 95 % intervals. A model with a retrieval bank may pass the "
        "ceiling of cell means, since it answers with a look-alike's place, not with the mean.",
    ),
    "cumulative": (
        "Share of photos within any distance",
        "Every photo counted, however exact its true position is.",
    ),
    "accuracy_by_confidence": (
        "Accuracy among the most confident answers",
        "Read from the right: all photos answered. To the left, only the more confident ones.",
    ),
    "calibration": (
        "Calibration",
        "On the dotted line, confidence is exactly what comes true; below it the model is too "
        "sure of itself. Right: how often the truth lay inside each radius.",
    ),
    "error_histogram": ("Histogram of errors", "Number of photos by distance, logarithmic."),
    "error_boxes": (
        "Errors by group",
        "Boxes: the middle half, the line its median; whiskers: 5 to 95 %. Groups of fewer than "
        "5 photos are left out.",
    ),
}


@dataclass(frozen=True)
class _Picture:
    light: str
    dark: str
    title: str
    caption: str


def build_report(
    evaluation: Evaluation,
    light: Mapping[str, bytes],
    dark: Mapping[str, bytes],
    *,
    created: datetime | None = None,
) -> str:
    """The whole page as text. ``light`` and ``dark`` hold the figures (PNG) by name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = resource_dir() / "report"
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
    )
    scene_names = scene_table().s3_names
    return environment.get_template("report.html").render(
        title=f"How well {evaluation.model.name} locates photos",
        css=(folder / "report.css").read_text(encoding="utf-8"),
        facts=_facts(evaluation, created),
        headline=_headline(evaluation),
        notices=_notices(evaluation),
        tiles=_tiles(evaluation),
        accuracy=tables.accuracy_table(evaluation, every_photo=False),
        every_photo=tables.accuracy_table(evaluation, every_photo=True),
        figures=_pictures(light, dark),
        map=error_map(evaluation) if evaluation.answers else None,
        best=[_photo(evaluation, index) for index in evaluation.metrics.best],
        worst=[_photo(evaluation, index) for index in evaluation.metrics.worst],
        coverage=tables.coverage_rows(evaluation),
        groups=tables.group_tables(evaluation),
        partitions=tables.partition_table(evaluation),
        scenes=_scenes(evaluation, scene_names),
        failed=_failed(evaluation)[:SHOWN_FAILURES],
        more_failed=max(0, len(_failed(evaluation)) - SHOWN_FAILURES),
        footer=(
            "Made by GeoGuess on this computer; the page loads nothing from elsewhere. Map drawn "
            "with Leaflet (BSD 2-clause); land and borders from Natural Earth (public domain)."
        ),
    )


def _facts(evaluation: Evaluation, created: datetime | None) -> str:
    model, table = evaluation.model, evaluation.table
    chosen = f" where {' and '.join(evaluation.where)}" if evaluation.where else ""
    parts = [
        f"{table.path.name}{chosen}",
        f"{len(evaluation.answers):,} photos located",
        f"{model.crops} crops a photo on {model.device}",
    ]
    if model.partitions:
        cells = " / ".join(f"{partition.size:,}" for partition in model.partitions)
        parts.append(f"{cells} cells")
    if created is not None:
        parts.append(f"{created:%Y-%m-%d %H:%M}")
    return " · ".join(parts)


def _headline(evaluation: Evaluation) -> list[str]:
    if not evaluation.answers:
        return ["Not one photo could be located, so there is nothing to measure."]
    overall = evaluation.metrics.overall
    city = overall.accuracy[25.0]
    sentences = [
        f"Half of the answers lie within {kilometres(overall.median_km)} of the true position."
    ]
    if city.photos:
        sentences[0] += (
            f" {percent(city.value)} of the {city.photos:,} photos whose position is exact enough "
            f"are right within 25 km"
        )
        if evaluation.floor is not None and evaluation.ceiling is not None:
            best = evaluation.ceiling.summary.accuracy[25.0].value
            sentences[0] += (
                f"; a blind draw would reach {percent(evaluation.floor.accuracy[25.0])}, a perfect "
                f"choice of cell {percent(best)}"
            )
        sentences[0] += "."
    silent = evaluation.metrics.by.get("level", {}).get(str(Level.CANNOT_TELL))
    if silent is not None:
        share = silent.summary.photos / len(evaluation.answers)
        sentences.append(
            f"For {percent(share, digits=0)} of the photos it says itself that it cannot tell."
        )
    return sentences


def _notices(evaluation: Evaluation) -> list[str]:
    notices = []
    seen = evaluation.likely_seen
    if seen:
        notices.append(
            f"{seen:,} of the {len(evaluation.answers):,} photos look identical to photos that the "
            "model was built from. Being right on those proves nothing: measure with photos that "
            "it never saw."
        )
    lost = len(evaluation.misses) + len(evaluation.table.bad_rows)
    if lost:
        rows = "row has" if lost == 1 else "rows have"
        notices.append(
            f"{lost:,} {rows} no answer (unreadable or missing photo, or no usable position) and "
            "no part in the figures; see the end of this page."
        )
    if 0 < len(evaluation.answers) < 100:
        notices.append("Fewer than 100 photos: the intervals are wide, single photos matter.")
    spots = evaluation.spots
    if 0 < spots < FEW_SPOTS:
        notices.append(
            f"All photos come from {spots} {'spot' if spots == 1 else 'spots'} of 0.01°: this says "
            "how the model does there, not elsewhere."
        )
    outside = evaluation.ceiling.outside_cells if evaluation.ceiling is not None else 0
    if outside:
        notices.append(
            f"{outside:,} of the true positions lie in none of the model's cells, where no choice "
            "of cell can be right."
        )
    return notices


def _tiles(evaluation: Evaluation) -> list[dict[str, str]]:
    if not evaluation.answers:
        return []
    overall = evaluation.metrics.overall
    tiles = [("median distance from the true position", kilometres(overall.median_km))]
    if overall.accuracy[25.0].photos:
        tiles.append(("right within 25 km", percent(overall.accuracy[25.0].value)))
    tiles.append(("right within 750 km", percent(overall.accuracy[750.0].value)))
    if evaluation.right_country is not None:
        tiles.append(("in the right country", percent(evaluation.right_country.value)))
    calibration = evaluation.metrics.calibration
    if calibration is not None:
        covered = calibration.coverage[80]
        tiles.append(("of “80 % within” radii held the truth", percent(covered.value)))
    fine = evaluation.metrics.by.get("level", {}).get(str(Level.FINE))
    if fine is not None and fine.summary.accuracy[25.0].photos:
        judged = fine.summary.accuracy[25.0]
        text = f"of the {judged.photos:,} answers at level “fine” were within 25 km"
        tiles.append((text, percent(judged.value)))
    return [{"text": text, "value": value} for text, value in tiles]


def _pictures(light: Mapping[str, bytes], dark: Mapping[str, bytes]) -> dict[str, _Picture | None]:
    pictures: dict[str, _Picture | None] = dict.fromkeys(_CAPTIONS)
    for name, image in light.items():
        title, caption = _CAPTIONS[name]
        pictures[name] = _Picture(
            data_uri(image, "image/png"), data_uri(dark[name], "image/png"), title, caption
        )
    return pictures


def _photo(evaluation: Evaluation, index: int) -> dict[str, Any]:
    answer = evaluation.answers[index]
    place = ", ".join(part for part in (answer.place.city, answer.place.country) if part)
    where = f"put near {place}" if place else "put where nothing is named"
    said = f"{where}, confidence {percent(answer.confidence, digits=0)}"
    return {
        "index": index,
        "file": answer.row.file,
        "error": f"{kilometres(float(evaluation.metrics.distance_km[index]))} off",
        "said": said,
        "thumbnail": thumbnail(answer.path),
    }


def thumbnail(path: Path) -> str | None:
    """The photo as a small JPEG data URI without metadata, or None if it cannot be read."""
    from geoguess_app.core.preprocess import open_upright

    try:
        image = open_upright(path, min_side=THUMBNAIL_PIXELS)
    except PhotoError:
        return None
    image.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=80)
    return data_uri(buffer.getvalue(), "image/jpeg")


def data_uri(content: bytes, media_type: str) -> str:
    """The content as a data: address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _scenes(evaluation: Evaluation, names: tuple[str, ...]) -> dict[str, Any] | None:
    if evaluation.scene is None:
        return None
    right = evaluation.scene.accuracy
    return {
        "text": (
            f"{percent(right.value)} of the {right.photos:,} labelled photos got the right one of "
            "the three groups."
        ),
        "names": names,
        "rows": tables.scene_rows(evaluation, names),
    }


def _failed(evaluation: Evaluation) -> list[dict[str, Any]]:
    bad = [{"line": b.line, "file": b.file, "reason": b.reason} for b in evaluation.table.bad_rows]
    missed = [{"line": m.line, "file": m.file, "reason": m.reason} for m in evaluation.misses]
    return sorted(bad + missed, key=lambda row: int(str(row["line"])))
