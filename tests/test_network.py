"""Connections: one module of the program opens them, besides the window's map tiles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent

CONNECTING = (
    *("aiohttp", "ftplib", "http", "httpx", "huggingface_hub", "imaplib", "requests", "smtplib"),
    *("socket", "ssl", "telnetlib", "truststore", "urllib.request", "urllib3", "xmlrpc"),
)
ALLOWED = {"geoguess_app/models/web.py"}
TILES = {"geoguess_app/ui/map/tiles/online.py"}
"""Fetch map tiles from a host that the user agreed to."""


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _sources(*tops: str) -> Iterator[tuple[str, ast.Module]]:
    for top in tops:
        for file in (PROJECT / top).rglob("*.py"):
            yield file.relative_to(PROJECT).as_posix(), ast.parse(file.read_text("utf-8"))


def test_one_module_opens_connections() -> None:
    found = {
        name
        for name, tree in _sources("geoguess_app", "trainer")
        for module in _imports(tree)
        if module in CONNECTING or module.partition(".")[0] in CONNECTING
    }
    assert found == ALLOWED


def test_only_tiles_use_qts_network() -> None:
    found = {
        name
        for name, tree in _sources("geoguess_app")
        for module in _imports(tree)
        if module.endswith("QNetworkAccessManager")
    }
    assert found == TILES
