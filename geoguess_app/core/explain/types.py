"""Types of explanations: what a photo can be asked about, and the map that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from PIL import Image

NINTHS = (
    ("the upper left", "the upper middle", "the upper right"),
    ("the left", "the centre", "the right"),
    ("the lower left", "the lower middle", "the lower right"),
)
"""What people call the ninths of a photo, row by row."""
_PARTS = 3
_PARTS_NAMED = 3
_NAMED_ABOVE = 0.6
"""A ninth of the photo is named if it holds this share of what the strongest ninth holds."""
_LITTLE = 0.1


@dataclass(frozen=True, slots=True)
class AnswerTarget:
    """The answer itself, whatever kind of model gave it."""


@dataclass(frozen=True, slots=True)
class CellTarget:
    """A cell: ``layer`` is a partition's name (the networks' own opinion), or "combined" for the
    finest partition after all partitions and the look-alikes; ``index`` its class there."""

    layer: str
    index: int


@dataclass(frozen=True, slots=True)
class SceneTarget:
    """A scene label: ``granularity`` "s3", "s16" or "s365", ``index`` as in ``scene_table()``."""

    granularity: str
    index: int


@dataclass(frozen=True, slots=True)
class LookAlikeTarget:
    """One photo of the retrieval bank: what makes the two alike."""

    bank_index: int


Target = AnswerTarget | CellTarget | SceneTarget | LookAlikeTarget


class ExplanationMethod(StrEnum):
    """A method of making maps."""

    CLASS_ACTIVATION = "class activation"
    """Average pooling and linear heads: the cells add up to the logits, less their biases."""
    HELD_LENGTHS = "gradient × activation, lengths held"
    """Other poolings, normalised features, look-alikes: exact only to first order."""
    NONE = "no map: this trunk is a closed graph"
    """The trunk is an ONNX graph, which cannot be asked; nothing was examined."""


@dataclass(frozen=True, eq=False)
class ActivationMap:
    """A map of how much each region of the whole upright photo speaks for the target.

    ``values`` float32 (h, w), row 0 at the top: 1 where it speaks loudest, 0 where it is silent,
    negative where it speaks against; all divided by ``scale`` (log-odds per full crop, averaged
    over crops) so that the largest magnitude is 1. ``seen`` is False where no crop looked.
    """

    values: npt.NDArray[np.float32]
    seen: npt.NDArray[np.bool_]
    scale: float
    target: Target
    """Never an AnswerTarget if the answer is a cell: then that cell."""
    method: ExplanationMethod
    score: float
    """What was explained: log-odds of a cell or label, a difference of similarities, or standard
    deviations from the training photos' mean."""
    photo_shape: tuple[float, float]
    """Width and height of the upright photo, in any common unit."""

    @property
    def speaks(self) -> bool:
        """Tell whether anything in the photo speaks for the target to speak of."""
        return bool(self.values.max(initial=0.0) > _LITTLE)

    def smooth(self, width: int, height: int) -> npt.NDArray[np.float32]:
        """The values, interpolated linearly to (height, width) of the same photo."""
        picture = Image.fromarray(self.values)
        return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32)

    def seen_at(self, width: int, height: int) -> npt.NDArray[np.bool_]:
        """Return where any crop looked, at (height, width)."""
        picture = Image.fromarray(self.seen.astype(np.uint8) * 255)
        return np.asarray(picture.resize((width, height), Image.Resampling.NEAREST)) > 127

    def window(self, side: float, *, strongest: bool = True) -> tuple[float, float, float, float]:
        """The square (left, top, right, bottom as shares of width and height) that speaks loudest
        (or least) on average, of ``side`` × the photo's short side, among those wholly seen."""
        rows, columns = self.values.shape
        width, height = self.photo_shape
        pixels = side * min(width, height)
        high = int(np.clip(round(pixels / height * rows), 1, rows))
        wide = int(np.clip(round(pixels / width * columns), 1, columns))
        sums = _window_sums(self.values, high, wide)
        whole = _window_sums(self.seen.astype(np.float64), high, wide) > high * wide - 0.5
        worst = -np.inf if strongest else np.inf
        ranked = np.where(whole, sums, worst) if whole.any() else sums
        best = ranked.argmax() if strongest else ranked.argmin()
        top, left = np.unravel_index(int(best), ranked.shape)
        return (
            float(left / columns),
            float(top / rows),
            float((left + wide) / columns),
            float((top + high) / rows),
        )

    def strongest_ninths(self) -> tuple[tuple[int, int], ...]:
        """(row, column), 0…2, of the ninths of the photo that contribute most, largest first."""
        if not self.speaks:
            return ()
        row_parts = np.array_split(np.maximum(self.values, 0.0), _PARTS, axis=0)
        sums = np.array(
            [[part.mean() for part in np.array_split(row, _PARTS, axis=1)] for row in row_parts]
        )
        order = np.argsort(-sums, axis=None, kind="stable")[:_PARTS_NAMED]
        named = [int(i) for i in order if sums.flat[i] >= _NAMED_ABOVE * sums.max()]
        return tuple((i // _PARTS, i % _PARTS) for i in named)


def _window_sums(values: np.ndarray, high: int, wide: int) -> np.ndarray:
    """The sum of every window of ``high`` × ``wide``, by its top left corner."""
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    table[1:, 1:] = np.asarray(values, np.float64).cumsum(axis=0).cumsum(axis=1)
    return np.asarray(
        table[high:, wide:] - table[:-high, wide:] - table[high:, :-wide] + table[:-high, :-wide]
    )
