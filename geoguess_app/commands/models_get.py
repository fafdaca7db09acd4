"""``geoguess models get`` and ``build-geoclip``: question, download, building."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from geoguess_app.commands.common import (
    INTERRUPTED,
    OK,
    SOME_FAILED,
    UsageError,
    print_line,
    say,
)
from geoguess_app.commands.download_shown import DownloadShown
from geoguess_app.commands.models_shown import published_lines
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.building import build
from geoguess_app.models.getting import (
    build_room_bytes,
    built_path,
    download_folder,
    fetch_offer,
)
from geoguess_app.models.offer import Offer, look_up
from geoguess_app.models.origin import ORIGIN_FILE, origin_beside
from geoguess_app.models.published import EYES, PUBLISHED, PublishedModel, PublishedVariant
from geoguess_app.models.room import free_bytes, size_text
from geoguess_app.models.web import Patience
from geoguess_app.paths import starter_bundle_dir

_LINE = 78


def get(name: str, variant_name: str | None, *, agreed: bool, keep_files: bool) -> int:
    """Ask, fetch, build; returns the exit status. Raises UsageError."""
    model, variant = _chosen(name, variant_name)
    if built_path(model, variant).exists():
        say(f"{model.title} ({variant.name}) is already here: {built_path(model, variant)}")
        return OK
    for line in _proposal(model, variant):
        print_line(line)
    if not agreed and not _agrees(f"Connect to {_hosts(variant)} and download?"):
        return SOME_FAILED
    with _interruptible() as cancel:
        try:
            return _get(model, variant, cancel, agreed=agreed, keep_files=keep_files)
        except GeoGuessError as problem:
            if cancel.cancelled:
                return _cancelled()
            say(str(problem))
            return SOME_FAILED


def build_from_folder(source: Path, gallery: Path | None, target: Path | None) -> int:
    """Build GeoCLIP from files that are there; returns the exit status. Raises GeoGuessError."""
    if not source.is_dir():
        raise UsageError(f"{source}: there is no such folder.")
    if gallery is not None and not gallery.is_file():
        raise UsageError(f"{gallery}: there is no such file.")
    place = target or models_dir() / "geoclip.geomodel"
    if place.exists() and target is None:
        raise UsageError(f"{place} exists already; name another with --to.")
    place.parent.mkdir(parents=True, exist_ok=True)
    with _interruptible() as cancel:
        try:
            with _steps() as report:
                built = build(
                    "geoclip", source, place, gallery=gallery, report=report, cancel=cancel
                )
        except GeoGuessError:
            if not cancel.cancelled:
                raise
            return INTERRUPTED
    print_line(f"Built {built}")
    _say_next(built)
    return OK


def _chosen(name: str, variant_name: str | None) -> tuple[PublishedModel, PublishedVariant]:
    known = {**PUBLISHED, **EYES}
    model = known.get(name)
    if model is None:
        raise UsageError(f"no published model is called {name!r}; there are: {', '.join(known)}.")
    variant = model.variant(variant_name)
    if variant is None:
        names = ", ".join(v.name for v in model.variants)
        raise UsageError(f"{model.title} has no variant {variant_name!r}; there are: {names}.")
    return model, variant


def _proposal(model: PublishedModel, variant: PublishedVariant) -> Iterator[str]:
    """Everything that one must know to agree."""
    yield from published_lines(model)
    yield ""
    yield f"To be fetched for {variant.name}:"
    for source in variant.sources:
        yield f"  from {source.base}/{source.place} (licence {source.licence}):"
        for file in source.files:
            part = ", only the tensors that are needed" if file.tensors else ""
            yield f"    {file.names[0]}, about {size_text(file.about_bytes)}{part}"
    folder = models_dir()
    needed = size_text(variant.about_bytes + build_room_bytes(variant))
    yield (
        f"Room: {needed} in {folder} while the model is built, about half of it afterwards; "
        f"{size_text(free_bytes(folder))} are free."
    )
    yield "No photo is sent. The host sees this computer's address and which files it asks for."


def _hosts(variant: PublishedVariant) -> str:
    return " and ".join(variant.hosts)


def _agrees(question: str) -> bool:
    """Ask at the terminal; raises UsageError without one."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("nothing was fetched: without a terminal, agree with --yes.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    say("nothing was fetched.")
    return False


def _get(
    model: PublishedModel,
    variant: PublishedVariant,
    cancel: CancelToken,
    *,
    agreed: bool,
    keep_files: bool,
) -> int:
    folder = download_folder(model, variant)
    offer = look_up(variant, folder, cancel, Patience())
    if offer is None:
        return _cancelled()
    _show_offer(offer)
    surprises = list(offer.surprises())
    for sentence in surprises:
        say(sentence)
    if surprises and not _agrees_again(agreed):
        return SOME_FAILED
    with DownloadShown(offer.variant.hosts) as shown:
        for progress in fetch_offer(model, offer, folder, cancel=cancel):
            shown.show(progress)
    if cancel.cancelled:
        return _cancelled()
    return _build(model, variant, folder, cancel, keep_files=keep_files)


def _agrees_again(agreed: bool) -> bool:
    if agreed and not sys.stdin.isatty():
        say("this is not what --yes agreed to; run the command at a terminal to decide.")
        return False
    return _agrees("Download all the same?")


def _show_offer(offer: Offer) -> None:
    for source in offer.sources:
        commit = f", commit {source.revision}" if source.revision else ""
        licence = source.licence_word or f"{source.published.licence} (the host names none)"
        print_line(f"{source.address}{commit}, licence: {licence}, {size_text(source.size_bytes)}")


def _build(
    model: PublishedModel,
    variant: PublishedVariant,
    folder: Path,
    cancel: CancelToken,
    *,
    keep_files: bool,
) -> int:
    target = built_path(model, variant)
    try:
        with _steps() as report:
            build(model.builder, folder, target, gallery=None, report=report, cancel=cancel)
    except GeoGuessError:
        if not cancel.cancelled:
            say(f"what was fetched stays in {folder}; delete that folder to fetch it anew.")
        raise
    if cancel.cancelled:
        return _cancelled()
    shutil.copyfile(folder / ORIGIN_FILE, origin_beside(target))
    if not keep_files:
        shutil.rmtree(folder)
    print_line(f"{model.title} is here: {target}")
    if model.builder == "geoclip":
        _say_next(target)
    if model.builder == "dinov2":
        print_line("To look at your reference photos with it: geoguess references update")
    return OK


def _say_next(model: Path) -> None:
    name = model.stem if model.parent == models_dir() else model
    print_line(f"To use it: geoguess models use {name}")
    print_line(
        "Its confidences and radii are what was published, on average. To fit them to your own "
        f"located photos, 300 or more: geoguess-train calibrate {model} --photos FOLDER"
    )
    print_line(
        "It knows regions, the starter sights. To let both answer together, on the same photos: "
        f"geoguess-train ensemble {starter_bundle_dir()} {model} "
        "--photos FOLDER --out both.geomodel"
    )


@contextmanager
def _steps() -> Iterator[Callable[[str], None]]:
    """Show the steps of building: in a terminal over one another, elsewhere each kind once."""
    said: set[str] = set()
    live = sys.stderr.isatty()

    def show(line: str, end: str = "") -> None:
        sys.stderr.write(f"\r{line.ljust(_LINE)}{end}")
        sys.stderr.flush()

    def report(step: str) -> None:
        kind = step.partition(":")[0]
        if live:
            show(step)
        elif kind not in said:
            say(f"{kind} …")
        said.add(kind)

    try:
        yield report
    finally:
        if live:
            show("", "\r")


def _cancelled() -> int:
    say("cancelled; what had arrived is kept, and the same command goes on from there.")
    return INTERRUPTED


@contextmanager
def _interruptible() -> Iterator[CancelToken]:
    """Let Ctrl-C cancel in order; a second one ends the program at once."""
    cancel = CancelToken()

    def stop(number: int, frame: FrameType | None) -> None:
        if cancel.cancelled:
            raise KeyboardInterrupt
        cancel.cancel()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)
