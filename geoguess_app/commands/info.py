"""`geoguess info`: what is in a model bundle?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoguess_app.commands.common import OK, UsageError, add_logging_option, use_utf8
from geoguess_app.commands.measured import measured
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.paths import starter_bundle_dir

if TYPE_CHECKING:
    import numpy.typing as npt

    from geoguess_app.core.bundle import Bundle
    from geoguess_app.core.bundle.manifest import Manifest, Provenance

_SHOWN_SOURCES = 5

DESCRIPTION = """\
Open a model bundle, verify every file in it, and say what it is, where it may be used, what it was
trained on and what it measured. Nothing in it is executed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `geoguess info`."""
    parser.add_argument(
        "bundle",
        nargs="?",
        metavar="BUNDLE",
        help="bundle folder or .geomodel file (default: the starter model)",
    )
    parser.add_argument(
        "--json", action="store_true", help="the bundle's whole description as JSON"
    )
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
    yield f"{manifest.title}, {_KINDS.get(manifest.kind, manifest.kind)}"
    if manifest.description:
        yield manifest.description
    yield ""
    for label, value in _facts(manifest):
        yield f"{label:<16}{value}"
    for partition in bundle.partitions:
        photos = int(partition.photo_counts.sum())
        yield f"{'partition':<16}{partition.name}: {partition.size:,} cells, {photos:,} photos"
    yield from _sources(manifest.provenance)
    yield from _held(bundle)
    yield from measured(manifest.evaluation)


def _sources(sources: Sequence[Provenance]) -> Iterator[str]:
    """How many photos it learned from and where the most came from."""
    if not sources:
        return
    total = sum(source.photos for source in sources)
    yield f"{'trained on':<16}{total:,} photos of {len(sources):,} sources"
    largest = sorted(sources, key=lambda source: -source.photos)
    for source in largest[:_SHOWN_SOURCES]:
        where = f", {source.url}" if source.url else ""
        yield f"{'':<16}{source.name}: {source.photos:,} photos, {source.license}{where}"
    if len(sources) > _SHOWN_SOURCES:
        yield f"{'':<16}and {len(sources) - _SHOWN_SOURCES:,} more; --json lists them all"


def _held(bundle: Bundle) -> Iterator[str]:
    """What of the training photos is in the bundle itself."""
    if not bundle.manifest.provenance:
        return
    held = "no photo and no file name"
    retrieval = bundle.manifest.retrieval
    if retrieval is not None:
        tensors = bundle.tensors(retrieval.weights)
        decimals = _decimals(tensors["latitude_deg"], tensors["longitude_deg"])
        exact = "as exact as they came" if decimals is None else f"rounded to {10.0**-decimals:g}°"
        held += f"; the positions of {retrieval.count:,} photos, {exact}"
    yield f"{'in the bundle':<16}{held}"


def _decimals(*degrees: npt.NDArray[Any]) -> int | None:
    """To how many digits after the point all values are rounded; None beyond four."""
    for digits in range(5):
        if all(abs(array - array.round(digits)).max(initial=0.0) < 1e-5 for array in degrees):
            return digits
    return None


_KINDS = {
    "cells": "places as cells of a partition of the Earth",
    "regression": "places as coordinates",
    "retrieval": "places by similar photos",
    "scenes": "scene labels only, no places",
}


def _facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    spec = manifest.preprocessing
    yield "made", manifest.created
    yield "licence", manifest.license
    yield "intended area", manifest.intended_area
    yield "trunk", ", ".join(trunk.architecture for trunk in manifest.trunks.values())
    yield "networks", ", ".join(manifest.networks) or "none"
    yield "scenes", manifest.scene_network or "none"
    yield "picture", f"{spec.size} × {spec.size} pixels, {spec.crops} crops, {spec.fusion}"
    if manifest.retrieval is not None:
        yield "similar photos", f"{manifest.retrieval.count:,} in the bank"
