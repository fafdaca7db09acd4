"""Connections: one module of the program opens them, besides the window's map tiles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.test_names import sources

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


@cache
def _imported() -> dict[str, set[str]]:
    """The modules that every file of the program and the trainer imports, by the file's name."""
    return {file.as_posix(): set(_imports(tree)) for file, tree in sources()}


def test_one_module_opens_connections() -> None:
    found = {
        name
        for name, modules in _imported().items()
        if any(module in CONNECTING or module.partition(".")[0] in CONNECTING for module in modules)
    }
    assert found == ALLOWED


def test_only_tiles_use_qts_network() -> None:
    found = {
        name
        for name, modules in _imported().items()
        if any(module.endswith("QNetworkAccessManager") for module in modules)
    }
    assert found == TILES
