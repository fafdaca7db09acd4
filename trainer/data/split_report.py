"""Split report: what a division looks like and what leaks through it, for people and for
programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from geoguess_app.core.format import precise_percent
from geoguess_app.core.types import FloatArray
from geoguess_app.files.atomic import make_folder, replace_file
from trainer.data.leaks import Leak
from trainer.data.point_map import PointGroup, point_page, point_picture
from trainer.data.split import NOWHERE, SPLITS, SplitArray

_COLOURS = {"train": "#1f6feb", "val": "#d99a00", "test": "#a3224a"}


@dataclass(frozen=True, eq=False)
class SplitReport:
    """A split table and how it came about."""

    table: Path
    written_to: Path
    by: str
    seed: int
    ratios: tuple[float, float, float]
    split: SplitArray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    leaks: Sequence[Leak]
    notes: Sequence[str]
    warning: str | None

    def counts(self) -> dict[str, int]:
        """Photos per part, and in none."""
        counts = {name: int((self.split == part).sum()) for part, name in enumerate(SPLITS)}
        left_out = int((self.split == NOWHERE).sum())
        return counts | ({"left out": left_out} if left_out else {})


def write_split_report(folder: Path, division: SplitReport) -> None:
    """Write report.json, report.md, points.png and map.html. Raises GeoGuessError."""
    make_folder(folder)
    replace_file(folder / "report.json", _json(division).encode("utf-8"))
    replace_file(folder / "report.md", _markdown(division).encode("utf-8"))
    groups = [
        PointGroup(
            name,
            _COLOURS[name],
            division.latitude_deg[division.split == part],
            division.longitude_deg[division.split == part],
        )
        for part, name in enumerate(SPLITS)
    ]
    title = f"{division.table.name} by {division.by}"
    replace_file(folder / "points.png", point_picture(groups, title))
    summary = ", ".join(f"{name} {count:,}" for name, count in division.counts().items())
    replace_file(folder / "map.html", point_page(groups, title, summary).encode("utf-8"))


def _json(division: SplitReport) -> str:
    value = {
        "table": str(division.table),
        "written_to": str(division.written_to),
        "by": division.by,
        "seed": division.seed,
        "ratios": list(division.ratios),
        "photos": division.counts(),
        "warning": division.warning,
        "notes": list(division.notes),
        "leaks": [asdict(leak) | {"share": round(leak.share, 6)} for leak in division.leaks],
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _markdown(division: SplitReport) -> str:
    lines = [f"# {division.table.name} divided by {division.by}", ""]
    lines += [f"Seed {division.seed}. Table: `{division.written_to}`.", ""]
    total = max(int(division.split.size), 1)
    lines += ["| part | photos | share |", "|---|---|---|"]
    for name, count in division.counts().items():
        lines.append(f"| {name} | {count:,} | {precise_percent(count / total)} |")
    lines += ["", *([f"**{division.warning}**", ""] if division.warning else [])]
    lines += [f"{note}\n" for note in division.notes]
    lines += ["## What leaks", ""]
    for leak in division.leaks:
        lines.append(f"- {leak.sentence()}.")
        lines += [f"  - {example}" for example in leak.examples]
    return "\n".join(lines) + "\n"
