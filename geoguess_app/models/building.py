"""Bundles out of the files of published models."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.models.published import Builder
from geoguess_app.models.trainer_command import INSTALL, find_trainer

_LOOK_S = 0.1


def build(
    builder: Builder,
    source: Path,
    target: Path,
    *,
    gallery: Path | None,
    report: Callable[[str], None],
    cancel: CancelToken,
) -> Path:
    """Build the bundle ``target`` from the files in ``source``. Raises GeoGuessError.

    ``gallery``: a table of positions, for GeoCLIP alone. Nothing is left if cancelled.
    """
    if builder == "places365":
        return _import_places365(source, target, report, cancel)
    if builder == "dinov2":
        from geoguess_app.models.eye import build_eye

        return build_eye(source, target)
    from geoguess_app.models.geoclip.build import build_geoclip  # torch

    return build_geoclip(source, target, gallery=gallery, report=report, cancel=cancel)


def _import_places365(
    source: Path, target: Path, report: Callable[[str], None], cancel: CancelToken
) -> Path:
    """Let the trainer, a program of its own, do it."""
    checkpoint = next(source.glob("*.pth.tar"))
    trainer = find_trainer()
    words = ["import-places365", str(checkpoint), "--out", str(target)]
    if trainer is None:
        raise GeoGuessError(
            f"{checkpoint} is here, but the trainer that makes a model of it is not: {INSTALL}, "
            f"then geoguess-train {' '.join(words)}",
            code="no-trainer",
        )
    report("Making a model of it")
    with subprocess.Popen(
        [trainer.program, *trainer.before, *words],
        env=os.environ | trainer.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        while process.poll() is None:
            if cancel.cancelled:
                process.kill()
            time.sleep(_LOOK_S)
        said = process.stderr.read() if process.stderr else ""
    if process.returncode and not cancel.cancelled:
        last = said.strip().splitlines()[-1:] or ["the trainer failed"]
        raise GeoGuessError(last[0], code="not-imported")
    return target
