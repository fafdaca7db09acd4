"""Forms of type hints: dataclasses, lists and objects of values, as they are read and written."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from geoguess_app.core.records.faults import Fault, key_step, quote, wrong_kind
from geoguess_app.core.records.marks import (
    Check,
    Count,
    Free,
    Key,
    OmitDefault,
    OneOf,
    Range,
    Rest,
    Row,
    Text,
    Via,
    When,
)
from geoguess_app.core.records.scalars import (
    PLAIN,
    REFUSED,
    Form,
    How,
    choice,
    convert_form,
    free,
    number,
    optional_form,
    refusal,
    restrict_form,
    text,
    unchanged_form,
)

Kind = TypeVar("Kind")
_ANY_COUNT = Count(sys.maxsize)
_LISTS = (list, tuple)


def decode(
    kind: type[Kind],
    value: object,
    *,
    where: str = "",
    refuse: Callable[[str], Exception] = ValueError,
    complete: bool = False,
    ignore_unknown: bool = False,
    warn: Callable[[str], None] | None = None,
) -> Kind:
    """Read a dataclass out of a JSON or TOML value; raises what ``refuse`` makes of a sentence.

    ``where`` begins the path of every key. ``complete``: only keys that ``encode`` may leave out
    may be absent. ``warn``: a field with a default falls back to it, and the sentence goes there.
    """
    hint: Any = kind
    try:
        found: Kind = form_of(hint).read(value, How(complete, ignore_unknown, warn))
    except Fault as fault:
        sentence = fault.sentence(where)
    else:
        return found
    raise refuse(sentence)


def encode(value: object, kind: Any = None) -> Any:
    """Return the JSON value that ``decode`` reads as ``value``.

    ``kind``: its type hint, where it is no dataclass.
    """
    hint: Any = type(value) if kind is None else kind
    return form_of(hint).write(value)


@functools.cache
def form_of(hint: Any, row: bool = False) -> Form:
    """Return how a type hint is read and written; ``row``: dataclasses inside are lists."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _mark_form(inner[0], inner[1:], row)
    if origin in (Union, UnionType):
        return optional_form(form_of(next(kind for kind in inner if kind is not type(None)), row))
    if origin is Literal:
        return choice({value: value for value in inner})
    if isinstance(origin, type) and issubclass(origin, tuple | Mapping):
        return _many(hint, _ANY_COUNT, row)
    if is_dataclass(hint):
        return _row(hint) if row else _record(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return choice({member.value: member for member in hint})
    return PLAIN[hint]


def _mark_form(base: Any, marks: tuple[Any, ...], row: bool) -> Form:
    form = None
    for mark in marks:
        if isinstance(mark, Via):
            form = convert_form(mark, form_of(mark.kind, row))
        elif isinstance(mark, Range):
            form = number(base, mark)
        elif isinstance(mark, Text):
            form = text(mark)
        elif isinstance(mark, OneOf):
            form = choice({word: word for word in mark.words})
        elif isinstance(mark, Count):
            form = _many(base, mark, row)
        elif isinstance(mark, Row):
            form = form_of(base, True)
        elif isinstance(mark, Free):
            form = free(form_of(base, row))
        elif isinstance(mark, Check):
            form = restrict_form(mark, form or form_of(base, row))
    return form or form_of(base, row)


def _many(hint: Any, count: Count, row: bool) -> Form:
    inner = get_args(hint)
    if issubclass(get_origin(hint) or hint, Mapping):
        return _map_form(form_of(inner[0]), form_of(inner[1], row), count)
    if inner[-1] is Ellipsis:
        return _list_form(form_of(inner[0], row), count)
    reads, writes = _pair_of_forms(form_of(item, row) for item in inner)
    count = Count(len(inner), len(inner))

    def read(value: Any, how: How) -> Any:
        return tuple(_items(reads, _list(value, count), how))

    return Form(read, lambda value: [write(v) for write, v in zip(writes, value, strict=True)])


def _pair_of_forms(forms: Iterable[Form]) -> tuple[list[Any], list[Any]]:
    reads, writes = zip(*forms, strict=True)
    return list(reads), list(writes)


def _list_form(form: Form, count: Count) -> Form:
    def read(value: Any, how: How) -> Any:
        return tuple(_items([form.read] * len(_list(value, count)), value, how))

    return Form(read, lambda value: [form.write(item) for item in value])


def _list(value: Any, count: Count) -> Any:
    if isinstance(value, _LISTS) and count.least <= len(value) <= count.most:
        return value
    raise wrong_kind(_count_form("a list", count, "items"), value)


def _count_form(thing: str, count: Count, parts: str) -> str:
    if count.least == count.most:
        return f"{thing} of {count.most} {parts}"
    if count.most == sys.maxsize:
        return f"{thing} of at least {count.least} {parts}" if count.least else thing
    least = f"{count.least} to" if count.least else "at most"
    return f"{thing} of {least} {count.most} {parts}"


def _items(reads: list[Any], value: Any, how: How) -> list[Any]:
    try:
        return [read(item, how) for read, item in zip(reads, value, strict=False)]
    except Fault:
        pass  # looked for again: this way is half as long for what is as it should be
    for index, (read, item) in enumerate(zip(reads, value, strict=False)):
        try:
            read(item, how)
        except Fault as fault:
            raise fault.under(f"[{index}]") from None
    raise AssertionError("a fault does not come twice")


def _map_form(keys: Form, form: Form, count: Count) -> Form:
    def read(value: Any, how: How) -> Any:
        if not isinstance(value, Mapping) or not count.least <= len(value) <= count.most:
            raise wrong_kind(_count_form("an object", count, "entries"), value)
        return {_key(keys, key, how): _value(form, key, item, how) for key, item in value.items()}

    return Form(read, lambda v: {keys.write(key): form.write(item) for key, item in v.items()})


def _key(keys: Form, key: Any, how: How) -> Any:
    try:
        return keys.read(key, how)
    except Fault as fault:
        wrong = fault.what.partition(", not ")[0]
        raise Fault(f"has the unusable name {quote(key)}: it {wrong}") from None


def _value(form: Form, key: Any, item: Any, how: How) -> Any:
    try:
        return form.read(item, how)
    except Fault as fault:
        raise fault.under(key_step(key)) from None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One field of a dataclass, and how it stands in the file."""

    field: Field[Any]
    form: Form
    key: str
    omit: bool
    rest: bool
    when: When | None

    @property
    def has_default(self) -> bool:
        return self.field.default is not MISSING or self.field.default_factory is not MISSING

    def is_default(self, value: Any) -> bool:
        factory = self.field.default_factory
        return bool(value == (self.field.default if factory is MISSING else factory()))

    def applies(self, field: Callable[[str], Any]) -> bool:
        """Tell whether the key can be there; ``field`` gives the value of an earlier field."""
        return self.when is None or field(self.when.field) in self.when.values

    def is_needed(self, how: How) -> bool:
        return bool(self.when or not self.has_default or (how.complete and not self.omit))


def _entries(kind: Any, row: bool) -> list[_Entry]:
    """The fields that a file holds, in the order of the class."""
    hints, entries = get_type_hints(kind, include_extras=True), []
    for field in fields(kind):
        hint = hints[field.name]
        marks = {type(mark): mark for mark in getattr(hint, "__metadata__", ())}
        key = marks[Key].name if Key in marks else field.name
        omit, rest = OmitDefault in marks, Rest in marks
        entries.append(_Entry(field, form_of(hint, row), key, omit, rest, marks.get(When)))
    return entries


def _record(kind: Any) -> Form:
    """A dataclass as an object."""
    *entries, last = _entries(kind, row=False)
    rest = last.field.name if last.rest else None
    if rest is None:
        entries.append(last)

    plan = [(entry, entry.field.name, entry.key, *entry.form) for entry in entries]

    def misspelt(value: Mapping[str, Any], how: How) -> str:
        """The unknown key that a missing one may have been written as."""
        strange = set(value) - {entry.key for entry in entries}
        if not strange or rest is not None or how.ignore_unknown:
            return ""
        return f", and {quote(min(strange))} is not a known key"

    def read(value: Any, how: How) -> Any:
        if not isinstance(value, Mapping):
            raise wrong_kind("an object", value)
        found: dict[str, Any] = {}
        for entry, name, key, read_item, _ in plan:
            if entry.when and not entry.applies(found.get):
                continue
            try:
                if key in value:
                    found[name] = read_item(value[key], how)
                elif entry.is_needed(how):
                    raise Fault("is missing" + misspelt(value, how))
            except Fault as fault:
                fault.under(f".{key}")
                if how.warn is None or not entry.has_default:
                    raise
                how.warn(fault.sentence())
        if len(found) < len(value) or rest is not None:
            known = [entry.key for entry in entries if entry.applies(found.get)]
            unknown = {key: item for key, item in value.items() if key not in known}
            if rest is not None:
                found[rest] = unknown
            elif unknown and not how.ignore_unknown:
                what = f"is not a known key (known are {', '.join(known)})"
                raise Fault(what).under(key_step(min(unknown)))
        return _make(kind, **found)

    def write(value: Any) -> Any:
        written = dict(getattr(value, rest)) if rest is not None else {}
        for entry, name, key, _, write_item in plan:
            item = getattr(value, name)
            if entry.when and not entry.applies(functools.partial(getattr, value)):
                continue
            if not (entry.omit and entry.is_default(item)):
                written[key] = write_item(item)
        return written

    return Form(read, write)


def _row(kind: Any) -> Form:
    """A dataclass as a list of its values; those at its end may be absent by ``OmitDefault``."""
    entries = _entries(kind, row=True)
    reads, writes = _pair_of_forms(entry.form for entry in entries)
    needed = sum(not entry.omit for entry in entries)
    changing = [(i, each) for i, each in enumerate(writes) if each is not unchanged_form]
    names, count = [entry.field.name for entry in entries], Count(len(entries), needed)

    def read(value: Any, how: How) -> Any:
        return _make(kind, *_items(reads, _list(value, count), how))

    def write(value: Any) -> Any:
        items = [getattr(value, name) for name in names]
        while len(items) > needed and entries[len(items) - 1].is_default(items[-1]):
            items.pop()
        for index, write_item in changing:
            if index < len(items):
                items[index] = write_item(items[index])
        return items

    return Form(read, write)


def _make(kind: Any, /, *values: Any, **found: Any) -> Any:
    try:
        return kind(*values, **found)
    except REFUSED as error:
        raise refusal(error) from error
