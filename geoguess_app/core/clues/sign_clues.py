"""Clues from words on a photo: scripts, languages, internet domains, telephone numbers, names of
countries. They are offered, never used by themselves."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from geoguess_app.core.clues.clue import Clue
from geoguess_app.core.clues.kinds import ClueKind
from geoguess_app.core.clues.languages import languages_of
from geoguess_app.core.clues.names import known_names
from geoguess_app.core.clues.tables import clue_tables
from geoguess_app.core.geo.gazetteer import fold

_SCRIPTS = {
    "CJK": "Hani", "HIRAGANA": "Hira", "KATAKANA": "Kana", "HANGUL": "Hang", "THAI": "Thai",
    "ARABIC": "Arab", "CYRILLIC": "Cyrl", "GREEK": "Grek", "HEBREW": "Hebr", "DEVANAGARI": "Deva",
    "ARMENIAN": "Armn", "GEORGIAN": "Geor", "BENGALI": "Beng", "TAMIL": "Taml", "KHMER": "Khmr",
    "LAO": "Laoo", "MYANMAR": "Mymr", "SINHALA": "Sinh", "ETHIOPIC": "Ethi", "TIBETAN": "Tibt",
    "GUJARATI": "Gujr", "GURMUKHI": "Guru", "KANNADA": "Knda", "MALAYALAM": "Mlym",
    "ORIYA": "Orya", "TELUGU": "Telu", "THAANA": "Thaa",
}  # fmt: skip
"""ISO 15924 code by the word with which Unicode begins the name of a letter. Latin says nothing."""
_LEAST_LETTERS = 3
"""Fewer letters of a script, or fewer different ones, are more often a pattern than writing."""
_LEAST_NAME = 4
"""A shorter name of a country stands in too many words."""
MOST_WORDS = 4
"""No name of a place has more words, for us."""

_SOLD_TO_ALL = frozenset(
    [
        *("ac", "ad", "ai", "as", "bz", "cc", "cd", "cf", "co", "dj", "fm", "ga", "gg", "gl", "gq"),
        *("io", "la", "ly", "me", "ml", "ms", "nu", "pw", "sc", "sh", "so", "sr", "st", "tk", "to"),
        *("tv", "vc", "ws"),
    ]
)
"""Country domains that are sold to everybody as short or telling names; they say nothing."""
_DOMAIN = re.compile(
    r"(?P<start>www[., ]?|https?[:/]+|@)?"
    r"(?P<name>[a-z0-9-]{2,}(?:\.[a-z0-9-]+)*)\.(?P<top>[a-z]{2})(?![a-z0-9.@-])",
    re.IGNORECASE,
)
_LEAST_HOST = 4
"""Letters before the dot of a domain that neither "www" nor "@" announces."""
_PHONE = re.compile(r"(?<![\d+])(?:\+|00)[ .(-]?([1-9][\d ()./-]{6,18}\d)(?!\d)")
_PHONE_DIGITS = range(8, 16)


@dataclass(frozen=True, slots=True)
class SignClue:
    """A clue that words on a photo give."""

    clue: Clue
    text: str
    """The words that it rests on."""
    line: int
    """Index of the line in which they stand."""


def sign_clues(lines: Sequence[str]) -> list[SignClue]:
    """Find what lines of text say of a country, the surest kinds first; each clue once."""
    found: dict[Clue, SignClue] = {}
    for clue in (
        *_phones(lines),
        *_domains(lines),
        *_countries(lines),
        *scripts_in(lines),
        *_languages(lines),
    ):
        found.setdefault(clue.clue, clue)
    return list(found.values())


def scripts_in(lines: Sequence[str]) -> Iterator[SignClue]:
    """Find scripts that few countries write, each where it has most letters."""
    known = clue_tables().scripts
    most: dict[str, tuple[int, int]] = {}
    for index, line in enumerate(lines):
        letters = Counter(filter(None, map(_script, line)))
        if letters["Hira"] or letters["Kana"]:  # Japanese mixes them; Chinese has no kana
            letters = Counter({"Hira": letters["Hira"] + letters["Kana"] + letters["Hani"]})
        for script, count in letters.items():
            different = len({letter for letter in line if _script(letter)})
            if min(count, different) >= _LEAST_LETTERS and script in known:
                most[script] = max(most.get(script, (0, 0)), (count, -index))
    if "Hira" in most:
        most.pop("Hani", None)
    for script, (_, index) in sorted(most.items(), key=lambda pair: pair[1], reverse=True):
        yield SignClue(Clue(ClueKind.SCRIPT, (script,)), lines[-index], -index)


def _script(letter: str) -> str:
    if letter.isascii() or not letter.isalpha():
        return ""
    return _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0], "")


def _domains(lines: Sequence[str]) -> Iterator[SignClue]:
    known = {row.domain for row in clue_tables().countries.values()} - _SOLD_TO_ALL
    for index, line in enumerate(lines):
        for match in _DOMAIN.finditer(line):
            top, announced = match["top"].casefold(), match["start"] is not None
            letters = sum(letter.isalpha() for letter in match["name"])
            # "St.de" is no address: either it says what it is, or it looks like one.
            plain = match["top"].islower() and letters >= _LEAST_HOST
            if top in known and (announced or plain):
                yield SignClue(Clue(ClueKind.DOMAIN, (top,)), match[0], index)


def _phones(lines: Sequence[str]) -> Iterator[SignClue]:
    codes = {row.phone for row in clue_tables().countries.values()} - {""}
    for index, line in enumerate(lines):
        for match in _PHONE.finditer(line):
            digits = "".join(filter(str.isdigit, match[1]))
            code = next((digits[:n] for n in (4, 3, 2, 1) if digits[:n] in codes), "")
            if code and len(digits) in _PHONE_DIGITS:
                yield SignClue(Clue(ClueKind.PHONE, (code,)), match[0], index)


def _countries(lines: Sequence[str]) -> Iterator[SignClue]:
    names = known_names()[1]
    for index, line in enumerate(lines):
        for text, folded in word_groups(line):
            code = names.get(folded)
            if code and len(folded) >= _LEAST_NAME and text[:1].isupper():
                yield SignClue(Clue(ClueKind.COUNTRY, (code,)), text, index)
        for name in names_within(line, names):
            yield SignClue(Clue(ClueKind.COUNTRY, (names[name],)), name, index)


def _languages(lines: Sequence[str]) -> Iterator[SignClue]:
    known = clue_tables().languages
    for languages, text, index in languages_of(lines):
        spoken = tuple(code for code in languages if code in known)
        if spoken:
            yield SignClue(Clue(ClueKind.LANGUAGE, spoken), text, index)


def word_groups(line: str) -> Iterator[tuple[str, str]]:
    """Yield each group of neighbouring words, the longest first: as written, and folded."""
    words = [word.strip('·•|:;,.!?()[]{}<>"“”„«»*#-–—/') for word in re.split(r"[\s,;/|]+", line)]
    words = [word for word in words if word]
    for length in range(min(MOST_WORDS, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            text = " ".join(words[start : start + length])
            yield text, fold(text)


def names_within(line: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the names, folded, that stand in a line of Chinese or Japanese: it has no spaces."""
    folded = fold(line)
    if any(_script(letter) in ("Hani", "Hira", "Kana") for letter in folded):
        for name in names:
            if len(name) > 1 and _script(name[0]) in ("Hani", "Hira", "Kana") and name in folded:
                yield name
