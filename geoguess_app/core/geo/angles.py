"""One reader for angles as people, cameras and programs write them: latitudes and longitudes.

Decimal degrees, degrees and minutes, degrees, minutes and seconds; with a point or a decimal comma;
a hemisphere letter before, behind or apart, or a sign; the forms of XMP (part 2, the exif schema:
``48,51.5022N``) and of exiftool (``43 deg 4' 35.04" N``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LATITUDE, LONGITUDE = "NS", "EW"
"""Hemisphere letters of the two axes, the positive one first."""
_LIMIT_DEG = {LATITUDE: 90.0, LONGITUDE: 180.0}
_WORDS = re.compile(r"\b(north|south|east|west)\b", re.IGNORECASE)
_LETTER = re.compile(r"^([NSEW])(?![A-Za-z])|(?<![A-Za-z])([NSEW])$", re.IGNORECASE)
_MARKS = (
    (re.compile(r"degrees?|deg|[°º]|(?<=\d)\s*d(?![a-z])", re.IGNORECASE), "° "),
    (re.compile(r"seconds?|sec|''|[\"″”]|(?<=\d)\s*s(?![a-z])", re.IGNORECASE), '" '),
    (re.compile(r"minutes?|min|['′’]|(?<=\d)\s*m(?![a-z])", re.IGNORECASE), "' "),
)
_NUMBER = r"\d+(?:[.,]\d*)?|[.,]\d+"
_MARKED = re.compile(
    rf"({_NUMBER})\s*°\s*(?:({_NUMBER})\s*(?:'\s*(?:({_NUMBER})\s*\"?\s*)?)?)?",
    re.ASCII,
)
"""The last mark may be missing: ``48°51.502``."""
_PLAIN = re.compile(rf"(?:{_NUMBER})(?:[\s:;]+(?:{_NUMBER})){{0,2}}", re.ASCII)
_ANY_LETTER = re.compile(r"(?<![A-Za-z])[NSEW](?![A-Za-z])|(?<=\d)[NEW](?![A-Za-z])", re.IGNORECASE)
_TYPED_COMMA = re.compile(r"^(\D*\d+),(\d+\D*)$", re.ASCII)
_POWER = re.compile(r"\d+(?:\.\d*)?[eE][-+]?\d+", re.ASCII)
"""As programs write numbers near zero."""
_LABELS = re.compile(r"\b(?:latitude|longitude|lat|lon|long|lng)\b\s*[:=]?", re.IGNORECASE)
_FOUR_PARTS = re.compile(r"([-+]?\d{1,3}),(\d+),\s*([-+]?\d{1,3}),(\d+)", re.ASCII)
"""Two numbers with decimal commas and a comma between them."""
_COMMAS = re.compile(r"\d+(?:,\d+){1,3}(?:\.\d*)?", re.ASCII)


def angle_deg(text: str, axis: str, letter: str = "") -> float | None:
    """Signed degrees of one angle; None for what is no angle on that axis.

    ``axis`` is ``LATITUDE`` or ``LONGITUDE``; ``letter`` a hemisphere that stands apart from the
    number, as in EXIF's Ref tags. A letter outranks a sign. Nothing of 60 or more is minutes or
    seconds: the comma before it must be a decimal one (``14,25,087680E`` is 14° 25.08768′), or this
    is no angle.
    """
    body, letters = _without_letter(_WORDS.sub(lambda word: word[0][0], text.strip()))
    letters |= {letter[:1].upper()} - {""}
    if len(letters) > 1 or not letters <= set(axis):
        return None
    negative = body[:1] in "-−" and bool(body)
    size = _size_deg(body.lstrip("+-−").strip())
    if size is None or size > _LIMIT_DEG[axis]:
        return None
    if letters:
        negative = axis[1] in letters
    return -size if negative else size


def typed_angle_deg(text: str, axis: str) -> float | None:
    """The same of a text that a person or a spreadsheet wrote: one comma is a decimal one."""
    return angle_deg(_TYPED_COMMA.sub(r"\1.\2", text.strip()), axis)


def typed_pair(text: str) -> tuple[float, float] | None:
    """Latitude and longitude, in degrees, of a text that a person typed; None for anything else.

    Between the two stand a semicolon, a comma, a space or a hemisphere letter; with letters the
    longitude may come first. A single comma inside a number is a decimal one. Labels such as
    ``lat:`` say which is which.
    """
    plain = _LABELS.sub(" ", text.replace("，", ",")).strip().strip("()[]").strip()
    commas = _FOUR_PARTS.fullmatch(plain)
    if commas is not None:
        plain = f"{commas[1]}.{commas[2]}; {commas[3]}.{commas[4]}"
    labels = [label[0].lower() for label in _LABELS.finditer(text)]
    turned = bool(labels) and not labels[0].startswith("la")
    for one, other in _halves(plain):
        first, second = (other, one) if turned else (one, other)
        for latitude, longitude in ((first, second), (second, first)):
            found = typed_angle_deg(latitude, LATITUDE), typed_angle_deg(longitude, LONGITUDE)
            swapped = latitude is second
            if found[0] is None or found[1] is None or (swapped and not _has_letter(latitude)):
                continue
            return found[0], found[1]
    return None


def _halves(text: str) -> Iterator[tuple[str, str]]:
    """The ways to cut a text in two angles, the likeliest first."""
    letters = [found.start() for found in _ANY_LETTER.finditer(text)]
    if len(letters) == 2:
        cut = letters[1] if letters[0] == 0 else letters[0] + 1
        yield text[:cut].strip(" ,;/"), text[cut:].strip(" ,;/")
        return
    for separator in (";", "/", ", ", ","):
        if text.count(separator) == 1:
            first, second = text.split(separator)
            yield first.strip(), second.strip()
    words = text.split()
    if len(words) % 2 == 0:
        half = len(words) // 2
        yield " ".join(words[:half]).strip(","), " ".join(words[half:])


def _has_letter(text: str) -> bool:
    return _ANY_LETTER.search(text) is not None


def _without_letter(text: str) -> tuple[str, set[str]]:
    letters = set()
    while found := _LETTER.search(text):
        letters.add((found[1] or found[2]).upper())
        text = (text[: found.start()] + text[found.end() :]).strip()
    return text, letters


def _size_deg(text: str) -> float | None:
    for pattern, mark in _MARKS:
        text = pattern.sub(mark, text)
    text = text.strip()
    marked = _MARKED.fullmatch(text + " ")
    if marked is not None:
        return _sum_deg(list(marked.groups(default="0")))
    if _POWER.fullmatch(text):
        return float(text)
    if _COMMAS.fullmatch(text):
        return _sum_deg(_decimal_commas(text.split(",")))
    if _PLAIN.fullmatch(text):
        return _sum_deg(re.split(r"[\s:;]+", text))
    return None


def _decimal_commas(parts: list[str]) -> list[str]:
    """Degrees, minutes and seconds of parts between which the last comma may be a decimal one."""
    last = parts[-1].partition(".")[0]
    if len(parts) == 4 or len(last) > 2 or int(last) >= 60:
        return [*parts[:-2], f"{parts[-2]}.{parts[-1]}"]
    return parts


def _sum_deg(parts: list[str]) -> float | None:
    """Degrees, minutes and seconds together; only the last number may have decimals."""
    try:
        numbers = [float(part.replace(",", ".")) for part in parts]
    except ValueError:
        return None
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    if any(number >= 60 for number in numbers[1:]) or any(number % 1 for number in numbers[:-1]):
        return None
    size: float = sum(number / 60**power for power, number in enumerate(numbers))
    return size
