"""Reading ``bundle.json`` strictly: types, bounds, known keys, and parts that fit one another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

from geoguess_app.core.bundle.checks import check_manifest
from geoguess_app.core.bundle.fields import refuse, refused
from geoguess_app.core.bundle.manifest import FORMAT, FORMAT_VERSION, MAX_MANIFEST_BYTES, Manifest
from geoguess_app.core.records.faults import quote
from geoguess_app.core.records.forms import decode
from geoguess_app.core.records.marks import Check, Range, Rest

_OUR_FORMAT = Check(lambda name: name == FORMAT, f'"{FORMAT}" in a GeoGuess model')


@dataclass(frozen=True, slots=True)
class _File:
    """What every format begins with, and what is in this one."""

    format: Annotated[str, _OUR_FORMAT]
    format_version: Annotated[int, Range(1, 1_000_000)]
    manifest: Annotated[Mapping[str, Any], Rest()]


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
            refuse(f"the key {quote(key)} appears twice.")
        values[key] = value
    return values


def _no_constant(text: str) -> NoReturn:
    refuse(f"the file holds {text}, which is not a finite number.")


def from_json(value: object) -> Manifest:
    """The manifest in a parsed JSON value. Raises BundleError."""
    file = decode(_File, value, refuse=refused)
    # A newer format may look quite different otherwise: it is named as such first.
    if file.format_version > FORMAT_VERSION:
        refuse(
            f"the model was made by a newer version of GeoGuess (format {file.format_version}, "
            f"this program reads up to {FORMAT_VERSION}): update GeoGuess to use it."
        )
    manifest = decode(Manifest, file.manifest, refuse=refused, complete=True)
    check_manifest(manifest)
    return manifest
