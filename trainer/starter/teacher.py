"""Soft scene labels to learn from: from files, or asked from a model that labels scenes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.errors import TableError
from geoguess_app.core.predictor import load_predictor
from geoguess_app.core.types import FailedPhoto, FloatArray
from geoguess_app.locating.scenes import label_scenes
from trainer.common.cache import Arrays, StageCache, content_key
from trainer.common.photo_table import read_soft_labels
from trainer.scenes.labelled import read_probabilities


def teacher_labels(
    cache: StageCache, folder: Path, teacher: str, table: str, files: Sequence[str]
) -> FloatArray:
    """Soft labels (n, 365) of the photos ``files`` below ``folder``.

    ``teacher`` names, from ``folder`` on, a model that labels scenes (asked once, then cached), or
    a folder that holds, by the table's name, ``NAME.npz`` (``files``, ``probabilities``) or
    ``NAME-probabilities.parquet`` of ``geoguess-train scenes``. Raises TableError, BundleError.
    """
    source = folder / teacher
    if _is_model(source):
        return _ask(cache, source, [folder / name for name in files], Path(table).stem)
    made = source / f"{Path(table).stem}-probabilities.parquet"
    if made.is_file():
        return _pick(made, files)
    return read_soft_labels(source / f"{Path(table).stem}.npz", files)


def has_labels(folder: Path, teacher: str, table: str) -> bool:
    """Tell whether the teacher knows the table's photos: a model does, files may not."""
    source, stem = folder / teacher, Path(table).stem
    files = (f"{stem}-probabilities.parquet", f"{stem}.npz")
    return _is_model(source) or any((source / name).is_file() for name in files)


def teacher_name(folder: Path, teacher: str, given: str) -> str:
    """Return what to call the teacher: a model's own name, or what is ``given`` for labels in
    files."""
    if _is_model(folder / teacher):
        return open_bundle(folder / teacher).name
    return given or "given with the photos"


def _is_model(path: Path) -> bool:
    return path.suffix in (".geomodel", ".zip") or (path / "bundle.json").is_file()


def _pick(path: Path, files: Sequence[str]) -> FloatArray:
    names, probabilities = read_probabilities(path)
    row_of = {name: row for row, name in enumerate(names)}
    missing = [name for name in files if name not in row_of]
    if missing:
        raise TableError(f"{path}: no soft labels for {missing[0]}.", code="teacher")
    return probabilities[[row_of[name] for name in files]]


def _ask(cache: StageCache, model: Path, paths: Sequence[Path], title: str) -> FloatArray:
    predictor = load_predictor(model, for_scenes=True)
    manifest = predictor.bundle.manifest.to_bytes()
    key = content_key({"model": hashlib.sha256(manifest).hexdigest()}, paths)

    def make() -> Arrays:
        rows = []
        labels = label_scenes(paths, predictor)
        for path, label in zip(paths, tqdm(labels, total=len(paths), desc=title), strict=True):
            if isinstance(label, FailedPhoto):
                raise TableError(f"{path}: cannot be labelled: {label.message}", code="teacher")
            rows.append(label.s365.astype(np.float32))
        return {"probabilities": np.array(rows, dtype=np.float32).reshape(-1, 365)}

    probabilities = cache.get(f"teacher-{title}", key, make)["probabilities"].astype(np.float64)
    return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))
