"""Lines and JSON of ``geoguess models list`` and ``info``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoguess_app.commands.info import (
    KINDS,
    measurements,
    published_accuracy,
    source_lines,
)
from geoguess_app.core.format import (
    NO_VALUE,
    plain_spaces,
    precise_percent,
    threshold,
)
from geoguess_app.core.records.forms import encode
from geoguess_app.files.json_text import json_text
from geoguess_app.models.getting import built_path
from geoguess_app.models.library import (
    BrokenModel,
    LibraryError,
    LibraryModel,
    find_model,
    library,
)
from geoguess_app.models.origin import ModelOrigin
from geoguess_app.models.published import EYES, PUBLISHED, PublishedModel
from geoguess_app.models.room import size_text

_LABEL = 16
_NAME = 24
_LISTED = "25"
_CALIBRATIONS = {
    "photos": "yes: confidences and radii were fitted on located photos",
    "published": "not on photos of yours: confidences and radii are what was published, on average",
    "none": "no: confidences and radii are the network's own and say little",
}
_PLACES = {"program": "comes with the program", "library": "in the library", "elsewhere": ""}


def list_lines() -> Iterator[str]:
    """Yield a table of the models here, then those that can be fetched."""
    yield f"  {'name':<{_NAME}}{'size':>9}  {'within ' + _km(_LISTED):>12}  what"
    for entry in library():
        if isinstance(entry, BrokenModel):
            yield f"  {entry.path.name:<{_NAME}}{'':>9}  {'':>12}  {entry.reason}"
            continue
        mark = "*" if entry.in_use else " "
        size = size_text(entry.size_bytes)
        share = entry.accuracy.get(_LISTED)
        right = NO_VALUE if share is None else precise_percent(share)
        yield f"{mark} {entry.name:<{_NAME}}{size:>9}  {right:>12}  {_what(entry)}"
    yield "* in use; shares are of each model's own test photos and cannot be compared"
    there = {entry.name for entry in library() if isinstance(entry, LibraryModel)}
    missing = [model for model in PUBLISHED.values() if not _is_there(model, there)]
    missing += [eye for eye in EYES.values() if not built_path(eye, eye.variants[0]).exists()]
    if missing:
        yield ""
        yield "can be fetched (geoguess models get NAME):"
    for model in missing:
        size = size_text(model.variants[0].about_bytes)
        licence = model.variants[0].sources[0].licence
        yield f"  {model.name:<{_NAME}}{size:>9}  {model.does} Licence: {licence}."


def list_json() -> str:
    """Write the same as one JSON object."""
    entries = [
        {"path": str(entry.path), "problem": entry.reason}
        if isinstance(entry, BrokenModel)
        else entry.to_json()
        for entry in library()
    ]
    published = [_published_json(model) for model in PUBLISHED.values()]
    return json_text({"models": entries, "published": published}, indent=2)


def info_lines(name: str) -> Iterator[str]:
    """Yield what is known of a model here, or else of a published one. Raises LibraryError."""
    model, published = _find(name)
    if model is not None:
        yield from _library_lines(model)
    elif published is not None:
        yield from published_lines(published)


def info_json(name: str) -> str:
    """Write the same as one JSON object. Raises LibraryError."""
    model, published = _find(name)
    if model is not None:
        origin = encode(model.origin) if model.origin else None
        found = {**model.to_json(), "origin": origin, "manifest": model.manifest.to_json()}
    else:
        assert published is not None
        found = _published_json(published)
    return json_text(found, indent=2)


def published_lines(model: PublishedModel) -> Iterator[str]:
    """Yield what a published model is and is worth, and how it can be fetched."""
    yield f"{model.title}, not on this computer"
    yield model.does
    yield ""
    yield _line("area", model.area)
    yield _line("trained on", model.trained_on)
    if model.published_accuracy:
        yield from published_accuracy(model.published_accuracy, model.measured_on)
    yield _line("see", model.paper)
    for variant in model.variants:
        size = size_text(variant.about_bytes)
        licences = ", ".join(dict.fromkeys(source.licence for source in variant.sources))
        yield _line(
            f"get {variant.name}",
            f"{variant.what}: {size} from {', '.join(variant.hosts)}; licence {licences}",
        )


def _find(name: str) -> tuple[LibraryModel | None, PublishedModel | None]:
    try:
        return find_model(name), None
    except LibraryError:
        if (published := PUBLISHED.get(name)) is None:
            raise
        return None, published


def _is_there(model: PublishedModel, names: set[str]) -> bool:
    return any(f"{model.name}-{variant.name}" in names for variant in model.variants)


def _what(entry: LibraryModel) -> str:
    where = _PLACES[entry.place] or str(entry.path)
    return f"{entry.manifest.title}, {KINDS[entry.manifest.kind]}; {where}"


def _library_lines(model: LibraryModel) -> Iterator[str]:
    manifest = model.manifest
    yield f"{manifest.title}, {KINDS[manifest.kind]}{'; in use' if model.in_use else ''}"
    if manifest.description:
        yield manifest.description
    yield ""
    where = _PLACES[model.place]
    yield _line("lies in", f"{model.path}{', ' + where if where else ''}")
    yield _line("size", size_text(model.size_bytes))
    yield _line("licence", manifest.license)
    yield _line("intended area", manifest.intended_area)
    yield from source_lines(manifest.provenance)
    yield from measurements(manifest.evaluation)
    if model.locates:
        yield _line("calibrated", _CALIBRATIONS[model.calibration])
    if model.origin is not None:
        yield from _origin_lines(model.origin)


def _origin_lines(origin: ModelOrigin) -> Iterator[str]:
    yield _line("fetched", origin.fetched)
    for source in origin.sources:
        revision = f", commit {source.revision}" if source.revision else ""
        yield _line("from", f"{source.address}{revision}, licence {source.licence}")
        for file in source.files:
            size = size_text(file.size_bytes)
            yield _line("", f"{file.file}, {size}, SHA-256 {file.sha256}")


def _published_json(model: PublishedModel) -> dict[str, Any]:
    variants = [
        {
            "name": variant.name,
            "what": variant.what,
            "about_bytes": variant.about_bytes,
            "hosts": list(variant.hosts),
            "licences": list(dict.fromkeys(source.licence for source in variant.sources)),
        }
        for variant in model.variants
    ]
    return {
        "name": model.name,
        "title": model.title,
        "does": model.does,
        "trained_on": model.trained_on,
        "published_accuracy": dict(model.published_accuracy),
        "measured_on": model.measured_on,
        "variants": variants,
    }


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}".rstrip()


def _km(km: str) -> str:
    return plain_spaces(threshold(float(km)))
