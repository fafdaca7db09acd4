"""The cache of the built map page between starts: importing folium takes a second of every
start."""

from __future__ import annotations

import hashlib
import logging
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from geoguess_app import __version__
from geoguess_app.files.atomic import atomic_text_file
from geoguess_app.paths import cache_dir
from geoguess_app.ui.map import builder

log = logging.getLogger(__name__)


def map_page() -> str:
    """The map page, from the cache if the same versions have built it from the same recipe."""
    file = cache_dir() / f"map-{_key()}.html"
    try:
        html = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        html = ""
    if html.endswith("</html>"):
        return html
    html = builder.build_page()
    _keep(file, html)
    return html


def _key() -> str:
    parts = [__version__, _version("folium"), _version("branca"), repr(builder.RECIPE)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a frozen program carries no metadata, but has one version only
        return ""


def _keep(file: Path, html: str) -> None:
    """Put the page in place in one step; pages of other versions go. A full disk is no harm."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_text_file(file) as stream:
            stream.write(html)
        for old in file.parent.glob("map-*.html"):
            if old != file:
                old.unlink()
    except OSError as error:
        log.info("the map page could not be kept for the next start: %s", error)
