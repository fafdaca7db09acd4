"""The language of a few words on a sign, by letters and small words that others do not have.

A sign is too short for statistics of letters; what is said here is said only of words that leave
little doubt. The tables are written by hand: they hold what decides between neighbours.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

_LETTERS = {
    "ß": ("de",), "ñ": ("es",), "ãõ": ("pt",), "ěřů": ("cs",), "ľĺŕ": ("sk",), "ł": ("pl",),
    "őű": ("hu",), "ğ": ("tr", "az"), "ı": ("tr", "az"), "ə": ("az",), "ș": ("ro",), "ț": ("ro",),
    "ơư": ("vi",), "ạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ": ("vi",),
    "ðþ": ("is",), "ķļņģ": ("lv",), "ėų": ("lt",), "ø": ("da", "nb", "nn", "no", "fo"),
    "ċħġż": ("mt",), "đ": ("hr", "bs", "sr", "vi"), "å": ("sv", "da", "nb", "nn", "no", "fi"),
}  # fmt: skip
"""Letters that only these languages write (ISO 639)."""

_WORDS = {
    "de": "und der die das ist nicht bitte für mit von zum zur auf straße strasse verboten "
    "eingang ausgang öffentliche vielen dank geöffnet geschlossen apotheke bäckerei",
    "nl": "het een niet van voor naar straat verboden toegang uitgang alleen geen zijn",
    "da": "og ikke er på til af det gade tilladt åben lukket velkommen",
    "sv": "och är inte på till för gata välkommen öppet stängt",
    "fi": "ja ei katu sisään ulos kielletty avoinna tervetuloa",
    "fr": "le la les des du et une pour dans est vous rue interdit entrée sortie ouvert fermé "
    "défense boulangerie pharmacie mairie avec",
    "es": "el los las del y una para con por calle avenida prohibido salida entrada abierto "
    "cerrado se farmacia panadería no",
    "pt": "os as do da dos das não para com uma rua proibido saída aberto fechado avenida",
    "it": "il gli della delle di e un una per con via piazza vietato uscita ingresso aperto "
    "chiuso farmacia",
    "ca": "els les del amb per carrer prohibit sortida obert tancat i",
    "pl": "i nie na do ul ulica zakaz wstęp wzbroniony wejście wyjście otwarte sklep apteka",
    "cs": "a je na ulice zákaz vstup východ otevřeno lékárna náměstí",
    "hu": "és az nem utca tilos bejárat kijárat nyitva zárva gyógyszertár",
    "ro": "și de la nu strada interzis intrare ieșire deschis închis farmacie",
    "hr": "je na ulica zabranjeno ulaz izlaz otvoreno zatvoreno ljekarna",
    "tr": "ve bir için cadde sokak yasak giriş çıkış açık kapalı eczane",
    "id": "dan yang di untuk tidak jalan dilarang masuk keluar buka tutup selamat datang",
    "ms": "dan yang di untuk tidak jalan dilarang masuk keluar buka tutup selamat datang",
    "vi": "và của không đường cấm vào ra cửa nhà hàng",
}
"""Small words and those on many signs; one that several languages have counts for none alone."""
_LEAST_WORDS, _LEAST_LETTERS = 2, 5
"""So many words of a language, with so many letters together, say it: not "la" and "de"."""


def languages_of(lines: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """Yield languages (any of which it may be), the words that say so, and the line's index.

    A word with a letter that few languages have is enough; of words two different ones, in all
    lines together, that no other language has more of.
    """
    yield from _by_letters(lines)
    yield from _by_words(lines)


def _by_letters(lines: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str, int]]:
    for index, line in enumerate(lines):
        for word in re.findall(r"[^\W\d_]{4,}", line):
            lower = word.casefold() if "ß" not in word else word.lower()
            for letters, languages in _LETTERS.items():
                if any(letter in lower for letter in letters):
                    yield languages, word, index


def _by_words(lines: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str, int]]:
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    for index, line in enumerate(lines):
        for word in re.findall(r"[^\W\d_]+", line.lower()):
            for language in _LANGUAGES_OF_WORD.get(word, ()):
                seen[language].setdefault(word, index)
    if not seen:
        return
    most = max(len(words) for words in seen.values())
    best = tuple(language for language, words in seen.items() if len(words) == most)
    words = seen[best[0]]
    letters = sum(map(len, words))
    if most >= _LEAST_WORDS and letters >= _LEAST_LETTERS and len(best) <= 2:
        yield best, " ".join(words), min(words.values())


def _by_word() -> dict[str, tuple[str, ...]]:
    languages: dict[str, list[str]] = defaultdict(list)
    for language, words in _WORDS.items():
        for word in words.split():
            languages[word].append(language)
    return {word: tuple(of) for word, of in languages.items()}


_LANGUAGES_OF_WORD = _by_word()
