"""The plan of a save: what it would write, and where, known before any file is touched."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from geoguess_app.core.errors import GeoGuessError, PhotoError
from geoguess_app.core.picture.decode import shown_name
from geoguess_app.core.picture.sniff import Kind
from geoguess_app.core.types import Place
from geoguess_app.photos.embedding import embedding
from geoguess_app.photos.exiv2 import read_tags
from geoguess_app.photos.file_position import (
    FilePosition,
    PositionState,
    most_trusted_position,
    position_of_texts,
)
from geoguess_app.photos.formats import jpeg
from geoguess_app.photos.formats.edits import apply_edits
from geoguess_app.photos.formats.gps_edits import EMBEDDABLE
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import Packet, XmpError
from geoguess_app.photos.known_position import (
    embedded_position,
    position_in,
    sidecar_position,
)
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.photo_kind import kind_of
from geoguess_app.photos.position_tags import WrittenPosition
from geoguess_app.photos.precision import Precision, limit_place, limit_precision
from geoguess_app.photos.replace_file import FileIdentity, protection
from geoguess_app.photos.sidecars import SidecarNaming, Sidecars, sidecar_changes
from geoguess_app.photos.verify import changed_keys, check_merged
from geoguess_app.photos.xmp_position import sidecar_xmp


class WriteMode(StrEnum):
    """The way in which one photo is dealt with."""

    EMBED = "embed"
    SIDECAR = "sidecar"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Choices for a whole save."""

    embed_kinds: frozenset[Kind] = frozenset({"jpeg"})
    """Kinds written into the file; empty: sidecars only. What cannot be embedded gets a sidecar."""
    naming: SidecarNaming = SidecarNaming.FULL
    precision: Precision = Precision.EXACT
    with_place: bool = False
    """Also country, region and city, into XMP fields that are empty."""
    with_keywords: bool = False
    """Also the keywords of the requests."""


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One photo and the position it shall get."""

    path: Path
    position: WrittenPosition
    place: Place | None = None
    keywords: tuple[str, ...] = ()
    """Paths such as ``Scene|urban|tower``."""
    replace_gps: bool = False
    """The user's permission, for this photo, to replace a position that it has."""


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """The plan for one photo."""

    request: WriteRequest
    how: WriteMode
    photo: Path
    """The file itself, links followed."""
    target: Path
    """The file that changes: the photo or a sidecar."""
    label: str
    """"JPEG", "RAW", …"""
    position: WrittenPosition
    """What will be written, precision capped."""
    place: Place | None = None
    keywords: tuple[str, ...] = ()
    known: FilePosition | None = None
    """The position that the photo has now."""
    reason: str = ""
    """Why it is skipped, or why a sidecar although its kind is embedded."""
    target_identity: FileIdentity | None = None
    """The target as it was when planned; None: it does not exist."""
    also: tuple[PlannedWrite, ...] = ()
    """The other files that hold an old position of the photo and get the new one before it."""


@dataclass(frozen=True, slots=True)
class SavePlan:
    """A whole save before it begins, one item a photo."""

    items: tuple[PlannedWrite, ...] = ()
    options: WriteOptions = field(default_factory=WriteOptions)

    @property
    def writes(self) -> tuple[PlannedWrite, ...]:
        """List the items that change a file."""
        return tuple(item for item in self.items if item.how is not WriteMode.SKIP)

    def replaced_unusable(self) -> Counter[str]:
        """Count the unusable positions that will be replaced, by what is wrong with them."""
        positions = (item.known for item in self.writes)
        return Counter(
            known.problem.removeprefix("its position ")
            for known in positions
            if known is not None and known.state is PositionState.UNUSABLE
        )

    def summary(self) -> str:
        """ "37 JPEG embedded, 12 RAW as sidecar, 3 skipped: already have GPS"."""
        parts = []
        for how, words in ((WriteMode.EMBED, "embedded"), (WriteMode.SIDECAR, "as sidecar")):
            counts = Counter(item.label for item in self.items if item.how is how)
            parts += [f"{count:,} {label} {words}" for label, count in counts.most_common()]
        skipped = Counter(
            _without_name(item.reason) for item in self.items if item.how is WriteMode.SKIP
        )
        parts += [f"{count:,} skipped: {reason}" for reason, count in skipped.most_common()]
        return ", ".join(parts) or "nothing to write"


def _without_name(reason: str) -> str:
    """A reason that many sidecars may have in common."""
    name, ending, rest = reason.partition(".xmp ")
    return f"a sidecar {rest}" if ending and name else reason


Positions = Sequence[FilePosition | None]
HAS_GPS = "already have GPS"
KEEPS_OWN = "the photo itself keeps its old position"
MORE_INSIDE = "a film or second picture inside it may keep the old position"
HAS_ESTIMATE = "already have an estimate"
TWICE = "the same file twice"


def make_plan(requests: Iterable[WriteRequest], options: WriteOptions) -> SavePlan:
    """The whole plan at once."""
    return SavePlan(tuple(plan_writes(requests, options)), options)


def plan_writes(requests: Iterable[WriteRequest], options: WriteOptions) -> Iterator[PlannedWrite]:
    """Return what will happen with each photo, in their order; reads headers, writes nothing.

    A generator, so that a caller may show progress and stop. Never raises for a single photo: one
    that cannot be read is skipped, with the reason.
    """
    planner = Planner(options)
    yield from skip_clashes(planner.plan(request) for request in requests)


def skip_clashes(items: Iterable[PlannedWrite]) -> Iterator[PlannedWrite]:
    """Photos that were planned one by one, so that no file is written twice."""
    photos: set[Path] = set()
    targets: set[Path] = set()
    for item in items:
        if item.how is WriteMode.SKIP:
            yield item
            continue
        if item.photo in photos:
            yield replace(item, how=WriteMode.SKIP, target=item.photo, reason=TWICE)
            continue
        photos.add(item.photo)
        if item.target in targets:
            # Two RAW files that share a short name; each needs a sidecar of its own.
            item = _beside(item, item.request.path.with_name(f"{item.request.path.name}.xmp"))
        targets.add(item.target)
        yield item


class Planner:
    """Plans photos one by one; remembers the listings of their folders, so use it for one go."""

    def __init__(self, options: WriteOptions) -> None:
        self._options = options
        self._sidecars = Sidecars()

    def plan(self, request: WriteRequest) -> PlannedWrite:
        """Return what will happen with one photo; never raises for it."""
        photo = request.path
        blank = PlannedWrite(
            request,
            WriteMode.SKIP,
            photo,
            photo,
            "",
            limit_precision(request.position, self._options.precision),
        )
        try:
            photo = photo.resolve(strict=True)
            blank = replace(blank, photo=photo, target=photo)
            return self._plan(request, blank)
        except PhotoError as problem:
            return replace(blank, reason=_as_reason(problem, photo))
        except (OSError, RuntimeError):  # RuntimeError: links in a circle
            return replace(blank, reason="cannot be found or read")

    def _plan(self, request: WriteRequest, blank: PlannedWrite) -> PlannedWrite:
        photo = blank.photo
        kind, label = kind_of(photo)
        own, beside, readable = self._positions(request.path, photo)
        known = most_trusted_position((*own, *beside))
        item = replace(blank, label=label, known=known)
        reason = _why_kept(known)
        if reason and (not request.replace_gps or (known is not None and known.of_another)):
            return replace(item, reason=reason)
        if self._options.with_place and request.place is not None:
            item = replace(item, place=limit_place(request.place, self._options.precision))
        if self._options.with_keywords:
            item = replace(item, keywords=request.keywords)
        item = self._target(item, kind, readable=readable)
        return _unless_protected(self._with_other_copies(item, kind, own, beside))

    def _with_other_copies(
        self, item: PlannedWrite, kind: Kind, own: Positions, beside: Positions
    ) -> PlannedWrite:
        """The item and, before it, every other file whose old position would contradict it."""
        mine = (found for found in beside if found is not None and not found.of_another)
        files = {Path(os.path.realpath(found.file)) for found in mine if _is_xmp(found.file)} - {
            item.target
        }
        others = tuple(_beside(item, file) for file in sorted(files))
        if item.how is WriteMode.SKIP:
            return item
        inside = item.how is WriteMode.SIDECAR and any(own)
        if inside and kind in self._options.embed_kinds:
            now = FileIdentity.of(item.photo)
            embedded = replace(
                item, how=WriteMode.EMBED, target=item.photo, target_identity=now, reason=""
            )
            others += () if self._why_unwritable(embedded, kind) else (embedded,)
        stuck = next((one for one in others if one.how is WriteMode.SKIP), None)
        if stuck is not None:
            return replace(item, how=WriteMode.SKIP, target=item.photo, reason=stuck.reason)
        if inside and all(one.how is not WriteMode.EMBED for one in others):
            item = replace(item, reason=item.reason or KEEPS_OWN)
        elif kind == "jpeg" and any(own) and jpeg.holds_more_positions(item.photo):
            item = replace(item, reason=item.reason or MORE_INSIDE)
        return replace(item, also=others)

    def _positions(self, name: Path, photo: Path) -> tuple[Positions, Positions, bool]:
        """The positions in the file ``photo``, called ``name``, and beside it; whether Exiv2 can
        read and so check it.

        Raises PhotoError where neither reader gets through, or where a sidecar cannot be read:
        nobody may write beside what it cannot see.
        """
        sidecars = self._sidecars.existing(name)
        beside: list[FilePosition | None] = []
        beside += (_in_sidecar(sidecar) for sidecar in sidecars)
        beside.append(sidecar_position(name, self._sidecars))
        try:
            tags = read_tags(photo)
        except PhotoError:
            return (embedded_position(photo, read_metadata(photo)),), beside, False
        try:
            own = embedded_position(photo, read_metadata(photo))
        except PhotoError:  # a RAW header that Pillow does not know
            own = None
        return (own, position_in(tags, photo)), beside, True

    def _target(self, item: PlannedWrite, kind: Kind, *, readable: bool) -> PlannedWrite:
        if kind in self._options.embed_kinds:
            reason = self._why_not_embedded(item, kind, readable=readable)
            if not reason:
                now = FileIdentity.of(item.photo)
                return replace(item, how=WriteMode.EMBED, target_identity=now)
            item = replace(item, reason=reason)
        return _beside(item, self._sidecars.place(item.request.path, self._options.naming))

    def _why_not_embedded(self, item: PlannedWrite, kind: Kind, *, readable: bool) -> str:
        if kind not in EMBEDDABLE:
            return f"{item.label} files are not modified"
        if not readable:
            return "its metadata cannot be read, so a change could not be verified"
        if item.photo.stat().st_nlink > 1:
            return "it has hard links, which a change would break"
        if (item.place is not None or item.keywords) and kind != "jpeg":
            return "place names and keywords of such files go into a sidecar"
        if item.known is not None and item.known.file != item.photo:
            return "its current position is in a sidecar"
        return self._why_unwritable(item, kind)

    def _why_unwritable(self, item: PlannedWrite, kind: Kind) -> str:
        protected = protection(item.photo)
        if protected:
            return f"it is {protected}"
        try:
            embedding(item.photo, kind, item.position, item.place, item.keywords)
        except (TiffError, XmpError) as problem:
            return str(problem)
        return ""


def _in_sidecar(sidecar: Path) -> FilePosition | None:
    try:
        return position_in(read_tags(sidecar), sidecar)
    except PhotoError:
        found = position_of_texts(sidecar_xmp(sidecar), sidecar)
        if found is None:
            raise
        return found


def _unless_protected(item: PlannedWrite) -> PlannedWrite:
    files = [one.target for one in (item, *item.also) if one.how is not WriteMode.SKIP]
    reason = next((found for file in files if (found := protection(file))), "")
    if not reason:
        return item
    return replace(item, how=WriteMode.SKIP, target=item.photo, reason=reason, also=())


def _is_xmp(file: Path) -> bool:
    return file.suffix.lower() == ".xmp"


def _why_kept(known: FilePosition | None) -> str:
    """Why a photo's position stays unless the user allows its replacement; empty where it goes."""
    if known is None or (known.state is PositionState.UNUSABLE and not known.of_another):
        return ""  # a position that says nothing protects nothing
    if known.of_another:
        return known.problem
    return HAS_ESTIMATE if known.is_estimate else HAS_GPS


def _beside(item: PlannedWrite, sidecar: Path) -> PlannedWrite:
    if not sidecar.exists():
        return replace(item, how=WriteMode.SIDECAR, target=sidecar, target_identity=None)
    # A linked sidecar is changed where it lies, as a linked photo is.
    sidecar = Path(os.path.realpath(sidecar))
    try:
        _try_merge(item, sidecar)
    except XmpError as problem:
        return replace(
            item, how=WriteMode.SKIP, reason=f"{shown_name(sidecar)} cannot be updated: {problem}"
        )
    now = FileIdentity.of(sidecar)
    return replace(item, how=WriteMode.SIDECAR, target=sidecar, target_identity=now)


def _try_merge(item: PlannedWrite, sidecar: Path) -> None:
    """Merge in memory and check the result as the save will; raises XmpError."""
    content = sidecar.read_bytes()
    packet = Packet(content)
    edits = packet.edits(sidecar_changes(item.position, item.place, item.keywords, packet))
    extra = changed_keys(item.position, item.place, item.keywords)
    try:
        merged = apply_edits(edits, content)
        check_merged(merged, sidecar, read_tags(sidecar), item.position, extra)
    except GeoGuessError as problem:
        raise XmpError("other programs could not read it then") from problem


def _as_reason(problem: PhotoError, photo: Path) -> str:
    # Its own name goes; that of a sidecar, which begins like it, stays whole.
    return str(problem).removeprefix(f"{shown_name(photo)} ").rstrip(".").strip()
