"""Licences of photos, as a photo table remarks on them, in words for a model's users.

A table is made for those who work with the photos, and so are its remarks; a model is made for
those who never see them. What is said about rights stays; how to handle the photos becomes the two
facts that matter: they are not passed on, and they are not in the model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from geoguess_app.core.bundle.bank_photos import THUMBNAIL_PX
from geoguess_app.core.bundle.manifest import Provenance

NOT_STATED = "no licence stated"
NOT_INCLUDED = "photos not included in this model"
NOT_PASSED_ON = "photos not to be passed on and not included in this model"

NO_SOURCE = "photos of the trainer's own"
MOST_SOURCES = 1000
"""A table may name a source per photo; the manifest lists the largest ones."""

_UNLICENSED = re.compile(r"^no licen[cs]e( stated| file| for photos)?\b", re.IGNORECASE)
_HANDLING = re.compile(r"\s+-\s+internal\b[^(]*", re.IGNORECASE)


def stated_licence(remark: str) -> str:
    """The licence as stated, or that there is none; remarks on rights and origin stay."""
    handling = _HANDLING.search(remark)
    text = _UNLICENSED.sub(NOT_STATED, " ".join(_HANDLING.sub(" ", remark).split()))
    if not text or text.casefold() == "not stated":
        text = NOT_STATED
    if handling and "not redistribute" in handling.group().casefold():
        return f"{text}; {NOT_PASSED_ON}"
    if "not included" in text:
        return text
    if handling or text.startswith(NOT_STATED):
        return f"{text}; {NOT_INCLUDED}"
    return text


def photos_in_bundle(thumbnails: bool) -> str:
    """Say which photos a bundle contains, as a sentence of its card."""
    if not thumbnails:
        return "No photo and no file name is part of the model."
    return (
        "Of some of these photos the model contains a small picture (at most "
        f"{THUMBNAIL_PX} pixels) with its author and licence; no file name is part of it."
    )


def provenance_of(
    sources: Iterable[str], licences: Iterable[str], extra: tuple[Provenance, ...] = ()
) -> tuple[Provenance, ...]:
    """Every source of photos with its licence and number of photos, largest first, then ``extra``.

    ``sources`` and ``licences`` run in step, one of each per photo.
    """
    stated = (stated_licence(remark) for remark in licences)
    counts = Counter(zip(sources, stated, strict=True))
    listed = tuple(
        Provenance(name=source or NO_SOURCE, license=licence, photos=count)
        for (source, licence), count in counts.most_common(MOST_SOURCES)
    )
    return listed + extra
