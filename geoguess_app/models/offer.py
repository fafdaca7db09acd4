"""Offers: what a host has of a published model at this moment, file by file."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.core.cancel import CancelToken
from geoguess_app.models.download import RemoteFile
from geoguess_app.models.hub import RepositoryListing, list_repository
from geoguess_app.models.published import PublishedFile, PublishedSource, PublishedVariant
from geoguess_app.models.remote_tensors import plan_part
from geoguess_app.models.room import size_text
from geoguess_app.models.web import DownloadError, Patience, remote_size

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_MORE = 1.1
_MORE_BYTES = 1_000_000
"""A source may have grown by this share and this much without another question."""


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A file of an offer: its path in the source and below the download's folder."""

    name: str
    remote: RemoteFile


@dataclass(frozen=True, slots=True)
class OfferedSource:
    """A source as it is now: its commit, its licence in the host's words, its files."""

    published: PublishedSource
    revision: str | None
    licence_word: str | None
    files: tuple[OfferedFile, ...]

    @property
    def size_bytes(self) -> int:
        """Return how much is fetched of it."""
        return sum(file.remote.size_bytes for file in self.files)

    @property
    def address(self) -> str:
        """Return where people find it."""
        return f"{self.published.base}/{self.published.place}"


@dataclass(frozen=True, slots=True)
class Offer:
    """All sources of a variant as they are now."""

    variant: PublishedVariant
    sources: tuple[OfferedSource, ...]

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        """List what is to be fetched."""
        return tuple(file.remote for source in self.sources for file in source.files)

    @property
    def size_bytes(self) -> int:
        """Return how much is fetched in all."""
        return sum(source.size_bytes for source in self.sources)

    def surprises(self) -> Iterator[str]:
        """Say in sentences what is not as it was published: the size, the licence."""
        for source in self.sources:
            expected, found = source.published.about_bytes, source.size_bytes
            if found > _MORE * expected + _MORE_BYTES:
                yield (
                    f"{source.address} now has {size_text(found)} instead of about "
                    f"{size_text(expected)}."
                )
            word, said = source.published.licence_word, source.licence_word
            if word is not None and said != word:
                now = f"the licence “{said}”" if said else "no licence"
                yield f"{source.address} now names {now}; it was “{word}”."


def look_up(
    variant: PublishedVariant, folder: Path, cancel: CancelToken, patience: Patience
) -> Offer | None:
    """Ask the hosts what they have; files will go below ``folder``. None if cancelled.

    Raises DownloadError in one sentence.
    """
    sources = []
    for published in variant.sources:
        place = folder / published.folder
        ask = _in_repository if published.is_repository else _on_plain_host
        found = ask(published, place, cancel, patience)
        if found is None:
            return None
        sources.append(found)
    return Offer(variant, tuple(sources))


def _on_plain_host(
    source: PublishedSource, folder: Path, cancel: CancelToken, patience: Patience
) -> OfferedSource | None:
    files = []
    for file in source.files:
        name = file.names[0]
        address = f"{source.base}/{source.place}/{name}"
        size = remote_size(address, cancel, patience)
        if size is None:
            return None
        files.append(OfferedFile(name, RemoteFile(address, folder / name, size)))
    return OfferedSource(source, None, None, tuple(files))


def _in_repository(
    source: PublishedSource, folder: Path, cancel: CancelToken, patience: Patience
) -> OfferedSource | None:
    listing = list_repository(source.base, source.place, cancel, patience)
    if listing is None:
        return None
    files = []
    for file in source.files:
        name = _name_there(file, listing)
        remote = _remote(file, name, listing, folder, cancel, patience)
        if remote is None:
            return None
        files.append(OfferedFile(name, remote))
    return OfferedSource(source, listing.revision, listing.licence, tuple(files))


def _name_there(file: PublishedFile, listing: RepositoryListing) -> str:
    found = next((there for name in file.names for there in _named(name, listing)), None)
    if found is None:
        raise DownloadError(
            f"{listing.base}/{listing.repository} no longer has {file.names[0]}; see "
            "docs/models.md for other ways.",
            code="not-there",
        )
    return found


def _named(name: str, listing: RepositoryListing) -> list[str]:
    """The files of that name; of a pattern such as ``*.csv``, the plainly named ones at the top."""
    if "*" not in name:
        return [name] if name in listing.files else []
    plain = [there for there in sorted(listing.files) if _PLAIN.fullmatch(there)]
    return fnmatch.filter(plain, name)


def _remote(
    file: PublishedFile,
    name: str,
    listing: RepositoryListing,
    folder: Path,
    cancel: CancelToken,
    patience: Patience,
) -> RemoteFile | None:
    listed, address = listing.files[name], listing.address(name)
    if not file.tensors:
        return RemoteFile(address, folder / name, listed.size_bytes, listed.sha256, listed.git_blob)
    part = plan_part(address, file.tensors, listed.size_bytes, cancel=cancel, patience=patience)
    if part is None:
        return None
    return RemoteFile(address, folder / name, part.size_bytes, head=part.head, spans=part.spans)
