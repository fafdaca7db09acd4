"""What the scripts beside this one share: S2 cells refined where a value changes, and the file."""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3]))

from geoguess_app.core import cells
from geoguess_app.core.cells.shapes import edge_points

ROOT = Path(__file__).parents[3]
ValueAt = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""The number of the value at points, given latitudes and longitudes in degrees."""


def all_cells(level: int) -> np.ndarray:
    """The ids of all cells of a level along the curve."""
    ids = np.arange(6 << (2 * level), dtype=np.uint64)
    return (ids << np.uint64(61 - 2 * level)) | np.uint64(1 << (60 - 2 * level))


def refined(
    value_at: ValueAt,
    coarsest: int,
    finest_of: Callable[[np.ndarray], np.ndarray],
    lines: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Cells and their values: split where neighbours differ, or where a line (leaf cells) runs.

    ``finest_of``: the finest level wanted, given the values in a cell and around it (n, 5).
    """
    ids, done = all_cells(coarsest), []
    lines = np.sort(lines)
    for level in range(coarsest, 31):
        latitude_deg, longitude_deg = (
            np.concatenate([middle[:, None], around], axis=1)
            for middle, around in zip(cells.centers(ids), edge_points(ids, 0.2), strict=True)
        )
        values = value_at(latitude_deg.ravel(), longitude_deg.ravel()).reshape(-1, 5)
        first = np.searchsorted(lines, cells.range_min(ids))
        crossed = np.searchsorted(lines, cells.range_max(ids), side="right") > first
        differ = (values != values[:, :1]).any(axis=1)
        split = (differ | crossed) & (finest_of(values) > level)
        done.append((ids[~split], values[~split, 0]))
        sys.stdout.write(f"level {level}: {len(ids):,} cells, {split.sum():,} split\n")
        if not split.any():
            break
        ids = cells.children(ids[split]).ravel()
    found, values = (np.concatenate(part) for part in zip(*done, strict=True))
    order = np.argsort(found)
    return found[order], values[order]


def write(name: str, names: Sequence[str], ids: np.ndarray, values: np.ndarray) -> None:
    """Write ``resources/clues/NAME.earth``; ``geoguess_app/core/geo/earth_table.py`` reads it.

    LZMA-compressed: a line of JSON with the finest level and the names of the values, then for each
    run of cells along the curve the number of its value (uint16), then for each its length in cells
    of that level (uint32), little-endian.
    """
    level = int(cells.levels(ids).max())
    lengths = np.int64(1) << (2 * (level - cells.levels(ids).astype(np.int64)))
    starts = np.flatnonzero(np.diff(values, prepend=-1))
    runs = np.add.reduceat(lengths, starts)
    if runs.sum() != 6 << (2 * level):
        raise ValueError("the cells do not cover the Earth once")
    head = json.dumps({"level": level, "names": list(names)}, ensure_ascii=False) + "\n"
    body = values[starts].astype("<u2").tobytes() + runs.astype("<u4").tobytes()
    path = ROOT / "resources" / "clues" / f"{name}.earth"
    path.write_bytes(lzma.compress(head.encode() + body, preset=9 | lzma.PRESET_EXTREME))
    sys.stdout.write(f"{path.name}: {len(starts):,} runs, {path.stat().st_size:,} bytes\n")
