"""The report of some partitions: one page that needs no network, pictures, and the numbers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from geoguess_app.core.format import distance, precise_percent, threshold
from geoguess_app.evaluation.figures.theme import DARK, LIGHT
from geoguess_app.evaluation.figures.thumbnails import data_uri
from geoguess_app.evaluation.report.error_map import leaflet, script_json
from geoguess_app.files.atomic import make_folder, replace_file
from geoguess_app.paths import resource_dir
from trainer.partitions import report_tables as tables
from trainer.partitions.charts import partition_charts
from trainer.partitions.map_data import map_data
from trainer.partitions.map_picture import map_picture
from trainer.partitions.statistics import (
    CellFigures,
    CellSpread,
    PartitionStatistics,
    statistics_json,
)

REPORT_NAME = "report.html"
_MUCH_DROPPED = 0.02
_MUCH_SHARED = 0.1
_SCRIPTS = ("cell_tools.js", "partition_map.js")
_CAPTIONS: Mapping[str, tuple[str, str]] = {
    "cells_per_level": (
        "Cells by level",
        "The finer the level, the denser the photos. Bars far to the right are city blocks with "
        "very many photos.",
    ),
    "photos_per_cell": (
        "Photos in a cell",
        "The photos behind each class. A hump near τ min means that many classes have few photos.",
    ),
    "ceiling": (
        "Distance to the cell's location",
        "Where a curve is far below another, its cells are too coarse for that distance.",
    ),
}


def write_partition_report(
    folder: Path, account: PartitionStatistics, *, created: datetime | None = None
) -> None:
    """Write report.html, report.json, partitions.csv and figures/*.png. Raises GeoGuessError."""
    light, dark = partition_charts(account, LIGHT), partition_charts(account, DARK)
    make_folder(folder / "figures")
    for name, image in light.items():
        replace_file(folder / "figures" / f"{name}.png", image)
    replace_file(folder / "figures" / "map.png", map_picture(account))
    text = json.dumps(statistics_json(account), indent=1, ensure_ascii=False) + "\n"
    replace_file(folder / "report.json", text.encode("utf-8"))
    replace_file(folder / "partitions.csv", partitions_csv(account).encode("utf-8"))
    page = report_page(account, light, dark, created=created)
    replace_file(folder / REPORT_NAME, page.encode("utf-8"))


def partitions_csv(account: PartitionStatistics) -> str:
    """One row per partition; shares are 0…1."""
    thresholds = list(account.finest.within)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            *("partition", "tau_min", "tau_max", "cells", "sparse_cells", "level_min", "level_max"),
            *("photos", "kept", "reassigned", "dropped", "flagged", "orphans"),
            *("photos_per_cell_min", "photos_per_cell_median", "photos_per_cell_max"),
            *("area_min_km2", "area_median_km2", "area_max_km2", "earth_share", "land_share"),
            *(f"ceiling_{km:g}_km" for km in thresholds),
            *("ceiling_mean_km", "ceiling_median_km"),
        ]
    )
    for figures in account.partitions:
        writer.writerow(_summary_row(figures, thresholds))
    return text.getvalue()


def _summary_row(figures: CellFigures, thresholds: list[float]) -> list[Any]:
    report = figures.build.report
    photos = CellSpread.of(figures.build.partition.photo_counts)
    area = CellSpread.of(figures.area_km2)
    return [
        *(report.name, report.tau_min, report.tau_max, report.cells, report.sparse_cells),
        *(min(report.cells_per_level), max(report.cells_per_level)),
        *(report.photos, report.kept, report.reassigned, report.dropped),
        *(len(report.flagged), figures.orphans),
        *(f"{n:g}" for n in (photos.least, photos.median, photos.most)),
        *(f"{km2:.6g}" for km2 in (area.least, area.median, area.most)),
        f"{figures.earth_share:.6g}",
        "" if figures.land_share is None else f"{figures.land_share:.4f}",
        *(f"{figures.within[km]:.6f}" for km in thresholds),
        f"{figures.mean_ceiling_km:.6g}",
        f"{figures.median_ceiling_km:.6g}",
    ]


def report_page(
    account: PartitionStatistics,
    light: Mapping[str, bytes],
    dark: Mapping[str, bytes],
    *,
    created: datetime | None = None,
) -> str:
    """The whole page as text; ``light`` and ``dark`` hold the charts (PNG) by name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = resource_dir() / "report"
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
    )
    script, style = leaflet()
    flagged = sum(len(figures.build.report.flagged) for figures in account.partitions)
    return environment.get_template("partitions.html").render(
        title=f"Cells for {account.points.path.name}",
        css=(folder / "report.css").read_text(encoding="utf-8"),
        leaflet_css=style,
        leaflet_js=script,
        drawing="".join((folder / name).read_text(encoding="utf-8") for name in _SCRIPTS),
        map_data=script_json(map_data(account)),
        facts=_facts(account, created),
        headline=_headline(account),
        notices=_notices(account),
        tiles=_tiles(account),
        photos=tables.photos_table(account),
        photos_note=_reassign_note(account),
        cells=tables.cells_table(account),
        ceiling=tables.ceiling_table(account),
        orphans=tables.orphans_table(account),
        orphans_text=(
            "In the hierarchy, each finest cell takes the probability of the coarser cell that "
            "contains it. If that coarser cell was dropped because it has too few photos, or is "
            "divided further than the fine one, the cell with the nearest location is used "
            "instead. A few such orphans do no harm."
        ),
        flagged=tables.flagged_table(account),
        more_flagged=max(0, flagged - tables.SHOWN_FLAGGED),
        figures={
            name: {
                "light": data_uri(image, "image/png"),
                "dark": data_uri(dark[name], "image/png"),
                "title": _CAPTIONS[name][0],
                "caption": _CAPTIONS[name][1],
            }
            for name, image in light.items()
        },
        method=_method(account),
        footer=(
            "Created by GeoGuess on this computer; the page loads nothing from the internet. Map "
            "drawn with Leaflet (BSD 2-clause); land and borders: Natural Earth (public domain)."
        ),
    )


def _facts(account: PartitionStatistics, created: datetime | None) -> str:
    points = account.points
    parts = [points.path.name, f"{account.places.photos:,} photos"]
    if points.split is not None:
        parts[1] += f" (split {points.split}, of {points.rows:,})"
    cells = " / ".join(f"{figures.build.report.cells:,}" for figures in account.partitions)
    parts.append(f"{cells} cells")
    parts.append(f"{account.places.distinct:,} distinct places")
    if created is not None:
        parts.append(f"{created:%Y-%m-%d}".replace("-", "\u2011"))
    return " · ".join(parts)


def _headline(account: PartitionStatistics) -> list[str]:
    figures, key = account.finest, account.scale.key_km
    report = figures.build.report
    text = (
        f"{precise_percent(figures.photo_share)} of the photos train the {report.cells:,} cells of "
        f"the finest partition, {(report.kept + report.reassigned) / report.cells:,.0f} each on "
        f"average. Always choosing the correct cell would be within {threshold(key)} for "
        f"{precise_percent(figures.within[key])} of the photos, and within "
        f"{distance(figures.median_ceiling_km)} for half of them."
    )
    if len(account.partitions) > 1:
        coarse = account.partitions[0]
        text += (
            f" With the {coarse.build.report.cells:,} coarsest cells "
            f"{precise_percent(coarse.within[key])} would be within {threshold(key)}."
        )
    return [text]


def _notices(account: PartitionStatistics) -> list[str]:
    notices = []
    dropped = 1 - account.finest.photo_share
    if dropped > _MUCH_DROPPED:
        notices.append(
            f"{precise_percent(dropped)} of the photos are in no cell of the finest partition "
            "and are not used: a lower τ min or a larger --reassign-km keeps more."
        )
    if account.sharing > _MUCH_SHARED * account.places.photos:
        share = precise_percent(account.sharing / account.places.photos)
        notices.append(
            f"{account.sharing:,} photos ({share}) have exactly "
            "the same coordinates as another. Split by place; otherwise test photos share places "
            "with training photos."
        )
    flagged = account.finest.build.report.flagged
    if flagged:
        crowd = sum(cell.photos for cell in flagged)
        one = len(flagged) == 1
        notices.append(
            f"{len(flagged):,} {'cell' if one else 'cells'} of the finest partition "
            f"{'has' if one else 'have'} more than τ max photos ({crowd:,} in all) that cannot "
            "be told apart by place."
        )
    least = account.finest.build.report.tau_min
    if least < 5:
        notices.append(
            f"Cells with as few as {least} photos: a network trained from scratch learns little "
            "from so few; pretrained features can use them."
        )
    return notices


def _tiles(account: PartitionStatistics) -> list[dict[str, str]]:
    figures, scale = account.finest, account.scale
    report = figures.build.report
    area = CellSpread.of(figures.area_km2).median
    tiles = [
        (f"cells of the finest partition ({report.tau_min}:{report.tau_max})", f"{report.cells:,}"),
        ("of the photos are in one of them", precise_percent(figures.photo_share)),
        ("side of the median cell", distance(area**0.5)),
    ]
    tiles += [
        (
            f"within {threshold(km)} if the cell is always correct",
            precise_percent(figures.within[km]),
        )
        for km in (scale.key_km, scale.wide_km)
    ]
    if figures.land_share is not None and not scale.local:
        tiles.append(("of the Earth's land is in its cells", precise_percent(figures.land_share)))
    else:
        middle = CellSpread.of(figures.build.partition.photo_counts).median
        tiles.append(("photos in the median cell", f"{middle:,.0f}"))
    return [{"text": text, "value": value} for text, value in tiles]


def _reassign_note(account: PartitionStatistics) -> str:
    within = account.finest.build.report.reassign_within_km
    if within is None:
        return "Photos of cells that are too sparse are dropped; none are re-assigned."
    return (
        "Photos of cells that are too sparse join the cell of the nearest kept photo within "
        f"{threshold(within)}, and count for its photos and location; a cell may hold a few more "
        "than τ max that way. Photos with no neighbour within that distance are dropped."
    )


def _method(account: PartitionStatistics) -> list[str]:
    report = account.finest.build.report
    return [
        "A cell is divided into four while it has more than τ max photos, from S2 level "
        f"{report.start_level} down to {report.stop_level} at most, and dropped if it ends with "
        "fewer than τ min. A partition is named τ min:τ max.",
        "A cell answers with the mean of its photos as unit vectors. A photo outside every cell is "
        "counted at the nearest such location.",
        "Distances are great circles and areas those of a sphere of 6,371 km radius.",
        "Land (including Antarctica) is measured on 393,216 cells of about 36 km, to within about "
        "0.5%.",
    ]
