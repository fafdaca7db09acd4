"""Maps of single crops laid together on the whole upright photo.

The one place that knows where a cell of a trunk's last map lies in the photo: the crop's box comes
from ``preprocess.crop_boxes``, the cell's middle in the crop from the trunk's strides and paddings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoguess_app.core.picture.preprocess import Preprocessing, crop_boxes
from geoguess_app.core.types import FloatArray

SAMPLES_PER_CELL = 2
"""How many samples of the laid-out map fall on one cell of a crop's map, along each axis."""
_MOST_SAMPLES = 512
_EDGE_WEIGHT = 0.02
"""A crop's weight at its own edge, in its middle 0.5: overlaps fade into each other."""


@dataclass(frozen=True, slots=True)
class CellGrid:
    """The places at which the cells of a square map look in the crop: cell i is centred ``first_px
    + i·step_px`` pixels from the crop's left (or top) edge."""

    step_px: float
    first_px: float


@dataclass(frozen=True, eq=False)
class Layout:
    """The size of a photo (pixels, upright), and its division into crops."""

    width: int
    height: int
    spec: Preprocessing
    crops: int

    def raster(self, cells: int) -> tuple[int, int]:
        """Rows and columns of the laid-out map for crop maps of ``cells`` × ``cells``."""
        left, top, right, bottom = crop_boxes(self.width, self.height, self.spec, self.crops)[0]
        rows = SAMPLES_PER_CELL * cells * self.height / (bottom - top)
        columns = SAMPLES_PER_CELL * cells * self.width / (right - left)
        return tuple(int(np.clip(round(n), 4, _MOST_SAMPLES)) for n in (rows, columns))  # type: ignore[return-value]


def lay_out(
    maps: Sequence[np.ndarray], grid: CellGrid, layout: Layout, shape: tuple[int, int]
) -> tuple[FloatArray, np.ndarray]:
    """Crop maps (crops of (n, n)) as one map (rows, columns) over the photo, and where it is known.

    Between cells the values are interpolated linearly; where crops overlap they are averaged,
    with weights that fall towards each crop's edge so that no seam shows, and multiplied by the
    number of crops there (smoothed): what three crops see is heard three times. What no crop covers
    is 0 and False in the second array.
    """
    rows, columns = shape
    y = (np.arange(rows) + 0.5) * layout.height / rows
    x = (np.arange(columns) + 0.5) * layout.width / columns
    total, weights, looks = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    boxes = crop_boxes(layout.width, layout.height, layout.spec, layout.crops)
    for number, (box, crop_map) in enumerate(zip(boxes, maps, strict=True)):
        left, top, right, bottom = box
        u, v = (x - left) / (right - left), (y - top) / (bottom - top)
        weight = np.outer(_weight(v), _weight(u))
        if layout.crops == 10 and number >= 5:
            u = 1.0 - u  # the second five are mirrored
        total += weight * _sample(np.asarray(crop_map, np.float64), grid, layout.spec.size, u, v)
        weights += weight
        looks += weight > 0.0
    seen = weights > 0.0
    average = np.divide(total, weights, out=np.zeros(shape), where=seen)
    return average * _smooth(looks, seen), seen


def _smooth(looks: FloatArray, seen: np.ndarray) -> FloatArray:
    """The number of crops at each sample, its steps spread over two cells."""
    from scipy.ndimage import uniform_filter

    width = 2 * SAMPLES_PER_CELL + 1
    spread = uniform_filter(looks, width, mode="nearest")
    share = uniform_filter(seen.astype(np.float64), width, mode="nearest")
    return np.asarray(np.divide(spread, share, out=np.zeros(looks.shape), where=seen))


def _weight(share: FloatArray) -> FloatArray:
    """How much a crop's word counts at these shares (0…1) of its side; 0 outside."""
    inside = (share >= 0.0) & (share <= 1.0)
    return np.where(inside, np.maximum(np.minimum(share, 1.0 - share), _EDGE_WEIGHT), 0.0)


def _sample(
    values: FloatArray, grid: CellGrid, size: int, u: FloatArray, v: FloatArray
) -> FloatArray:
    """Values (len(v), len(u)) of a map at shares of the crop's side, bilinear, flat at the rim."""
    across = _interpolation(u * size, grid, values.shape[1])
    down = _interpolation(v * size, grid, values.shape[0])
    return np.asarray(down @ values @ across.T, dtype=np.float64)


def _interpolation(position_px: FloatArray, grid: CellGrid, cells: int) -> FloatArray:
    """Weights (positions, cells) of linear interpolation between cell middles."""
    at = np.clip((position_px - grid.first_px) / grid.step_px, 0.0, cells - 1.0)
    return np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(cells)[None, :]))
