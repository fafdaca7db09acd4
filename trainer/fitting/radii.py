"""Radii of local models: P(right within R) from answers to photos that were not learned from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geoguess_app.core.calibration.curve import within_curve
from geoguess_app.core.calibration.model import RADIUS_SHARES, Calibration, WithinPoint, logit
from geoguess_app.core.types import FloatArray, IntArray
from trainer.fitting.logistic import fit_logistic

FAR_KM = (25.0, 2500.0)
"""Up to here a photo from elsewhere still counts as missed."""
SMALLEST_KM = 0.02
_WIDEST_KM = 10_000.0
"""Twice as far, which counts as certain, is still on the Earth."""
CERTAIN = 9.0
"""Log-odds of what is as good as sure."""


@dataclass(frozen=True, eq=False)
class RadiusEvidence:
    """Answers to photos by models that had not learned from them; (n) each."""

    error_km: FloatArray
    mass: FloatArray
    """(n, radii) posterior mass within each radius of the answer."""
    top: FloatArray
    """Similarity to the most similar photo; 0 without any."""

    def take(self, rows: np.ndarray) -> RadiusEvidence:
        """Some of the photos."""
        return RadiusEvidence(self.error_km[rows], self.mass[rows], self.top[rows])


def error_radii_km(
    errors_km: FloatArray, group: IntArray | None = None
) -> tuple[float, float, float]:
    """Radii that hold a further error with 50, 80 and 95% probability."""
    r50, r80, r95 = (max(1e-4, holding_value(errors_km, share, group)) for share in RADIUS_SHARES)
    return r50, r80, r95


def holding_value(values: FloatArray, share: float, group: IntArray | None) -> float:
    """The value below which a further one lies with that probability, whatever its distribution:
    the ⌈(n + 1)·share⌉-th smallest (split conformal prediction; Vovk, Gammerman, Shafer, 2005).

    With ``group`` (n) the further one is of a group that none of these is of, a place that no photo
    shows or a source that no photo comes from: every group has the same say, and one more has its
    own beyond all of them (Dunn, Wasserman, Ramdas, "Distribution-free prediction sets for
    two-layer hierarchical models", 2023).
    """
    number = np.arange(len(values)) if group is None else group
    _, own, counts = np.unique(number, return_inverse=True, return_counts=True)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum((1.0 / (counts[own] * (len(counts) + 1)))[order])
    rank = int(np.searchsorted(reached, share - 1e-9))
    return float(values[order[min(rank, len(values) - 1)]])


def trial_radii_km(errors_km: FloatArray) -> FloatArray:
    """Eight radii from the smaller errors to beyond the largest, km."""
    low = min(max(float(np.quantile(errors_km, 0.1)), 0.005), _WIDEST_KM / 4.0)
    high = min(max(1.5 * float(errors_km.max()), 4.0 * low), _WIDEST_KM)
    return np.round(np.geomspace(low, high, 8), 5)


def within_points(held: RadiusEvidence, radii: FloatArray) -> tuple[WithinPoint, ...]:
    """P(right within each radius) of a photo that shows the area; the last holds up to ``FAR_KM``.

    All radii are fitted at once, with a bias each and slopes in common (proportional odds;
    McCullagh, 1980): fitted one by one they cross, and a rising curve through them promises the
    luckiest.
    """
    count, size = held.mass.shape
    odds, tops = logit(held.mass).ravel(), np.repeat(held.top, size)
    middle, width = _scale(odds)
    centre, spread = _scale(tops)
    own_bias = np.tile(np.eye(size), (count, 1))
    scaled = [((odds - middle) / width)[:, None], ((tops - centre) / spread)[:, None]]
    columns = np.concatenate([own_bias, *scaled], axis=1)
    hits = (held.error_km[:, None] <= radii).ravel()
    found = fit_logistic(columns, hits, prior=np.zeros(size + 2))
    if found[size] < 0.0:  # more mass must never mean less confidence
        rest = np.delete(columns, size, axis=1)
        found = np.insert(fit_logistic(rest, hits, prior=np.zeros(size + 1)), size, 0.0)
    slope, similarity = float(found[size]) / width, float(found[size + 1]) / spread
    bias = found[:size] - slope * middle - similarity * centre
    points = [
        WithinPoint(round(float(radius), 5), *(round(v, 4) for v in (float(b), slope, similarity)))
        for radius, b in zip(radii, bias, strict=True)
    ]
    # An answer lies in the area: if the photo shows it, no error can be much larger than it.
    certain = WithinPoint(round(2.0 * float(radii[-1]), 5), CERTAIN, 0.0, 0.0)
    far = [km for km in FAR_KM if km > certain.radius_km]
    return (*points, certain, *(replace(certain, radius_km=km) for km in far))


def surely_within_km(calibration: Calibration) -> float:
    """Farther off than this no answer is, if the photo shows the area."""
    if calibration.regression_radii_km is not None:
        return 10.0 * calibration.regression_radii_km[-1]  # as ``decide_by_regression`` has it
    sure = [point.radius_km for point in calibration.within if point.bias == CERTAIN]
    return min(sure, default=0.0)


def _scale(values: FloatArray) -> tuple[float, float]:
    """Mean and standard deviation, so that values which differ by little can still decide."""
    return float(values.mean()), max(float(values.std()), 1e-6)


def radius_shares(
    held: RadiusEvidence, radii: FloatArray, fold: IntArray, group: IntArray | None = None
) -> tuple[float, float, float]:
    """Return what the curves say at the radii that hold the truth as often as they shall, on photos
    of folds that the curves were not fitted to: cross-conformal prediction (Vovk, 2015); with
    ``group`` (n), on photos of a place that none of these shows.

    Never below the shares themselves: no curve is made to look surer than it is.
    """
    reached = np.empty(len(held.error_km))
    for number in np.unique(fold):
        out = fold == number
        if out.all():  # one fold only: nothing to cross
            return RADIUS_SHARES
        fitted = Calibration(within=within_points(held.take(~out), radii))
        reached[out] = _reached_share(held.take(out), radii, fitted)
    s50, s80, s95 = (
        round(min(max(share, holding_value(reached, share, group)), 0.999), 3)
        for share in RADIUS_SHARES
    )
    return s50, s80, s95


def _reached_share(held: RadiusEvidence, radii: FloatArray, calibration: Calibration) -> FloatArray:
    """The value (n) of each photo's curve at its error; between two radii over their logarithm."""
    logs = np.log(radii)
    return np.array(
        [
            np.interp(np.log(max(error, 1e-6)), logs, within_curve(radii, mass, top, calibration))
            for error, mass, top in zip(held.error_km, held.mass, held.top.tolist(), strict=True)
        ]
    )
