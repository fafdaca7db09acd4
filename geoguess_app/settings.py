"""Settings of the user, in one typed, versioned JSON file."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs

from geoguess_app.core.errors import SettingsError
from geoguess_app.core.records.forms import decode, encode
from geoguess_app.core.records.marks import Check, Range, Rest
from geoguess_app.files.atomic import atomic_text_file
from geoguess_app.files.json_text import json_text
from geoguess_app.files.locks import try_lock

log = logging.getLogger(__name__)

SETTINGS_VERSION = 1
_TURN_S, _LOOK_S = 2.0, 0.01
_Named = Annotated[str, Check(bool, "a text that is not empty")]
_Crops = Annotated[int, Check((1, 3, 5, 10).__contains__, "1, 3, 5 or 10")]


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices that outlive a session; make changed copies with ``dataclasses.replace``."""

    version: Annotated[int, Range(1, 1_000_000)] = SETTINGS_VERSION
    model: _Named | None = None
    """Folder or file of the bundle to load; None: the one that comes with the program."""
    device: _Named = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    crops: _Crops | None = None
    """1, 3, 5 or 10 crops a photo; None: what the bundle asks for."""
    theme: Literal["system", "light", "dark"] = "system"
    units: Literal["system", "km", "mi"] = "system"
    """Of distances and areas that people read: kilometres, miles, or what the system's region
    uses."""
    coordinate_format: Literal["decimal", "dms", "geo", "map"] = "decimal"
    sidecar_naming: Literal["full", "adobe"] = "full"
    """New sidecars: IMG.CR2.xmp as digiKam and darktable, or IMG.xmp as Lightroom."""
    precision: Literal["exact", "city", "region"] = "exact"
    """How precisely a position is written into photos at most."""
    keep_list: bool = True
    """The photos listed under Locate are listed again at the next start."""
    unknown: Annotated[Mapping[str, Any], Rest()] = field(default_factory=dict)
    """Keys from a newer program; they are written back untouched."""


def config_dir() -> Path:
    """Return where the settings file lies; the variable GEOGUESS_CONFIG_DIR overrides the
    platform's."""
    override = os.environ.get("GEOGUESS_CONFIG_DIR")
    if override:
        return Path(override)
    return platformdirs.user_config_path("geoguess", appauthor=False)


def settings_path() -> Path:
    """Give the path of the settings file."""
    return config_dir() / "settings.json"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; without a file, the defaults.

    A file that is no JSON object is set aside as ``settings.broken.json`` and defaults apply; a
    single value that makes no sense falls back to its default. Never raises.
    """
    file = path or settings_path()
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("not a JSON object")
    except FileNotFoundError:
        return Settings()
    except OSError as problem:
        log.warning("the settings in %s cannot be read (%s); using defaults", file, problem)
        return Settings()
    except (ValueError, RecursionError) as problem:
        _set_aside(file, problem)
        return Settings()
    return decode(
        Settings,
        content,
        warn=lambda sentence: log.warning("setting %s Using the default.", sentence),
    )


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the settings; the file changes as a whole or not at all.

    Raises SettingsError when the folder cannot be written.
    """
    file = path or settings_path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_text_file(file) as stream:
            stream.write(json_text(encode(settings), indent=2) + "\n")
    except OSError as problem:
        raise SettingsError(
            f"The settings cannot be saved in {file.parent} ({problem.strerror or problem}); "
            "check that you may write there.",
            code="unwritable",
        ) from problem


def change_settings(path: Path | None = None, **values: Any) -> None:
    """Change some settings in the file, and leave the others as any program saved them last.

    Raises SettingsError when the folder cannot be written.
    """
    file = path or settings_path()
    with _turn(file.with_suffix(".lock")):
        save_settings(replace(load_settings(file), **values), file)


@contextmanager
def _turn(lock_file: Path) -> Iterator[None]:
    """Wait until no other program changes the settings; not for long, and not where none may."""
    with ExitStack() as opened:
        with suppress(OSError):
            lock_file.parent.mkdir(parents=True, exist_ok=True)
            lock = opened.enter_context(lock_file.open("ab"))
            until_s = time.monotonic() + _TURN_S
            while not try_lock(lock) and time.monotonic() < until_s:
                time.sleep(_LOOK_S)
        yield


def _set_aside(file: Path, problem: Exception) -> None:
    aside = file.with_suffix(".broken.json")
    log.warning("the settings in %s are broken (%s); using defaults", file, problem)
    try:
        file.replace(aside)
    except OSError as trouble:
        log.warning("could not set the broken settings aside: %s", trouble)
