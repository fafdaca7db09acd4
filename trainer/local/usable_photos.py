"""Usable photos: those of a folder that can be learned from, with a report of what was dropped."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from tqdm import tqdm

from geoguess_app.core.errors import TableError
from geoguess_app.core.format import distance, plain_spaces, threshold
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import FloatArray
from geoguess_app.files.atomic import make_folder
from trainer.common.progress import ProgressLog, ProgressStage
from trainer.data.filters import FilterSettings, judge_photos
from trainer.data.kept_photos import write_kept
from trainer.data.measure_cache import MeasureCache
from trainer.data.photo_report import PhotoSurvey, write_photo_report
from trainer.data.positions import swap_evidence
from trainer.data.source import PhotoSource, open_photo_source
from trainer.data.survey import survey, surveyed_schema
from trainer.data.surveyed import SurveyedColumns, hashes, is_null, times
from trainer.data.table_files import spool_to_disk
from trainer.data.workers import WorkerPool, default_workers
from trainer.local.divide import PhotoRecords
from trainer.local.recipe import PhotoFilters

log = logging.getLogger(__name__)

FEWEST_PHOTOS = 30
ONE_SPOT_M = 15.0
"""Half of the photos this near to the middle one, and there is nothing to tell apart."""
FEWEST_SPOTS = 5
"""Fewer, and there is nothing to be chosen and tested on that was not learned from."""
SPOT_M = 25.0
"""Photos so near to one another show one spot."""
TABLE_FILE, REPORT_FOLDER = "photos.csv", "photos-report"


@dataclass(frozen=True)
class PhotoOptions:
    """Options that say where the photos are."""

    source: Path
    images: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    swapped: bool = False
    progress: bool = True
    workers: int | None = None


@dataclass(frozen=True, eq=False)
class UsablePhotos:
    """Usable photos: what ties them together (names, positions …), and their files."""

    photos: PhotoRecords
    root: Path
    source: tuple[str, ...]
    licence: tuple[str, ...]
    precision: tuple[str, ...]
    split: tuple[str, ...]
    """Of the table's own column split; empty texts where there is none."""
    elsewhere: tuple[str, ...]
    """Photos outside the area asked for, by name."""
    counted: int
    dropped: Mapping[str, int]

    @property
    def paths(self) -> list[Path]:
        """List the files of the photos."""
        return [self.root / name for name in self.photos.names]

    @property
    def size(self) -> int:
        """Return how many photos."""
        return len(self.photos.names)


def gather_photos(
    options: PhotoOptions, filters: PhotoFilters, work: Path, cache: Path
) -> UsablePhotos:
    """Read, measure and judge every photo; write table and report into ``work``.

    Raises TableError in one sentence where no model can come of it.
    """
    source = open_photo_source(
        options.source, images=options.images, chosen=options.columns, swapped=options.swapped
    )
    if source.root is None:
        raise TableError(
            f"{options.source}: there are no photos next to the table; name their folder with "
            "--images DIR.",
            code="missing",
        )
    report = work / REPORT_FOLDER
    make_folder(report)
    with ExitStack() as stack:
        measured = stack.enter_context(MeasureCache(cache / "measurements.sqlite"))
        workers = default_workers() if options.workers is None else options.workers
        pool = stack.enter_context(WorkerPool(workers))
        with tqdm(unit=" photos", disable=not options.progress, desc="reading") as bar:
            stage = ProgressStage(ProgressLog(work), "reading", bar)
            batches = survey(source, measured, pool, stage)
            table = stack.enter_context(spool_to_disk(surveyed_schema(source), batches, report))
        for sentence in source.left_out.sentences():
            log.info("%s", sentence)
        if not table.num_rows:
            raise TableError(f"{options.source}: it contains no photos.", code="no-rows")
        columns = SurveyedColumns.of(table, one_owner=source.kind == "folder")
        _refuse_swapped(options, columns)
        account = _account(source, columns, filters, work)
        write_photo_report(report, account)
        return _gather(account, filters, report)


def _account(
    source: PhotoSource, columns: SurveyedColumns, filters: PhotoFilters, work: Path
) -> PhotoSurvey:
    settings = FilterSettings(
        filters.min_side_px,
        filters.min_sharpness,
        filters.duplicate_bits if filters.duplicate_bits else -1,
        filters.gps_tolerance_km,
        filters.max_speed_kmh,
        filters.max_fix_age_hours,
    )
    verdict = judge_photos(columns, settings)
    written = work / TABLE_FILE
    if verdict.kept.any():
        write_kept(columns, verdict.kept, written)
    return PhotoSurvey(source, columns, verdict, settings, written, None)


def _refuse_swapped(options: PhotoOptions, columns: SurveyedColumns) -> None:
    evidence = swap_evidence(columns.latitude_deg, columns.longitude_deg, None)
    if evidence is not None and evidence.certain:
        advice = "leave out --swapped" if options.swapped else "pass --swapped"
        raise TableError(
            f"{options.source}: latitude and longitude seem to be swapped: {evidence.reason}; "
            f"{advice}.",
            code="swapped-columns",
        )


def _gather(account: PhotoSurvey, filters: PhotoFilters, report: Path) -> UsablePhotos:
    rows = np.flatnonzero(account.verdict.kept)
    _enough(account, rows.size, report)
    columns, near = account.columns, np.ones(rows.size, dtype=np.bool_)
    lat, lon = columns.latitude_deg, columns.longitude_deg
    if filters.within_km > 0:
        near = _from_middle_km(lat[rows], lon[rows]) <= filters.within_km
    found = _rows(account, rows[near])
    beyond = columns.table["_photo"].take(rows[~near]).to_pylist()
    dropped = account.verdict.counts()
    if beyond:
        dropped[f"farther than {plain_spaces(threshold(filters.within_km))} from the middle"] = len(
            beyond
        )
    usable = replace(found, elsewhere=tuple(beyond), dropped=dropped)
    _enough(account, usable.size, report)
    _refuse_one_spot(usable)
    _refuse_few_spots(usable)
    return usable


def _rows(account: PhotoSurvey, rows: np.ndarray) -> UsablePhotos:
    columns, table = account.columns, account.columns.table.take(rows)
    assert account.source.root is not None
    together = PhotoRecords(
        names=tuple(table["_photo"].to_pylist()),
        latitude_deg=columns.latitude_deg[rows],
        longitude_deg=columns.longitude_deg[rows],
        taken=times(table, "_taken"),
        camera=columns.cameras()[rows],
        perceptual=hashes(table, "_perceptual_hash"),
        difference=hashes(table, "_difference_hash"),
        hashed=~is_null(table, "_perceptual_hash"),
    )
    return UsablePhotos(
        together,
        account.source.root.resolve(),
        _texts(table, ("source", "set")),
        _texts(table, ("licence", "license")),
        _texts(table, ("precision",)),
        _texts(table, ("split",)),
        (),
        account.rows,
        {},
    )


def _texts(table: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name in table.column_names:
            return tuple(pc.fill_null(table[name].cast("string"), "").to_pylist())
    return ("",) * int(table.num_rows)


def _enough(account: PhotoSurvey, kept: int, report: Path) -> None:
    if kept >= FEWEST_PHOTOS:
        return
    verdict, path = account.verdict, account.source.path
    if verdict.counts().get("no-gps", 0) == account.rows:
        raise TableError(
            f"{path}: none of its {account.rows:,} photos has a position. Phones record it if "
            "the camera app may use the location, and messaging apps remove it. You can also put a "
            "metadata.csv with file_name, latitude and longitude next to the photos.",
            code="no-gps",
        )
    why = ", ".join(f"{count:,} {reason}" for reason, count in verdict.counts().items())
    left = f" ({account.rows:,} found; dropped: {why}; see {report / 'report.md'})" if why else ""
    raise TableError(
        f"{path}: only {kept} usable photos{left}; at least {FEWEST_PHOTOS} are needed, and a "
        "few hundred are better.",
        code="too-few",
    )


def _from_middle_km(latitude_deg: FloatArray, longitude_deg: FloatArray) -> FloatArray:
    """Distance (n) from the photo whose sum of distances to the others is about the smallest."""
    pick = np.linspace(0, latitude_deg.size - 1, min(200, latitude_deg.size)).astype(np.int64)
    apart = great_circle_km(
        latitude_deg[pick][:, None], longitude_deg[pick][:, None], latitude_deg, longitude_deg
    )
    return np.asarray(apart[int(np.median(apart, axis=1).argmin())])


def spread_m(usable: UsablePhotos) -> tuple[float, float]:
    """Within what distance of the middle photo half, and 95%, of the photos were taken."""
    photos = usable.photos
    apart = 1000.0 * _from_middle_km(photos.latitude_deg, photos.longitude_deg)
    return float(np.median(apart)), float(np.quantile(apart, 0.95))


def _refuse_one_spot(usable: UsablePhotos) -> None:
    most = spread_m(usable)[1]
    if most < ONE_SPOT_M:
        near = plain_spaces(distance(max(most, 1.0) / 1000))
        raise TableError(
            f"All {usable.size} photos were taken within {near} of one another: "
            "every answer would be the same, so there is nothing to learn.",
            code="one-spot",
        )


def _refuse_few_spots(usable: UsablePhotos) -> None:
    photos = usable.photos
    spots = count_spots(photos.latitude_deg, photos.longitude_deg, FEWEST_SPOTS)
    if spots < FEWEST_SPOTS:
        where = "one spot" if spots == 1 else f"{spots} spots"
        raise TableError(
            f"All {usable.size} photos were taken at {where}; at least {FEWEST_SPOTS} are "
            "needed, so that a model can be tested on some that it has not seen.",
            code="few-spots",
        )


def count_spots(latitude_deg: FloatArray, longitude_deg: FloatArray, most: int) -> int:
    """Count the spots that photos (n) show, up to ``most``.

    Photos within ``SPOT_M`` of one that was counted show the same.
    """
    count = 0
    while latitude_deg.size and count < most:
        far = (
            1000.0 * great_circle_km(latitude_deg[0], longitude_deg[0], latitude_deg, longitude_deg)
            > SPOT_M
        )
        latitude_deg, longitude_deg = latitude_deg[far], longitude_deg[far]
        count += 1
    return count
