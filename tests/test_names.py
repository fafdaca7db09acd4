"""The names of the program: one class name stands for one thing, in the program and its trainer."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every source file, relative to the project, with its syntax tree."""
    for top in ("geoguess_app", "trainer"):
        for file in sorted((PROJECT / top).rglob("*.py")):
            yield file.relative_to(PROJECT), ast.parse(file.read_text(encoding="utf-8"))


def test_a_class_name_is_found_once() -> None:
    found = defaultdict(list)
    for file, tree in sources():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(str(file))
    twice = {name: files for name, files in found.items() if len(files) > 1}
    assert not twice, twice
