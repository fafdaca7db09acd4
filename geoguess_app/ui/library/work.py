"""The work behind the model library as generators; they run in a pool and touch no widget."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.types import FloatArray
from geoguess_app.evaluation.figures.base_map import base_map
from geoguess_app.files.atomic import PART_SUFFIX
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.building import build
from geoguess_app.models.download import DownloadProgress
from geoguess_app.models.getting import built_path, download_folder, fetch_offer
from geoguess_app.models.library import (
    BrokenModel,
    LibraryModel,
    add_model,
    library,
    remove_model,
)
from geoguess_app.models.model_area import model_places
from geoguess_app.models.offer import Offer, look_up
from geoguess_app.models.origin import ORIGIN_FILE, origin_beside
from geoguess_app.models.published import PublishedModel, PublishedVariant
from geoguess_app.models.web import Patience
from geoguess_app.ui.work.clashes import keep_triton_out
from geoguess_app.ui.work.jobs import Work, close

Tell = Callable[[str], None]
"""Is told the steps of building, in any thread."""


@dataclass(frozen=True, eq=False)
class ModelPlaces:
    """The places of a model's cells (n, 2), in degrees."""

    path: Path
    degrees: FloatArray


def list_work() -> Work:
    """Yield one list of the models on this computer."""

    def work(token: CancelToken) -> Iterator[list[LibraryModel | BrokenModel]]:
        yield list(library())

    return work


def places_work(path: Path) -> Work:
    """Yield the places of a model, once the map that they are drawn on is read, too."""

    def work(token: CancelToken) -> Iterator[ModelPlaces]:
        base_map()
        yield ModelPlaces(path, model_places(path))

    return work


def look_up_work(model: PublishedModel, variant: PublishedVariant) -> Work:
    """Ask the hosts what they have; yield the Offer. Only after the user has agreed."""

    def work(token: CancelToken) -> Iterator[Offer]:
        offer = look_up(variant, download_folder(model, variant), token, Patience())
        if offer is not None:
            yield offer

    return work


def get_work(model: PublishedModel, offer: Offer, tell: Tell) -> Work:
    """Fetch, build, and yield the DownloadProgress, then the path of the model."""

    def work(token: CancelToken) -> Iterator[DownloadProgress | Path]:
        folder = download_folder(model, offer.variant)
        fetching = fetch_offer(model, offer, folder, cancel=token)
        try:
            yield from fetching
        finally:
            close(fetching)
        if token.cancelled:
            return
        target = built_path(model, offer.variant)
        keep_triton_out()
        try:
            build(model.builder, folder, target, gallery=None, report=tell, cancel=token)
        except GeoGuessError as problem:
            stays = f"What was fetched stays in {folder}; delete that folder to fetch it anew."
            raise GeoGuessError(f"{problem} {stays}", code=problem.code) from problem
        if not token.cancelled:
            shutil.copyfile(folder / ORIGIN_FILE, origin_beside(target))
            shutil.rmtree(folder, ignore_errors=True)
            yield target

    return work


def build_work(folder: Path, tell: Tell) -> Work:
    """Build a model from files that were brought by hand; yield its path."""

    def work(token: CancelToken) -> Iterator[Path]:
        is_scenes = any(folder.glob("*.pth.tar"))
        builder: Literal["geoclip", "places365"] = "places365" if is_scenes else "geoclip"
        target = models_dir() / f"{builder}.geomodel"
        if target.exists():
            raise GeoGuessError(
                f"The library already has a model {target.name}; remove it first.", code="exists"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        keep_triton_out()
        build(builder, folder, target, gallery=None, report=tell, cancel=token)
        if not token.cancelled:
            yield target

    return work


def add_work(source: Path) -> Work:
    """Copy a model into the library; yield its path."""

    def work(token: CancelToken) -> Iterator[Path]:
        yield add_model(source).path

    return work


def remove_work(model: LibraryModel) -> Work:
    """Delete a model of the library; yield its path."""

    def work(token: CancelToken) -> Iterator[Path]:
        remove_model(model)
        yield model.path

    return work


def begun_bytes(model: PublishedModel, variant: PublishedVariant) -> int:
    """Count the bytes that an earlier, unfinished download has left."""
    folder = download_folder(model, variant)
    if not folder.is_dir():
        return 0
    notes = PART_SUFFIX + ".json"
    files = [file for file in folder.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files if not file.name.endswith(notes))
