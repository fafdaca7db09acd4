"""``geoguess info``: what a model bundle is and what it measured."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.commands.common import (
    OK,
    UsageError,
    add_logging_option,
    add_units_option,
    use_utf8,
)
from geoguess_app.core.bundle.bank_photos import bank_photos
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.format import distance, plain_spaces
from geoguess_app.paths import starter_bundle_dir

if TYPE_CHECKING:
    import numpy.typing as npt

    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.bundle.manifest import Manifest, Provenance

_SHOWN_SOURCES = 5
_LABEL = 16
_DISTANCES = ("1", "25", "200", "750", "2500")
_ROWS = (
    ("all photos", ("accuracy",)),
    ("surest 25%", ("most_confident", "quarter")),
    ("surest 10%", ("most_confident", "tenth")),
    ("floor", ("floor",)),
    ("ceiling", ("ceiling_cells",)),
)
_SCENES = (
    ("indoor/natural/urban", "s3"),
    ("16 groups", "s16"),
    ("365 categories, first", "top1"),
    ("among first five", "top5"),
)

DESCRIPTION = """\
Open a model bundle, verify every file in it and describe it: intended area, licence, training data
and measured accuracy. Nothing in it is executed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``geoguess info``."""
    parser.add_argument(
        "bundle",
        nargs="?",
        metavar="BUNDLE",
        help="bundle folder or .geomodel file (default: the starter model)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the complete description as JSON"
    )
    add_units_option(parser)
    add_logging_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what the bundle says; a bundle that is refused is wrong usage."""
    from geoguess_app.core.bundle import open_bundle

    path = starter_bundle_dir() if arguments.bundle is None else Path(arguments.bundle)
    try:
        bundle = open_bundle(path)
    except GeoGuessError as problem:
        raise UsageError(str(problem)) from problem
    use_utf8(sys.stdout)
    if arguments.json:
        json.dump(bundle.manifest.to_json(), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        sys.stdout.write("\n".join(_lines(bundle)) + "\n")
    return OK


def _lines(bundle: Bundle) -> Iterator[str]:
    manifest = bundle.manifest
    yield f"{manifest.title}, {KINDS.get(manifest.kind, manifest.kind)}"
    if manifest.description:
        yield manifest.description
    yield ""
    for label, value in _facts(manifest):
        yield f"{label:<16}{value}"
    for partition in bundle.partitions:
        photos = int(partition.photo_counts.sum())
        yield f"{'partition':<16}{partition.name}: {partition.size:,} cells, {photos:,} photos"
    yield from source_lines(manifest.provenance)
    yield from _contents_line(bundle)
    yield from measurements(manifest.evaluation)


def source_lines(sources: Sequence[Provenance]) -> Iterator[str]:
    """Yield how many photos a model learned from and where the most came from."""
    if not sources:
        return
    total = sum(source.photos for source in sources)
    yield f"{'trained on':<16}{total:,} photos from {len(sources):,} sources"
    largest = sorted(sources, key=lambda source: -source.photos)
    for source in largest[:_SHOWN_SOURCES]:
        where = f", {source.url}" if source.url else ""
        yield f"{'':<16}{source.name}: {source.photos:,} photos, {source.license}{where}"
    if len(sources) > _SHOWN_SOURCES:
        yield f"{'':<16}and {len(sources) - _SHOWN_SOURCES:,} more; --json lists them all"


def _contents_line(bundle: Bundle) -> Iterator[str]:
    """What of the training photos is in the bundle itself."""
    if not bundle.manifest.provenance:
        return
    photos = bank_photos(bundle)
    pictured = photos.pictured if photos else 0
    held = f"{pictured:,} small pictures, no file names" if pictured else "no photos or file names"
    retrieval = bundle.manifest.retrieval
    if retrieval is not None:
        tensors = bundle.tensors(retrieval.weights)
        decimals = _decimals(tensors["latitude_deg"], tensors["longitude_deg"])
        exact = "not rounded" if decimals is None else f"rounded to {10.0**-decimals:g}°"
        held += f"; the positions of {retrieval.count:,} photos, {exact}"
    yield f"{'in the bundle':<16}{held}"


def _decimals(*degrees: npt.NDArray[Any]) -> int | None:
    """To how many digits after the point all values are rounded; None beyond four."""
    for digits in range(5):
        if all(abs(array - array.round(digits)).max(initial=0.0) < 1e-5 for array in degrees):
            return digits
    return None


KINDS = {
    "cells": "predicts a cell of the Earth",
    "regression": "predicts coordinates",
    "retrieval": "predicts from look-alikes",
    "ensemble": "pools several models",
    "gallery": "compares photos with a gallery of places",
    "scenes": "labels scenes only, no places",
}


def _facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    spec = manifest.preprocessing
    yield "created", manifest.created
    yield "licence", manifest.license
    yield "intended area", manifest.intended_area
    yield "trunk", ", ".join(trunk.architecture for trunk in manifest.trunks.values())
    yield "networks", ", ".join(manifest.networks) or "none"
    yield "scenes", manifest.scene_network or "none"
    yield "input", f"{spec.size} × {spec.size} pixels, {spec.crops} crops, {spec.fusion}"
    if manifest.retrieval is not None:
        yield "look-alikes", f"{manifest.retrieval.count:,} in the bank"
    if manifest.ensemble:
        yield "members", ", ".join(member.name for member in manifest.ensemble)
    if manifest.gallery is not None:
        yield "gallery", f"{manifest.gallery.count:,} places"


def measurements(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines about how often, or how far off, a model was on photos that it never saw."""
    if not figures:
        yield _line("measured", "no figures are given")
    elif isinstance(published := figures.get("published"), Mapping):
        yield from published_accuracy(published, str(figures.get("published_on", "their photos")))
    elif "median_m" in figures:
        yield from _metres(figures)
    elif isinstance(figures.get("accuracy"), Mapping):
        yield from _world(figures)
    else:
        yield from _every(figures)


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}".rstrip()


def published_accuracy(shares: Mapping[str, Any], measured_on: str) -> Iterator[str]:
    """Yield lines about what a model's authors say that it reaches."""
    yield _line("published", "% within" + "".join(f"{km + ' km':>9}" for km in _DISTANCES))
    yield _line("", "        " + "".join(f"{_percent(shares.get(km)):>9}" for km in _DISTANCES))
    yield _line("", f"by its authors, on {measured_on}; not measured by GeoGuess")


def _world(figures: Mapping[str, Any]) -> Iterator[str]:
    photos = figures.get("photos")
    count = f"{photos:,} photos" if isinstance(photos, int) else "photos"
    yield _line("measured", f"on {count} not used for training, % within")
    yield _line("", f"{'':<16}" + "".join(f"{km + ' km':>9}" for km in _DISTANCES))
    for name, keys in _ROWS:
        shares: Any = figures
        for key in keys:
            shares = shares.get(key) if isinstance(shares, Mapping) else None
        if isinstance(shares, Mapping):
            cells = (_percent(shares.get(km)) for km in _DISTANCES)
            yield _line("", f"{name:<16}" + "".join(f"{cell:>9}" for cell in cells))
    if isinstance(median := figures.get("median_km"), int | float):
        yield _line("", f"median error {_length(1000 * median)}")
    yield from _promises(figures)


def _promises(figures: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(coverage := figures.get("coverage"), Mapping):
        held = ", ".join(f"{share}%: {_percent(coverage[share])}" for share in coverage)
        yield _line("radii", f"% of photos within their radius: {held}")
    if isinstance(scenes := figures.get("scenes"), Mapping):
        right = (f"{name} {_percent(scenes[key])}" for name, key in _SCENES if key in scenes)
        yield _line("scenes", f"% correct: {', '.join(right)}")
    yield _line("", "--json shows all figures")


def _length(metres: float) -> str:
    return plain_spaces(distance(metres / 1000))


def _percent(share: Any) -> str:
    return f"{100.0 * share:.1f}" if isinstance(share, int | float) else "–"


def _metres(figures: Mapping[str, Any]) -> Iterator[str]:
    """The error of a local model on its test photos, beside the floor."""
    floor = figures.get("floor_mean_point")
    yield _line(
        "error",
        f"median {_length(figures['median_m'])}, mean {_length(figures['mean_m'])} on "
        f"{figures['photos']:,} test photos",
    )
    if isinstance(floor, Mapping):
        yield _line(
            "",
            "floor (the mean position of its photos for every photo): median "
            f"{_length(floor['median_m'])}, mean {_length(floor['mean_m'])}",
        )
    yield from _promises(figures)


def _every(figures: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every figure, nested names joined by dots."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _every(value, f"{prefix}{name}.")
        else:
            yield _line("measured", f"{prefix}{name} = {_short(value)}")


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return json.dumps(value, ensure_ascii=False)
