"""Frozen dataclasses out of TOML, read strictly, and single keys changed from the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from geoguess_app.core.errors import TableError
from geoguess_app.core.records.forms import decode

Kind = TypeVar("Kind")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file; raises TableError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}).", code="missing") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: is not valid TOML ({error}).", code="toml") from error


def with_changes(data: Mapping[str, Any], changes: Iterable[str]) -> dict[str, Any]:
    """``data`` with changes such as ``training.batch=64`` or ``model.name="My town"``.

    Values are TOML; what is not TOML is taken as text. Raises TableError.
    """
    result = dict(data)
    for change in changes:
        key, equals, text = change.partition("=")
        parts = key.strip().split(".")
        if not equals or not all(parts):
            raise TableError(
                f"--set {change}: expected a key of the recipe, an equals sign and a value, such "
                "as "
                "training.batch=64.",
                code="option",
            )
        _put(result, parts, _toml_value(text.strip()), change)
    return result


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put(table: dict[str, Any], parts: list[str], value: Any, change: str) -> None:
    first, rest = parts[0], parts[1:]
    inner = table.get(first, {})
    if not rest:
        table[first] = value
    elif isinstance(inner, Mapping):
        table[first] = dict(inner)
        _put(table[first], rest, value, change)
    elif isinstance(inner, list) and all(isinstance(entry, Mapping) for entry in inner):
        # A list of tables is reached through their names: partitions.coarse.tau_max.
        named = {str(entry.get("name")): dict(entry) for entry in inner}
        if rest[0] not in named or not rest[1:]:
            raise TableError(
                f"--set {change}: write {first}.NAME.KEY=VALUE, where NAME is one of "
                f"{', '.join(named)}.",
                code="option",
            )
        _put(named, rest, value, change)
        table[first] = list(named.values())
    else:
        raise TableError(f"--set {change}: {first} is not a table of the recipe.", code="option")


def decode_table(kind: type[Kind], data: object, where: str) -> Kind:
    """Read a dataclass from a table; raises TableError naming what is missing, unknown or wrong."""

    def refused(sentence: str) -> TableError:
        # TOML's own word for what JSON calls an object.
        return TableError(f"{where}: {sentence.replace(' an object', ' a table')}", code="recipe")

    return decode(kind, data, refuse=refused)
