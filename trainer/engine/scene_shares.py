"""Shares of indoor, natural and urban in each photo of a run: as its table says, or asked now."""

from __future__ import annotations

import io
import logging
import time
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.decision.scenes import S3_NAMES
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import FailedPhoto, FloatArray
from geoguess_app.files.atomic import replace_file
from geoguess_app.locating.scenes import label_scenes
from trainer.common.ranks import is_first_rank
from trainer.engine.progress import ProgressLog

if TYPE_CHECKING:
    from trainer.engine.run import TrainingRun

log = logging.getLogger(__name__)
_SCENES_FILE = "scenes.npy"
_LOOK_EVERY_S = 0.5


def scene_shares(prepared: TrainingRun) -> FloatArray:
    """P(indoor, natural, urban) of every training and validation photo (n, 3); 0 where unknown.

    Labels that came with the photos (``geoguess-train scenes``) are taken; otherwise the scene
    model labels them, and its labels are kept in the run's folder. Of several processes the first
    one labels, and the others wait for the file.
    """
    given = prepared.photos.scenes
    if given is not None:
        learning = np.isin(prepared.photos.split, ("train", "val"))
        missing = int((learning & ~np.isfinite(given).all(axis=1)).sum())
        log.info("Scene labels are taken from the table; %d photos have none.", missing)
        return np.where(learning[:, None], np.nan_to_num(given), 0.0)
    path = prepared.options.out / _SCENES_FILE
    if is_first_rank() and not (prepared.options.resume and path.is_file()):
        content = io.BytesIO()
        np.save(content, _label(prepared))
        replace_file(path, content.getvalue())
    while not path.is_file():
        time.sleep(_LOOK_EVERY_S)
    return np.asarray(np.load(path, allow_pickle=False))


def labels_origin(prepared: TrainingRun, scenes: Bundle) -> str:
    """Return where the labels come from, for the model's facts."""
    return scenes.manifest.title if prepared.photos.scenes is None else "given with the photos"


def _label(prepared: TrainingRun) -> FloatArray:
    assert prepared.parents is not None
    photos = prepared.photos
    predictor = Predictor(prepared.parents.scenes)
    shares = np.zeros((photos.size, len(S3_NAMES)))
    ProgressLog(prepared.options.out).write("stage", name="scenes", photos=photos.size)
    with tqdm(
        total=int(np.isin(photos.split, ("train", "val")).sum()),
        desc="scenes",
        unit=" photos",
        disable=not prepared.options.machine.progress,
    ) as bar:
        for split in ("train", "val"):
            pictures = (picture for _, picture in photos.pictures(split))
            found = label_scenes(
                pictures, predictor, threads=prepared.recipe.training.workers or None
            )
            for row, label in zip(photos.rows(split).tolist(), found, strict=True):
                if not isinstance(label, FailedPhoto):
                    shares[row] = label.s3
                bar.update()
    return shares
