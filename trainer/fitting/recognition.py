"""Recognition of the area: what a local model needs to say "cannot tell".

Where photos from elsewhere are known, one linear head on the features tells the two apart, which
few photos of the area suffice for. Where none are known, all that is left is how little a photo
resembles any photo of the area.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoguess_app.core.calibration.model import LevelRule, Recognition, logit
from geoguess_app.core.types import FloatArray, Level
from trainer.fitting.logistic import fit_logistic, fit_many_columns

ENOUGH = 20
"""Photos from elsewhere, at least, to learn anything from."""
SHARE = 0.2
"""How many photos from elsewhere a user is thought to ask about, if a recipe does not say."""
DECAYS = (1.0, 10.0, 100.0)
"""How strongly a head's weights are held down, in observations."""
NEAR_KM = 25.0
"""An answer counts as right within this; nobody calls a photo from farther away "here"."""
HERE, LIKELIER = 0.8, 0.5
"""An answer is given from a probability of showing the area between these two on."""
REFUSED = 0.1
"""At most this share of the area's own photos is refused, where ``HERE`` would refuse more."""
SILENT = -50.0
"""Log-odds of a bank's say in a model of cells that only needs it to know what is alike."""
_LIKELY = 0.95
_STEPS = 100


@dataclass(frozen=True, eq=False)
class AreaHead:
    """Linear on a photo's vector, the mean over its crops: weight (d), bias; large means here."""

    weight: np.ndarray
    bias: float

    def __call__(self, vectors: np.ndarray) -> FloatArray:
        """(n) of vectors (n, d)."""
        return np.asarray(vectors.astype(np.float64) @ self.weight + self.bias)


def fit_area(here: np.ndarray, elsewhere: np.ndarray, share: float, decay: float) -> AreaHead:
    """Logistic regression of "shows the area" on vectors (n, d), (m, d), ``share`` of all photos
    being from elsewhere. Only one answer is possible, so it needs no seed."""
    centre = elsewhere.mean(axis=0, dtype=np.float64)
    both = np.concatenate([here, elsewhere]) - centre
    scale = 1.0 / max(float(np.sqrt(np.square(both).mean())), 1e-12)
    counts = np.ones(len(both))
    counts[len(here) :] = len(here) * share / (1.0 - share) / len(elsewhere)
    weight, bias = fit_many_columns(
        both * scale, np.arange(len(both)) < len(here), counts, decay=decay, steps=_STEPS
    )
    found = (weight * scale).astype(np.float32)
    return AreaHead(found, bias - float(centre @ found))


def fit_recognition(here: FloatArray, elsewhere: FloatArray, share: float) -> Recognition:
    """P(a photo shows the area) from what a head says of photos that it had not learned from."""
    values = np.concatenate([here, elsewhere])
    hits = np.arange(len(values)) < len(here)
    weight = np.where(hits, 1.0, len(here) * share / (1.0 - share) / len(elsewhere))
    centre = float(np.average(values, weights=weight))
    spread = max(float(np.sqrt(np.average((values - centre) ** 2, weights=weight))), 1e-6)
    columns = np.stack([np.ones(len(values)), (values - centre) / spread], axis=1)
    bias, slope = fit_logistic(columns, hits, prior=np.zeros(2), weights=weight)
    slope = max(float(slope), 0.0) / spread
    return Recognition(round(float(bias) - slope * centre, 4), 0.0, round(slope, 4))


def recognition_loss(
    known: Recognition, here: FloatArray, elsewhere: FloatArray, share: float
) -> float:
    """Mean negative log-likelihood, ``share`` of all photos being from elsewhere."""
    p_here, p_there = (known.probability(0.0, values) for values in (here, elsewhere))
    missed = np.log1p(-np.minimum(p_there, 1.0 - 1e-9)).mean()
    return -float((1.0 - share) * np.log(p_here + 1e-9).mean() + share * missed)


def answer_threshold(known: Recognition, here: FloatArray) -> float:
    """Find the threshold of P(shows the area) on an answer is given: ``HERE``, or as much lower
    (down to ``LIKELIER``) as it takes to refuse no more than ``REFUSED`` of the area's own photos.

    ``here`` (n): what the head says of such photos that it had not learned from. The bound holds
    for a further photo (the ⌊(n + 1)·share⌋-th smallest; split conformal prediction), so it gives
    way the more, the fewer photos there are.
    """
    ordered = np.sort(known.probability(0.0, here))
    rank = int((len(ordered) + 1) * REFUSED)
    lowest = float(ordered[rank - 1]) if rank else 0.0
    return round(float(np.clip(lowest, LIKELIER, HERE)), 4)


def likeness_recognition(tops: FloatArray) -> Recognition:
    """P(shows the area) where nothing from elsewhere is known, from the similarity (n) of the
    area's own photos to the most similar photo that was learned from.

    An assumption, no measurement: what resembles less than ``REFUSED`` of them did is likelier
    from elsewhere, what resembles as half of them did is here with 95%.
    """
    ordered = np.sort(tops)
    rank = max(int((len(ordered) + 1) * REFUSED), 1)
    lowest, middle = float(ordered[rank - 1]), float(np.median(ordered))
    if rank == 1:  # fewer than twenty: the lowest of all still says too much
        lowest -= (middle - lowest) / np.sqrt(len(ordered))
    slope = float(logit(np.array(_LIKELY))) / max(middle - lowest, 1e-3)
    return Recognition(round(-slope * lowest, 4), round(slope, 4))


def level_rules(probability: float, area_km: float) -> dict[Level, LevelRule]:
    """An answer, or "cannot tell": a local model knows nothing in between. ``area_km``: farther off
    than this no answer is, if the photo shows the area."""
    return {Level.FINE: LevelRule(round(max(NEAR_KM, area_km), 3), probability)}
