"""Fetching what a host offers into a folder, with a record of where it is from.

Nothing connects before ``look_up`` of ``offer.py`` is called, and that only after a question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.files.atomic import make_folder
from geoguess_app.files.locks import try_lock
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.download import DownloadProgress, fetch_files
from geoguess_app.models.offer import Offer, OfferedFile
from geoguess_app.models.origin import (
    ORIGIN_FILE,
    Checked,
    ModelOrigin,
    OriginFile,
    OriginSource,
    write_origin,
)
from geoguess_app.models.published import PublishedModel, PublishedVariant
from geoguess_app.models.web import DownloadError, Patience

_LOCK_FILE = ".fetching"


def download_folder(model: PublishedModel, variant: PublishedVariant) -> Path:
    """Name the folder for a model's files as they come from the host."""
    return models_dir() / "downloads" / f"{model.name}-{variant.name}"


def built_path(model: PublishedModel, variant: PublishedVariant) -> Path:
    """Name the bundle that is built from them, or the file of an eye."""
    if model.builder == "dinov2":
        return models_dir() / f"{model.name}.onnx"
    return models_dir() / f"{model.name}-{variant.name}.geomodel"


def build_room_bytes(variant: PublishedVariant) -> int:
    """Estimate the room that the bundle takes besides the files that it is made from."""
    return variant.about_bytes + 60_000_000


def fetch_offer(
    model: PublishedModel,
    offer: Offer,
    folder: Path,
    *,
    cancel: CancelToken,
    patience: Patience | None = None,
) -> Iterator[DownloadProgress]:
    """Fetch everything of an offer and write ``origin.json``; ends early if cancelled.

    Raises GeoGuessError in one sentence; the next call goes on from what had arrived.
    """
    make_folder(folder)
    with (folder / _LOCK_FILE).open("ab") as lock:
        if not try_lock(lock):
            raise DownloadError(
                f"{model.title} is already being fetched by another GeoGuess.", code="locked"
            )
        room = build_room_bytes(offer.variant)
        yield from fetch_files(offer.files, cancel=cancel, patience=patience, also_bytes=room)
        if not cancel.cancelled:
            write_origin(folder / ORIGIN_FILE, _origin(model, offer))


def _origin(model: PublishedModel, offer: Offer) -> ModelOrigin:
    sources = tuple(
        OriginSource(
            source.address,
            source.licence_word or source.published.licence,
            tuple(_record(file) for file in source.files),
            source.revision,
        )
        for source in offer.sources
    )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return ModelOrigin(model.name, offer.variant.name, now, sources)


def _record(file: OfferedFile) -> OriginFile:
    remote = file.remote
    digest = remote.sha256
    if digest is None:
        with remote.target.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    checked: Checked = "sha256" if remote.sha256 else "git" if remote.git_blob else "length"
    return OriginFile(file.name, remote.size_bytes, digest, checked)
