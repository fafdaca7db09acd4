"""What a save would write, and where: known before any file is touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from PIL import Image

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.picture.decode import open_stream, shown_name
from geoguess_app.core.picture.raw import has_raw_tags
from geoguess_app.core.picture.sniff import HEAD_BYTES, Kind, picture_kind
from geoguess_app.core.types import Place
from geoguess_app.photos.embedding import embedding
from geoguess_app.photos.formats.gps_edits import EMBEDDABLE
from geoguess_app.photos.formats.tiff import TiffError
from geoguess_app.photos.formats.xmp import XmpError
from geoguess_app.photos.known_position import KnownPosition, known_position
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.position_tags import Position
from geoguess_app.photos.precision import Precision, capped, capped_place
from geoguess_app.photos.replace_file import FileIdentity
from geoguess_app.photos.scan import RAW_SUFFIXES
from geoguess_app.photos.sidecars import SidecarNaming, Sidecars


class How(StrEnum):
    """What happens with one photo."""

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
    position: Position
    place: Place | None = None
    keywords: tuple[str, ...] = ()
    """Paths such as `Scene|urban|tower`."""
    replace_gps: bool = False
    """The user's permission, for this photo, to replace a position that it has."""


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """What will happen with one photo."""

    request: WriteRequest
    how: How
    photo: Path
    """The file itself, links followed."""
    target: Path
    """The file that changes: the photo or a sidecar."""
    label: str
    """"JPEG", "RAW", …"""
    position: Position
    """What will be written, precision capped."""
    place: Place | None = None
    keywords: tuple[str, ...] = ()
    known: KnownPosition | None = None
    """The position that the photo has now."""
    reason: str = ""
    """Why it is skipped, or why a sidecar although its kind is embedded."""
    target_identity: FileIdentity | None = None
    """The target as it was when planned; None: it does not exist."""


@dataclass(frozen=True, slots=True)
class SavePlan:
    """All of it."""

    items: tuple[PlannedWrite, ...] = ()
    options: WriteOptions = field(default_factory=WriteOptions)

    @property
    def writes(self) -> tuple[PlannedWrite, ...]:
        """Those that change a file."""
        return tuple(item for item in self.items if item.how is not How.SKIP)

    def summary(self) -> str:
        """ "37 JPEG embedded, 12 RAW as sidecar, 3 skipped: already have GPS"."""
        parts = []
        for how, words in ((How.EMBED, "embedded"), (How.SIDECAR, "as sidecar")):
            counts = Counter(item.label for item in self.items if item.how is how)
            parts += [f"{count:,} {label} {words}" for label, count in counts.most_common()]
        skipped = Counter(item.reason for item in self.items if item.how is How.SKIP)
        parts += [f"{count:,} skipped: {reason}" for reason, count in skipped.most_common()]
        return ", ".join(parts) or "nothing to write"


HAS_GPS = "already have GPS"
HAS_ESTIMATE = "already have an estimate"
TWICE = "the same file twice"
_LABELS = {"jpeg": "JPEG", "heif": "HEIC", "raw": "RAW", "webp": "WebP", "jp2": "JPEG 2000"}


def make_plan(requests: Iterable[WriteRequest], options: WriteOptions) -> SavePlan:
    """The whole plan at once."""
    return SavePlan(tuple(planned(requests, options)), options)


def planned(requests: Iterable[WriteRequest], options: WriteOptions) -> Iterator[PlannedWrite]:
    """What will happen with each photo, in their order; reads headers, writes nothing.

    A generator, so that a caller may show progress and stop. Never raises for a single photo: one
    that cannot be read is skipped, with the reason.
    """
    planner = Planner(options)
    yield from without_clashes(planner.plan(request) for request in requests)


def without_clashes(items: Iterable[PlannedWrite]) -> Iterator[PlannedWrite]:
    """Photos that were planned one by one, so that no file is written twice."""
    photos: set[Path] = set()
    targets: set[Path] = set()
    for item in items:
        if item.how is How.SKIP:
            yield item
            continue
        if item.photo in photos:
            yield replace(item, how=How.SKIP, target=item.photo, reason=TWICE)
            continue
        photos.add(item.photo)
        if item.target in targets:
            # Two RAW files that share a short name; each needs a sidecar of its own.
            item = _beside(item, item.photo.with_name(f"{item.photo.name}.xmp"))
        targets.add(item.target)
        yield item


class Planner:
    """Plans photos one by one; remembers the listings of their folders, so use it for one go."""

    def __init__(self, options: WriteOptions) -> None:
        self._options = options
        self._sidecars = Sidecars()

    def plan(self, request: WriteRequest) -> PlannedWrite:
        """What will happen with one photo; never raises for it."""
        photo = request.path
        blank = PlannedWrite(
            request, How.SKIP, photo, photo, "", capped(request.position, self._options.precision)
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
        known, readable = self._known(photo)
        item = replace(blank, label=label, known=known)
        if known is not None and not request.replace_gps:
            return replace(item, reason=HAS_ESTIMATE if known.is_estimate else HAS_GPS)
        if self._options.with_place and request.place is not None:
            item = replace(item, place=capped_place(request.place, self._options.precision))
        if self._options.with_keywords:
            item = replace(item, keywords=request.keywords)
        return self._target(item, kind, readable=readable)

    def _known(self, photo: Path) -> tuple[KnownPosition | None, bool]:
        """The photo's position, and whether Exiv2 can read (and so later check) the file."""
        sidecars = self._sidecars.existing(photo)
        try:
            return known_position(photo, sidecars), True
        except PhotoError:
            facts = read_metadata(photo)
            if facts.coordinate is not None or facts.position_unusable:
                return KnownPosition(facts.coordinate, None, photo), False
            for sidecar in sidecars:
                found = known_position(sidecar, [])
                if found is not None:
                    return found, False
            return None, False

    def _target(self, item: PlannedWrite, kind: Kind, *, readable: bool) -> PlannedWrite:
        if kind in self._options.embed_kinds:
            reason = self._why_not_embedded(item, kind, readable=readable)
            if not reason:
                now = FileIdentity.of(item.photo)
                return replace(item, how=How.EMBED, target_identity=now)
            item = replace(item, reason=reason)
        return _beside(item, self._sidecars.place(item.photo, self._options.naming))

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
        try:
            embedding(item.photo, kind, item.position, item.place, item.keywords)
        except (TiffError, XmpError) as problem:
            return str(problem)
        return ""


def _beside(item: PlannedWrite, sidecar: Path) -> PlannedWrite:
    if not sidecar.exists():
        return replace(item, how=How.SIDECAR, target=sidecar, target_identity=None)
    # A linked sidecar is changed where it lies, as a linked photo is.
    sidecar = sidecar.resolve()
    now = FileIdentity.of(sidecar)
    return replace(item, how=How.SIDECAR, target=sidecar, target_identity=now)


def kind_of(photo: Path) -> tuple[Kind, str]:
    """The kind of a photo by its content, and what people call it.

    Raises PhotoError where it is no photo.
    """
    with open_stream(photo, shown_name(photo)) as stream:
        kind = picture_kind(stream.read(HEAD_BYTES))
        if kind == "tiff" and _is_raw(photo):
            kind = "raw"
    if kind is None:
        raise PhotoError(f"{shown_name(photo)} is not a photo.", code="not-a-photo")
    return kind, _LABELS.get(kind, kind.upper())


def _is_raw(photo: Path) -> bool:
    """Most RAW files are TIFF files by their first bytes; nobody may write into those."""
    if photo.suffix.lower() in RAW_SUFFIXES:
        return True
    try:
        with Image.open(photo, formats=("TIFF",)) as image:
            return has_raw_tags(image)
    except Exception:  # noqa: BLE001 - what Pillow cannot open as TIFF is left alone
        return True


def _as_reason(problem: PhotoError, photo: Path) -> str:
    return str(problem).removeprefix(shown_name(photo)).rstrip(".").strip()
