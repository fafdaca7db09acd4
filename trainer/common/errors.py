"""The error of a run, a build or a bundle that a user can do something about."""

from __future__ import annotations

from geoguess_app.core.errors import GeoGuessError


class TrainError(GeoGuessError):
    """A training run that cannot start or had to stop, with what to do about it."""
