"""Hugging Face's host: the current commit of a repository, and the files in it.

``/api/models/REPO`` names the commit and the licence, ``/api/models/REPO/tree/COMMIT`` the files
with sizes and, of large ones, SHA-256; ``/REPO/resolve/COMMIT/FILE`` is a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import quote

from geoguess_app.core.bundle.manifest import Digest
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.records.forms import decode
from geoguess_app.core.records.marks import Check, Count, Range, Text
from geoguess_app.models.web import DownloadError, Patience, host_of, read_small

_MOST_BYTES = 8_000_000
_MOST_FILE_BYTES = 1 << 40

_Commit = Annotated[
    str, Check(lambda text: len(text) == 40 and text.isalnum(), "a commit of 40 letters and digits")
]
Kind = TypeVar("Kind")
_Size = Annotated[int, Range(0, _MOST_FILE_BYTES)]


@dataclass(frozen=True, slots=True)
class _Large:
    oid: Digest
    size: _Size


@dataclass(frozen=True, slots=True)
class _TreeEntry:
    type: Annotated[str, Text(40)]
    path: Annotated[str, Text(1_000)]
    oid: Annotated[str, Text(64)]
    size: _Size = 0
    lfs: _Large | None = None


@dataclass(frozen=True, slots=True)
class _Tree:
    entries: Annotated[tuple[_TreeEntry, ...], Count(10_000)]


@dataclass(frozen=True, slots=True)
class _Repository:
    sha: _Commit


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as the host describes it: its size, and its SHA-256 or git's name for it."""

    size_bytes: int
    sha256: str | None
    git_blob: str | None


@dataclass(frozen=True, slots=True)
class RepositoryListing:
    """A repository at one commit."""

    base: str
    repository: str
    revision: str
    licence: str | None
    """The licence as the host names it; None where it names none."""
    files: Mapping[str, ListedFile]

    def address(self, path: str) -> str:
        """Return where a file is fetched from."""
        return f"{self.base}/{self.repository}/resolve/{self.revision}/{quote(path)}"


def list_repository(
    base: str, repository: str, cancel: CancelToken, patience: Patience
) -> RepositoryListing | None:
    """Ask for the current commit and its files; None if cancelled. Raises DownloadError."""
    api = f"{base}/api/models/{repository}"
    found = _json(api, cancel, patience)
    if found is None:
        return None
    about = _decoded(_Repository, found, api)
    tree = _json(f"{api}/tree/{about.sha}?recursive=true", cancel, patience)
    if tree is None:
        return None
    entries = _decoded(_Tree, {"entries": tree}, api).entries
    files = {entry.path: _listed(entry) for entry in entries if entry.type == "file"}
    return RepositoryListing(base, repository, about.sha, _licence(found), files)


def _licence(repository: object) -> str | None:
    """The licence that the page's card names; the rest of the card may hold anything."""
    card = repository.get("cardData") if isinstance(repository, Mapping) else None
    word = card.get("license") if isinstance(card, Mapping) else None
    return word[:80] if isinstance(word, str) and word.isprintable() else None


def _listed(entry: _TreeEntry) -> ListedFile:
    if entry.lfs is not None:
        return ListedFile(entry.lfs.size, entry.lfs.oid, None)
    return ListedFile(entry.size, None, entry.oid)


def _json(address: str, cancel: CancelToken, patience: Patience) -> object:
    data = read_small(address, most_bytes=_MOST_BYTES, cancel=cancel, patience=patience)
    if data is None:
        return None
    try:
        found: object = json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise _senseless(address) from problem
    return found


def _decoded(kind: type[Kind], value: object, address: str) -> Kind:
    try:
        return decode(kind, value, ignore_unknown=True)
    except ValueError as problem:
        raise _senseless(address) from problem


def _senseless(address: str) -> DownloadError:
    host = host_of(address)
    return DownloadError(
        f"{host} does not answer as expected: a proxy or a login page may be in between, or the "
        "host changed its ways; the files can also be fetched by hand (docs/models.md).",
        code="senseless",
    )
