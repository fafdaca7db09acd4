"""Choices of how to save: the settings of the program, and what was chosen in the dialog last."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings

if TYPE_CHECKING:
    from geoguess_app.core.picture.sniff import Kind
    from geoguess_app.photos.write_plan import WriteOptions
    from geoguess_app.settings import Settings

_WHERE, _PLACE, _KEYWORDS = "saving/where", "saving/place", "saving/keywords"


class WriteTarget(StrEnum):
    """A kind of file into which positions go."""

    JPEG = "jpeg"
    """JPEG files; sidecars beside all others."""
    ALL = "all"
    """All kinds that can be written into; sidecars beside the rest."""
    SIDECAR = "sidecar"
    """Sidecars only."""


_JPEG: frozenset[Kind] = frozenset({"jpeg"})


def kinds_of(where: WriteTarget) -> frozenset[Kind]:
    """The kinds of files that are written into."""
    from geoguess_app.photos.formats.gps_edits import EMBEDDABLE

    return {
        WriteTarget.JPEG: _JPEG,
        WriteTarget.ALL: frozenset(EMBEDDABLE),
        WriteTarget.SIDECAR: frozenset(),
    }[where]


def where_of(options: WriteOptions) -> WriteTarget:
    """Return what of the three the options are."""
    if not options.embed_kinds:
        return WriteTarget.SIDECAR
    return WriteTarget.JPEG if options.embed_kinds == _JPEG else WriteTarget.ALL


def options_of(settings: Settings, state: QSettings) -> WriteOptions:
    """The options as they were left."""
    from geoguess_app.photos.precision import Precision
    from geoguess_app.photos.sidecars import SidecarNaming
    from geoguess_app.photos.write_plan import WriteOptions

    where = str(state.value(_WHERE, WriteTarget.JPEG.value))
    known = WriteTarget(where) if where in set(WriteTarget) else WriteTarget.JPEG
    return WriteOptions(
        embed_kinds=kinds_of(known),
        naming=SidecarNaming(settings.sidecar_naming),
        precision=Precision(settings.precision),
        with_place=_flag(state, _PLACE),
        with_keywords=_flag(state, _KEYWORDS),
    )


def remember(options: WriteOptions, state: QSettings) -> dict[str, str]:
    """Keep the choices; returns those that belong into the settings of the program."""
    state.setValue(_WHERE, where_of(options).value)
    state.setValue(_PLACE, options.with_place)
    state.setValue(_KEYWORDS, options.with_keywords)
    return {"sidecar_naming": options.naming.value, "precision": options.precision.value}


def _flag(state: QSettings, name: str) -> bool:
    # An INI file gives back texts.
    return str(state.value(name, False)).lower() == "true"
