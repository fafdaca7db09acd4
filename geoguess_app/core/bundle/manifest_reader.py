"""Reading `bundle.json` strictly: types, bounds, known keys, and parts that fit one another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn, TypeVar, cast

from geoguess_app.core.bundle.checks import check_manifest
from geoguess_app.core.bundle.fields import NAME_PATTERN, Fields, refuse, shown
from geoguess_app.core.bundle.manifest import (
    FORMAT,
    FORMAT_VERSION,
    KINDS,
    MAX_CELLS,
    MAX_MANIFEST_BYTES,
    ROUTINGS,
    Manifest,
    PartitionEntry,
    Provenance,
    RegressionConfig,
    RetrievalConfig,
)
from geoguess_app.core.bundle.networks import MAX_LAYERS, read_layer, read_network, read_trunk
from geoguess_app.core.picture.preprocess import CROP_COUNTS, Preprocessing

_MOST_FILES = 200
_MOST_PHOTOS = 1_000_000_000
_MOST_BANK_PHOTOS = 50_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")

Value = TypeVar("Value")


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in a file's bytes.

    Raises BundleError in one sentence for anything that is not exactly as the format wants it.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        refuse(f"the file is larger than {MAX_MANIFEST_BYTES // 1_000_000} MB.")
    return from_json(_load_json(data))


def _load_json(data: bytes) -> object:
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        refuse("the file is not UTF-8 text.")
    except RecursionError:
        refuse("the file is nested too deeply.")
    except json.JSONDecodeError as error:
        refuse(f"the file is not valid JSON (line {error.lineno}).")
    except ValueError:  # a whole number of thousands of digits
        refuse("the file holds a number that cannot be read.")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            refuse(f"the key {shown(key)} stands there twice.")
        values[key] = value
    return values


def _no_constant(text: str) -> NoReturn:
    refuse(f"the file holds {text}, which is not a finite number.")


def from_json(value: object) -> Manifest:
    """The manifest in a parsed JSON value. Raises BundleError."""
    fields = Fields(value, "")
    _check_version(fields)
    manifest = Manifest(
        kind=fields.choice("kind", KINDS),
        name=fields.text("name", longest=80),
        version=fields.text("version", longest=40),
        license=fields.text("license"),
        description=fields.text("description", longest=10_000, empty=True),
        intended_area=fields.text("intended_area", longest=1_000, empty=True),
        created=_created(fields),
        provenance=fields.items("provenance", _read_provenance, most=1000),
        preprocessing=_read_preprocessing(fields.raw("preprocessing"), "preprocessing"),
        trunks=fields.named("trunks", read_trunk, most=16),
        partitions=fields.items("partitions", _read_partition, most=16),
        networks=fields.named("networks", read_network, most=64),
        scene_network=_optional(fields, "scene_network", _read_name),
        context_networks=fields.named("context_networks", _read_name, most=3),
        routing=fields.choice("routing", ROUTINGS),
        retrieval=_optional(fields, "retrieval", _read_retrieval),
        regression=_optional(fields, "regression", _read_regression),
        calibration=fields.free("calibration"),
        evaluation=fields.free("evaluation"),
        files=_read_files(fields),
    )
    fields.close()
    check_manifest(manifest)
    return manifest


def _check_version(fields: Fields) -> None:
    if fields.raw("format") != FORMAT:
        refuse(f'format must be "{FORMAT}": this is not a GeoGuess model.')
    version = fields.integer("format_version", 1, 1_000_000)
    if version > FORMAT_VERSION:
        refuse(
            f"the model was made by a newer version of GeoGuess (format {version}, this program "
            f"reads up to {FORMAT_VERSION}): update GeoGuess to use it."
        )


def _created(fields: Fields) -> str:
    text = fields.text("created", longest=40)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        fields.fail("created", "a date such as 2030-01-31")
    return text


def _optional(fields: Fields, key: str, read: Callable[[object, str], Value]) -> Value | None:
    value = fields.raw(key)
    return None if value is None else read(value, fields.name(key))


def _read_name(value: object, where: str) -> str:
    if not isinstance(value, str) or not NAME_PATTERN.fullmatch(value):
        refuse(f"{where} must be a name of letters, digits, _ and -, not {shown(value)}.")
    return value


def _read_provenance(value: object, where: str) -> Provenance:
    fields = Fields(value, where)
    source = Provenance(
        name=fields.text("name"),
        license=fields.text("license", longest=1_000),
        photos=fields.integer("photos", 0, _MOST_PHOTOS),
        url=fields.text("url", longest=2_000) if fields.has("url") else None,
    )
    fields.close()
    return source


def _read_preprocessing(value: object, where: str) -> Preprocessing:
    fields = Fields(value, where)
    spec: dict[str, Any] = {
        "size": fields.integer("size", 16, 1024),
        "mean": fields.numbers("mean", 3, -1e4, 1e4),
        "std": fields.numbers("std", 3, 1e-6, 1e6),
        "resize": fields.choice("resize", ("short_side", "square")),
        "resize_to": fields.integer("resize_to", 16, 2048) if fields.has("resize_to") else None,
        "crops": fields.integer("crops", min(CROP_COUNTS), max(CROP_COUNTS)),
        "fusion": fields.choice("fusion", ("mean", "max")),
        "interpolation": fields.choice("interpolation", ("bilinear", "bicubic")),
    }
    fields.close()
    try:
        return Preprocessing(**spec)
    except ValueError as error:
        refuse(f"{where}: {error}.")


def _read_partition(value: object, where: str) -> PartitionEntry:
    fields = Fields(value, where)
    entry = PartitionEntry(
        fields.identifier("name"), fields.text("file"), fields.integer("cells", 1, MAX_CELLS)
    )
    fields.close()
    return entry


def _read_retrieval(value: object, where: str) -> RetrievalConfig:
    fields = Fields(value, where)
    projection = fields.raw("projection_weights")
    retrieval = RetrievalConfig(
        weights=fields.text("weights"),
        count=fields.integer("count", 1, _MOST_BANK_PHOTOS),
        size=fields.integer("size", 1, 65_536),
        trunk=fields.identifier("trunk"),
        layers=fields.items("layers", read_layer, most=MAX_LAYERS),
        projection_weights=None if projection is None else fields.text("projection_weights"),
        neighbours=fields.integer("neighbours", 1, 1000),
        temperature=fields.number("temperature", 1e-4, 100.0),
    )
    fields.close()
    return retrieval


def _read_regression(value: object, where: str) -> RegressionConfig:
    fields = Fields(value, where)
    regression = RegressionConfig(
        mean=cast(tuple[float, float], fields.numbers("mean", 2, -180.0, 180.0)),
        std=cast(tuple[float, float], fields.numbers("std", 2, 1e-9, 360.0)),
    )
    fields.close()
    return regression


def _read_files(fields: Fields) -> Mapping[str, str]:
    value = fields.raw("files")
    if not isinstance(value, dict) or len(value) > _MOST_FILES:
        fields.fail("files", f"an object of at most {_MOST_FILES} entries")
    for name, digest in value.items():
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            refuse(f"files.{shown(name)} must be a SHA-256 of 64 hexadecimal digits.")
    return value
