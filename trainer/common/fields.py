"""Frozen dataclasses out of TOML, read strictly, and single keys changed from the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from geoguess_app.core.errors import TableError

Value = TypeVar("Value")


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
                f"--set {change}: give a key of the recipe, an equals sign and a value, such as "
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
                f"--set {change}: name one of {first} and its key: {first}.NAME.KEY=VALUE, "
                f"with NAME {', '.join(named)}.",
                code="option",
            )
        _put(named, rest, value, change)
        table[first] = list(named.values())
    else:
        raise TableError(f"--set {change}: {first} is no table of the recipe.", code="option")


def decode_table(kind: type[Value], data: object, where: str) -> Value:
    """A dataclass from a table; raises TableError naming what is missing, unknown or wrong."""
    if not isinstance(data, Mapping):
        raise TableError(f"{where}: must be a table.", code="recipe")
    hints = get_type_hints(kind)
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for name in data:
        if name not in known:
            raise TableError(
                f"{where}: the key {name} is unknown; known are {', '.join(known)}.", code="recipe"
            )
    values: dict[str, Any] = {}
    for name, item in known.items():
        if name in data:
            values[name] = _value(hints[name], data[name], f"{where}: {name}")
        elif item.default is MISSING and item.default_factory is MISSING:
            raise TableError(f"{where}: the key {name} is missing.", code="recipe")
    try:
        return kind(**values)
    except ValueError as error:
        raise TableError(f"{where}: {error}.", code="recipe") from error


def _value(hint: Any, value: object, where: str) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _value(next(kind for kind in inner if kind is not type(None)), value, where)
    if origin is Literal:
        if value not in inner:
            raise TableError(f"{where} must be one of {', '.join(inner)}.", code="recipe")
        return value
    if origin is tuple:
        return _items(inner, value, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return decode_table(hint, value, where)
    return _scalar(hint, value, where)


def _items(inner: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise TableError(f"{where} must be a list.", code="recipe")
    if inner[-1] is Ellipsis:
        return tuple(_value(inner[0], entry, where) for entry in value)
    if len(value) != len(inner):
        raise TableError(f"{where} must have {len(inner)} entries.", code="recipe")
    return tuple(_value(kind, entry, where) for kind, entry in zip(inner, value, strict=True))


def _scalar(hint: type, value: object, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, hint) and (hint is not int or not isinstance(value, bool)):
        return value
    raise TableError(f"{where} must be a {hint.__name__}.", code="recipe")
