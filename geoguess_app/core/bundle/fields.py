"""Fields of ``bundle.json``: what their values may be, and how a manifest is refused.

The file may come from a stranger: nothing is coerced, numbers are finite and bounded, unknown and
missing keys are refused, each in one sentence that names the key.
"""

from __future__ import annotations

import re
from typing import Annotated, NoReturn

from geoguess_app.core.errors import BundleError
from geoguess_app.core.records.marks import Check, Range, Text

MANIFEST_FILE = "bundle.json"
MAX_SIZE = 1_000_000
"""Largest layer, head or partition that a manifest may declare."""
NAME_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""Names of trunks, networks, heads and partitions: safe in file names and parameter names."""

Name = Annotated[str, Check(NAME_PATTERN.fullmatch, "a name of letters, digits, _ and -")]
Size = Annotated[int, Range(1, MAX_SIZE)]
ShortText = Annotated[str, Text(200)]


def refused(sentence: str) -> BundleError:
    """The BundleError for a manifest that says something impossible."""
    return BundleError(f"{MANIFEST_FILE}: {sentence}", code="manifest")


def refuse(sentence: str) -> NoReturn:
    """Raise BundleError for a manifest that says something impossible."""
    raise refused(sentence)
