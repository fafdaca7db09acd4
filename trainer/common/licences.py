"""What a photo table remarks on the licence of its photos, in words for a model's users.

A table is made for those who work with the photos, and so are its remarks; a model is made for
those who never see them. What is said about rights stays; how to handle the photos becomes the two
facts that matter: they are not passed on, and they are not in the model.
"""

from __future__ import annotations

import re

NOT_STATED = "no licence stated"
NOT_INCLUDED = "photos not included in this model"
NOT_PASSED_ON = "photos not to be passed on and not included in this model"
BUNDLE_HOLDS = (
    "No photo and no file name is part of the model, and the positions in it are rounded to 0.01°."
)

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
