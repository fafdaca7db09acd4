"""The model library: the models on this machine, with what each says of itself.

The starter, those in the user's folder of models, and those elsewhere that were used or that the
settings name. Only ``bundle.json`` of each is read, which takes milliseconds and no torch; whether
a model is whole shows when it is opened.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from geoguess_app.core.bundle.manifest import Manifest
from geoguess_app.core.bundle.reader import read_manifest
from geoguess_app.core.errors import BundleError, GeoGuessError
from geoguess_app.files.atomic import atomic_binary_file, make_folder
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.known import accuracy_of, known_models
from geoguess_app.models.origin import ModelOrigin, origin_beside, read_origin
from geoguess_app.models.published import PUBLISHED
from geoguess_app.models.room import check_room
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.settings import change_settings, load_settings

STARTER = "starter"
_SUFFIXES = (".geomodel", ".zip")
_COPIED_BYTES = 1 << 22
Place = Literal["program", "library", "elsewhere"]


class LibraryError(GeoGuessError):
    """A model that cannot be added, removed, used or found."""


@dataclass(frozen=True, slots=True)
class LibraryModel:
    """A model on this machine, and what it says of itself."""

    name: str
    """By which the commands call it: ``starter``, or the file's name without its ending."""
    path: Path
    place: Place
    size_bytes: int
    manifest: Manifest
    origin: ModelOrigin | None
    """Where it was fetched from, if it was."""
    in_use: bool

    @property
    def accuracy(self) -> Mapping[str, float]:
        """Share of its test photos (0…1) by distance in km; empty where nothing was measured."""
        return accuracy_of(self.manifest.evaluation)

    @property
    def floor(self) -> Mapping[str, float]:
        """Return what a model without knowledge reaches on the same photos."""
        return accuracy_of(self.manifest.evaluation, "floor")

    @property
    def ceiling(self) -> Mapping[str, float]:
        """Return what its cells would reach with a perfect choice."""
        return accuracy_of(self.manifest.evaluation, "ceiling_cells")

    @property
    def photos(self) -> int:
        """Count the photos that it was trained on, as far as it says so."""
        return sum(source.photos for source in self.manifest.provenance)

    @property
    def calibration(self) -> Literal["photos", "published", "none"]:
        """Return what its confidences and radii rest on: answers to located photos, what was
        published of the model, or nothing."""
        if not self.manifest.calibration.get("within"):
            return "none"
        return "published" if self.manifest.calibration.get("basis") == "published" else "photos"

    @property
    def locates(self) -> bool:
        """Tell whether it answers where a photo was taken."""
        return self.manifest.kind != "scenes"

    def to_json(self) -> dict[str, Any]:
        """Write everything of it that is worth a line as JSON values."""
        return {
            "name": self.name,
            "title": self.manifest.title,
            "path": str(self.path),
            "place": self.place,
            "in_use": self.in_use,
            "size_bytes": self.size_bytes,
            "kind": self.manifest.kind,
            "intended_area": self.manifest.intended_area,
            "trained_on_photos": self.photos,
            "licence": self.manifest.license,
            "accuracy": dict(self.accuracy),
            "floor": dict(self.floor),
            "ceiling": dict(self.ceiling),
            "calibration": self.calibration,
        }


@dataclass(frozen=True, slots=True)
class BrokenModel:
    """A file or folder among the models that cannot be one, with the reason."""

    path: Path
    reason: str


def library() -> Iterator[LibraryModel | BrokenModel]:
    """List the models on this machine: the starter, those of the library by name, the others."""
    used = _used_path()
    seen = set()
    for path, place in _places():
        if (resolved := os.path.realpath(path)) in seen:
            continue
        seen.add(resolved)
        try:
            yield _facts(path, place, used)
        except BundleError as problem:
            yield BrokenModel(path, str(problem))


def find_model(name: str) -> LibraryModel:
    """Find a model by its name in the list, by its title, or by its path. Raises LibraryError."""
    there = [entry for entry in library() if isinstance(entry, LibraryModel)]
    for entry in there:
        if name in (entry.name, str(entry.path)):
            return entry
    same = [entry for entry in there if name.casefold() in _calls(entry)]
    if len(same) == 1:
        return same[0]
    path = Path(name)
    if path.exists():
        return _facts(path, "elsewhere", _used_path())
    if name in PUBLISHED:
        raise LibraryError(
            f"{PUBLISHED[name].title} is not on this computer; to fetch it: geoguess models get "
            f"{name}",
            code="no-model",
        )
    known = ", ".join(entry.name for entry in there)
    raise LibraryError(f"There is no model {name!r}; there are: {known}.", code="no-model")


def _calls(entry: LibraryModel) -> set[str]:
    return {entry.manifest.name.casefold(), entry.manifest.title.casefold(), entry.name.casefold()}


def add_model(source: Path) -> LibraryModel:
    """Copy a model file or folder into the library, whole or not at all, once it is verified.

    Raises GeoGuessError for one that is refused, a name that is taken, or a full disk.
    """
    from geoguess_app.core.bundle import open_bundle

    open_bundle(source)
    target = models_dir() / source.name
    if target.exists():
        raise LibraryError(
            f"The library already has a model {source.name}; remove it first, or rename the file.",
            code="exists",
        )
    make_folder(models_dir())
    check_room(models_dir(), _size_of(source))
    try:
        if source.is_dir():
            _copy_folder(source, target)
        else:
            _copy_file(source, target)
        if origin_beside(source).is_file():
            _copy_file(origin_beside(source), origin_beside(target))
    except OSError as problem:
        raise LibraryError(
            f"{source} cannot be copied to {models_dir()} ({problem.strerror or problem}).",
            code="unwritable",
        ) from problem
    return _facts(target, "library", _used_path())


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as read, atomic_binary_file(target) as write:
        shutil.copyfileobj(read, write, _COPIED_BYTES)


def _copy_folder(source: Path, target: Path) -> None:
    interim = target.with_name(f".{target.name}.part")
    shutil.rmtree(interim, ignore_errors=True)
    try:
        shutil.copytree(source, interim)
        interim.rename(target)
    finally:
        shutil.rmtree(interim, ignore_errors=True)


def remove_model(model: LibraryModel) -> None:
    """Delete a model of the library; the settings go back to the starter if they named it.

    Raises LibraryError for the starter and for models that lie elsewhere.
    """
    if model.place == "program":
        raise LibraryError("The starter model comes with the program and stays.", code="starter")
    if model.place == "elsewhere":
        raise LibraryError(
            f"{model.path} is not in GeoGuess's own folder of models; delete it yourself if you no "
            "longer need it.",
            code="elsewhere",
        )
    try:
        if model.path.is_dir():
            shutil.rmtree(model.path)
        else:
            model.path.unlink()
        origin_beside(model.path).unlink(missing_ok=True)
    except OSError as problem:
        raise LibraryError(
            f"{model.path} cannot be removed ({problem.strerror or problem}).", code="unwritable"
        ) from problem
    if model.in_use:
        change_settings(model=None)


def use_model(model: LibraryModel) -> None:
    """Let the settings name a model. Raises GeoGuessError for one that locates nothing."""
    if not model.locates:
        raise LibraryError(
            f"{model.manifest.title} labels scenes and locates nothing; choose another model.",
            code="scenes",
        )
    path = None if model.place == "program" else str(model.path.absolute())
    change_settings(model=path)


def _used_path() -> Path:
    named = load_settings().model
    return Path(named).resolve() if named else starter_bundle_dir().resolve()


def _places() -> Iterator[tuple[Path, Place]]:
    yield starter_bundle_dir(), "program"
    folder = models_dir()
    if folder.is_dir():
        for path in sorted(folder.iterdir(), key=lambda path: path.name.casefold()):
            is_folder = path.is_dir() and (path / "bundle.json").is_file()
            if not path.name.startswith(".") and (is_folder or path.suffix in _SUFFIXES):
                yield path, "library"
    named = load_settings().model
    others = [Path(named)] if named else []
    others += [Path(known.path) for known in known_models()]
    for path in others:
        if path.exists():
            yield path, "elsewhere"


def _facts(path: Path, place: Place, used: Path) -> LibraryModel:
    return LibraryModel(
        STARTER if place == "program" else path.name.removesuffix(".geomodel"),
        path,
        place,
        _size_of(path),
        read_manifest(path),
        read_origin(origin_beside(path)),
        path.resolve() == used,
    )


def _size_of(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
