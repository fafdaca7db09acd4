"""The report on every photo of a set: for people, for programs, and to look at."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geoguess_app.core.errors import TableError
from geoguess_app.core.format import plain_spaces, threshold
from geoguess_app.files.atomic import atomic_text_file, make_folder, replace_file
from trainer.data.filters import REASONS, FilterSettings, FilterVerdict
from trainer.data.point_map import PointGroup, point_page, point_picture
from trainer.data.source import PhotoSource
from trainer.data.surveyed import SurveyedColumns

_EXAMPLES = 5
_COLOURS = ("#c2570c", "#a3224a", "#7a5c00", "#6a2c91", "#3b6fb5", "#00929c")
_KEPT_COLOUR = "#1f6feb"
_MOST_LISTED = 1000


@dataclass(frozen=True)
class PhotoSurvey:
    """The contents of the report on a set of photos."""

    source: PhotoSource
    columns: SurveyedColumns
    verdict: FilterVerdict
    settings: FilterSettings
    written_to: Path
    doubt: str | None
    """Why the whole table's coordinates look swapped, if they do."""

    @property
    def rows(self) -> int:
        """Return how many photos were looked at."""
        return int(self.verdict.reason.size)

    @property
    def kept(self) -> int:
        """Return how many of them stay."""
        return int(self.verdict.kept.sum())


def write_photo_report(folder: Path, account: PhotoSurvey) -> None:
    """Write report.json, report.md, dropped.csv, points.png and map.html. Raises GeoGuessError."""
    make_folder(folder)
    _write_dropped(folder / "dropped.csv", account)
    replace_file(folder / "report.json", _json(account).encode("utf-8"))
    replace_file(folder / "report.md", _markdown(account).encode("utf-8"))
    groups = _groups(account)
    title = f"Photos of {account.source.path.name}"
    replace_file(folder / "points.png", point_picture(groups, title))
    page = point_page(groups, title, _summary(account))
    replace_file(folder / "map.html", page.encode("utf-8"))


def _summary(account: PhotoSurvey) -> str:
    return f"{account.kept:,} of {account.rows:,} photos kept."


def _write_dropped(path: Path, account: PhotoSurvey) -> None:
    names = account.columns.table["file_name"]
    try:
        with atomic_text_file(path) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["row", "file_name", "reason", "detail"])
            for row, reason in _dropped_rows(account.verdict):
                detail = account.verdict.details.get(row, "")
                writer.writerow([row + 1, names[row].as_py(), reason, detail])
    except OSError as error:
        raise TableError(
            f"{path}: cannot be written ({error.strerror}).", code="unwritable"
        ) from error


def _dropped_rows(verdict: FilterVerdict) -> list[tuple[int, str]]:
    words = list(REASONS)
    rows = np.flatnonzero(verdict.reason >= 0)
    return [(row, words[int(verdict.reason[row])]) for row in rows.tolist()]


def _json(account: PhotoSurvey) -> str:
    names, verdict = account.columns.table["file_name"], account.verdict
    settings = asdict(account.settings) | {"keep": sorted(account.settings.keep)}
    dropped = _dropped_rows(verdict)
    value: dict[str, Any] = {
        "source": str(account.source.path),
        "kind": account.source.kind,
        "photos_folder": str(account.source.root) if account.source.root else None,
        "columns": dict(account.source.roles),
        "written_to": str(account.written_to),
        "photos": account.rows,
        "kept": account.kept,
        "dropped": verdict.counts(),
        "kept_against_a_filter": dict(verdict.kept_anyway),
        "malformed_rows": account.source.malformed[:_MOST_LISTED],
        "looks_swapped": account.doubt,
        "left_out": account.source.left_out.sentences(),
        "settings": settings,
        "bounds_deg": _bounds(account),
        "dropped_files_csv": "dropped.csv",
        "dropped_files": [
            {
                "file_name": names[row].as_py(),
                "reason": reason,
                "detail": verdict.details.get(row, ""),
            }
            for row, reason in dropped[:_MOST_LISTED]
        ],
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _bounds(account: PhotoSurvey) -> dict[str, float] | None:
    kept = account.verdict.kept
    lat, lon = account.columns.latitude_deg[kept], account.columns.longitude_deg[kept]
    if not lat.size:
        return None
    return {
        "south": float(lat.min()),
        "north": float(lat.max()),
        "west": float(lon.min()),
        "east": float(lon.max()),
    }


def _markdown(account: PhotoSurvey) -> str:
    out = io.StringIO()
    say = out.write
    say(f"# Photos of {account.source.path.name}\n\n{_summary(account)} ")
    say(f"Table: `{account.written_to}`.\n\n")
    if account.doubt:
        say(f"**Latitude and longitude may be swapped**: {account.doubt}.\n\n")
    if account.source.root is None:
        say("No pictures were found, so only the coordinates were checked.\n\n")
    counts = account.verdict.counts()
    if counts:
        say("| dropped because | photos | for example |\n|---|---|---|\n")
    for reason, count in counts.items():
        say(f"| {reason}: {REASONS[reason]} | {count:,} | {_examples(account, reason)} |\n")
    for reason, count in account.verdict.kept_anyway.items():
        say(f"\nKept although {REASONS[reason]}: {count:,}.\n")
    for sentence in account.source.left_out.sentences():
        say(f"\n{sentence}\n")
    if account.source.malformed:
        say(f"\n{len(account.source.malformed):,} rows could not be read; the first: ")
        say(f"{account.source.malformed[0]}.\n")
    say(f"\n{_thresholds(account.settings)}\n\nAll dropped files: `dropped.csv`. ")
    say("Maps of the photos: `map.html`, `points.png`.\n")
    return out.getvalue()


def _examples(account: PhotoSurvey, reason: str) -> str:
    names, verdict = account.columns.table["file_name"], account.verdict
    rows = np.flatnonzero(verdict.reason == list(REASONS).index(reason))[:_EXAMPLES].tolist()
    texts = []
    for row in rows:
        detail = verdict.details.get(row)
        name = str(names[row].as_py()).replace("|", "\\|").replace("`", "'")
        texts.append(f"`{name}`" + (f" ({detail})" if detail else ""))
    return "<br>".join(texts)


def _thresholds(settings: FilterSettings) -> str:
    copies = f"{settings.duplicate_bits} of 64 bits" if settings.duplicate_bits >= 0 else "off"
    values: Mapping[str, str] = {
        "shorter side at least": f"{settings.min_side_px} px",
        "sharpness (variance of the Laplacian at a short side of 256 px) at least": (
            f"{settings.min_sharpness:g}"
        ),
        "copies differ in at most": copies,
        "farthest from the photo's own position": plain_spaces(
            threshold(settings.gps_tolerance_km)
        ),
        "fastest travel between photos": f"{settings.max_speed_kmh:g} km/h",
        "oldest position": f"{settings.max_fix_age_hours:g} h",
    }
    return "Thresholds: " + "; ".join(f"{name} {value}" for name, value in values.items()) + "."


def _groups(account: PhotoSurvey) -> list[PointGroup]:
    verdict, columns = account.verdict, account.columns
    on_earth = (np.abs(columns.latitude_deg) <= 90) & (np.abs(columns.longitude_deg) <= 180)
    names = columns.table["file_name"]
    groups = []
    kinds = [("kept", _KEPT_COLOUR, -1)]
    for number, reason in enumerate(REASONS):
        kinds.append((f"dropped: {reason}", _COLOURS[number % len(_COLOURS)], number))
    for name, colour, code in kinds:
        rows = np.flatnonzero((verdict.reason == code) & on_earth)
        if rows.size or code < 0:
            # Names are only shown where photos are few enough to be told apart.
            labels = names.take(rows).to_pylist() if rows.size <= 20_000 else None
            lat, lon = columns.latitude_deg[rows], columns.longitude_deg[rows]
            groups.append(PointGroup(name, colour, lat, lon, labels))
    return groups
