"""Reading and writing the ``calibration`` object of a bundle, strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.errors import BundleError
from geoguess_app.core.records.forms import decode, encode


def calibration_from_json(value: Mapping[str, Any]) -> Calibration:
    """Read a bundle's ``calibration``; absent keys take the defaults, unknown ones are ignored.

    Raises BundleError for a value that is not a finite number in its range.
    """
    return decode(
        Calibration,
        value,
        where="calibration",
        refuse=lambda sentence: BundleError(f"bundle.json: {sentence}", code="bad-calibration"),
        ignore_unknown=True,
    )


def calibration_to_json(calibration: Calibration) -> dict[str, Any]:
    """Return what ``calibration_from_json`` reads as this calibration."""
    data: dict[str, Any] = encode(calibration)
    return data
