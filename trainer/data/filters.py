"""Filters: which photos of a surveyed table are fit for training, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from geoguess_app.core.format import distance, plain_spaces
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.types import IntArray
from trainer.data.duplicates import NearDuplicates, find_near_duplicates
from trainer.data.positions import position_faults
from trainer.data.surveyed import (
    SurveyedColumns,
    coarseness_km,
    flags,
    hashes,
    is_null,
    numbers,
    times,
)
from trainer.data.tracks import implausible_jumps, stale_hours

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "listed-twice": "the table lists the file twice",
        "missing-file": "there is no such photo in the folder",
        "unreadable": "the photo cannot be read",
        "estimate": "a position that GeoGuess estimated, from which nothing can be learned",
        "no-gps": "no position",
        "impossible-gps": "an impossible or incomplete position, or 0, 0",
        "swapped": "latitude and longitude seem to be swapped",
        "inconsistent-gps": "a position that contradicts the photo's own data or its neighbours",
        "small": "the picture is too small",
        "blurred": "the picture is blurred or empty",
        "duplicate": "a near-duplicate of an equal or better photo that is kept",
    }
)
"""Why a photo may be dropped, in the order in which it is looked for: the first one counts."""

KEEPABLE = (
    *("listed-twice", "estimate", "swapped", "inconsistent-gps"),
    *("small", "blurred", "duplicate"),
)
"""Reasons that a user may overrule."""


@dataclass(frozen=True)
class FilterSettings:
    """Thresholds; see the command's help. A reason in ``keep`` is reported but drops nothing."""

    min_side_px: int = 128
    min_sharpness: float = 20.0
    """Variance of the Laplacian at a short side of 256 px. Measured on 1,500 holiday photos: all
    above 30; blurred with σ = 2 px at that scale, 99% below 22."""
    duplicate_bits: int = 6
    """Bits of 64 in which the perceptual hashes of copies may differ."""
    gps_tolerance_km: float = 1.0
    max_speed_kmh: float = 1200.0
    max_fix_age_hours: float = 24.0
    keep: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FilterVerdict:
    """(n) index into ``REASONS`` or -1 for photos that stay, and details by row."""

    reason: npt.NDArray[np.int8]
    details: Mapping[int, str] = field(default_factory=dict)
    kept_anyway: Mapping[str, int] = field(default_factory=dict)
    """Reason → how many photos would have been dropped for it but for ``keep``."""

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """(n) which photos stay."""
        return self.reason < 0

    def counts(self) -> dict[str, int]:
        """Reason → dropped photos, only where there are any."""
        numbers = np.bincount(self.reason[self.reason >= 0], minlength=len(REASONS))
        return {name: int(n) for name, n in zip(REASONS, numbers, strict=True) if n}


class _Judgement:
    """Collects reasons; a photo's first one stays."""

    def __init__(self, rows: int, keep: frozenset[str]) -> None:
        self.reason = np.full(rows, -1, dtype=np.int8)
        self.details: dict[int, str] = {}
        self.kept_anyway: dict[str, int] = {}
        self._keep = keep

    def drop(self, name: str, mask: npt.NDArray[np.bool_], details: Any = None) -> None:
        """Drop the rows of ``mask``; ``details`` is a function of the row giving a text."""
        fresh = np.flatnonzero(mask & (self.reason < 0))
        if name in self._keep:
            if fresh.size:
                self.kept_anyway[name] = self.kept_anyway.get(name, 0) + int(fresh.size)
            return
        self.reason[fresh] = list(REASONS).index(name)
        if details is not None:
            self.details.update((row, details(row)) for row in fresh.tolist())


def judge_photos(columns: SurveyedColumns, settings: FilterSettings) -> FilterVerdict:
    """Apply every filter to a surveyed table."""
    table = columns.table
    verdict = _Judgement(table.num_rows, settings.keep)
    verdict.drop("listed-twice", _repeats(table["file_name"]))
    if columns.measured:
        _judge_files(verdict, table)
    _judge_positions(verdict, columns)
    if columns.measured:
        _judge_consistency(verdict, columns, settings)
        _judge_pictures(verdict, columns, settings)
    return FilterVerdict(verdict.reason, verdict.details, verdict.kept_anyway)


def _repeats(names: Any) -> npt.NDArray[np.bool_]:
    codes = names.combine_chunks().dictionary_encode().indices
    numbered = np.asarray(pc.fill_null(codes, -1).to_numpy(zero_copy_only=False))
    repeated = np.ones(numbered.size, dtype=np.bool_)
    repeated[np.unique(numbered, return_index=True)[1]] = False
    return repeated


def _judge_files(verdict: _Judgement, table: Any) -> None:
    absent = is_null(table, "_photo")
    verdict.drop("missing-file", absent)
    broken = np.asarray(pc.fill_null(pc.not_equal(table["_code"], ""), False).to_numpy())
    messages = table["_message"]
    verdict.drop("unreadable", broken, lambda row: messages[row].as_py())


def _judge_positions(verdict: _Judgement, columns: SurveyedColumns) -> None:
    lat, lon = columns.latitude_deg, columns.longitude_deg
    faults = position_faults(lat, lon)
    broken = faults.missing & (np.isfinite(lat) ^ np.isfinite(lon))
    if columns.measured:
        broken |= faults.missing & flags(columns.table, "_position_unusable")
    verdict.drop("estimate", columns.estimated)
    verdict.drop("no-gps", faults.missing & ~broken)

    def position(row: int) -> str:
        return f"latitude {lat[row]:g}, longitude {lon[row]:g}"

    verdict.drop("impossible-gps", broken | faults.empty | faults.impossible, position)
    verdict.drop("swapped", faults.swapped, position)
    if columns.measured:
        own = [numbers(columns.table, name) for name in ("_latitude_deg", "_longitude_deg")]
        turned = (np.abs(own[0] - lon) < 0.01) & (np.abs(own[1] - lat) < 0.01)
        turned &= (np.abs(lat - lon) > 0.1) & ~flags(columns.table, "_position_estimate")
        verdict.drop("swapped", turned, lambda row: f"{position(row)}; the photo says the opposite")
    # Even where swapped ones are kept, a latitude beyond ±90 is no position.
    beyond = ~faults.missing & (np.abs(lat) > 90)
    verdict.drop("impossible-gps", beyond, position)


def _judge_consistency(
    verdict: _Judgement, columns: SurveyedColumns, settings: FilterSettings
) -> None:
    table, lat, lon = columns.table, columns.latitude_deg, columns.longitude_deg
    usable = verdict.reason < 0
    if settings.gps_tolerance_km > 0:
        own = [numbers(table, name) for name in ("_latitude_deg", "_longitude_deg")]
        both = usable & np.isfinite(own[0]) & ~flags(table, "_position_estimate")
        km = np.zeros(lat.size)
        km[both] = great_circle_km(lat[both], lon[both], own[0][both], own[1][both])
        off = km > np.maximum(settings.gps_tolerance_km, coarseness_km(table))
        verdict.drop(
            "inconsistent-gps",
            off,
            lambda row: f"{_length(float(km[row]))} from the photo's own position",
        )
    if settings.max_fix_age_hours > 0:
        hours = stale_hours(times(table, "_taken"), times(table, "_fixed_utc"), lon)
        old = hours > settings.max_fix_age_hours
        verdict.drop(
            "inconsistent-gps",
            old,
            lambda row: f"the position was found {hours[row]:.0f} hours before the photo",
        )
    if settings.max_speed_kmh > 0:
        cameras = columns.cameras()
        rows = np.flatnonzero((verdict.reason < 0) & (cameras >= 0))
        jumps = implausible_jumps(
            lat[rows],
            lon[rows],
            times(table, "_taken")[rows],
            cameras[rows],
            settings.max_speed_kmh,
        )
        speed = dict(zip(rows[list(jumps)].tolist(), jumps.values(), strict=True))
        mask = np.zeros(lat.size, dtype=np.bool_)
        mask[list(speed)] = True
        verdict.drop(
            "inconsistent-gps",
            mask,
            lambda row: f"reached at {speed[row]:,.0f} km/h by the photos before and after",
        )


def _length(km: float) -> str:
    return plain_spaces(distance(km))


def _judge_pictures(
    verdict: _Judgement, columns: SurveyedColumns, settings: FilterSettings
) -> None:
    table = columns.table
    width, height = numbers(table, "_width_px"), numbers(table, "_height_px")
    small = np.fmin(width, height) < settings.min_side_px
    verdict.drop("small", small, lambda row: f"{width[row]:.0f} × {height[row]:.0f} pixels")
    sharp = numbers(table, "_sharpness")
    blurred = sharp < settings.min_sharpness
    verdict.drop("blurred", blurred, lambda row: f"sharpness {sharp[row]:.1f}")
    if settings.duplicate_bits < 0:
        return
    rows: IntArray = np.flatnonzero((verdict.reason < 0) & ~is_null(table, "_perceptual_hash"))
    quality = np.nan_to_num(width * height)[rows] + np.minimum(sharp[rows], 1e5) / 1e6
    copies_found = find_near_duplicates(
        hashes(table, "_perceptual_hash")[rows],
        hashes(table, "_difference_hash")[rows],
        quality,
        settings.duplicate_bits,
    )
    _drop_duplicates(verdict, columns, rows, copies_found)


def _drop_duplicates(
    verdict: _Judgement, columns: SurveyedColumns, rows: IntArray, copies_found: NearDuplicates
) -> None:
    copies, originals = rows[copies_found.copy], rows[copies_found.original]
    original_of = dict(zip(copies.tolist(), originals.tolist(), strict=True))
    lat, lon = columns.latitude_deg, columns.longitude_deg
    names = columns.table["file_name"]

    def detail(row: int) -> str:
        original = original_of[row]
        km = float(great_circle_km(lat[row], lon[row], lat[original], lon[original]))
        apart = f", {_length(km)} away" if np.isfinite(km) and km > 0.1 else ""
        return f"like {names[original].as_py()}{apart}"

    mask = np.zeros(lat.size, dtype=np.bool_)
    mask[copies] = True
    verdict.drop("duplicate", mask, detail)
