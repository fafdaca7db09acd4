"""Count what stands on what: parts, floors, arrows and knots of a package, and lines of code.

    python .ci/structure.py                        # geoguess_app, its core and ui, the trainer
    python .ci/structure.py geoguess_app.core …

A part is a module or package directly inside; an arrow from one part to another is an import of any
module in it; a floor is a part's height above those that import nothing; a knot is a set of parts
that import each other in a circle, which stands on one floor. Imports for types alone do not count.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import grimp

PACKAGES = ("geoguess_app", "geoguess_app.core", "geoguess_app.ui", "trainer")


def arrows(graph: grimp.ImportGraph, package: str) -> dict[str, set[str]]:
    """For each part of a package the parts that it imports."""
    depth = package.count(".") + 2

    def part(module: str) -> str | None:
        inside = module.startswith(f"{package}.")
        return ".".join(module.split(".")[:depth]) if inside else None

    found: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        own = part(module)
        if own is None:
            continue
        found[own] |= set()
        for imported in graph.find_modules_directly_imported_by(module):
            other = part(imported)
            if other is not None and other != own:
                found[own].add(other)
    return found


def knots(found: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    """For each part the set of those that it stands in a circle with, itself included."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for other in found[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        return seen

    reach = {name: reached(name) for name in found}
    return {
        name: frozenset({name} | {o for o in reach[name] if name in reach[o]}) for name in found
    }


def describe(graph: grimp.ImportGraph, package: str) -> str:
    """One paragraph about a package."""
    found = arrows(graph, package)
    knot_of = knots(found)

    @cache
    def floor(knot: frozenset[str]) -> int:
        below = {knot_of[other] for name in knot for other in found[name]} - {knot}
        return 1 + max(map(floor, below), default=0)

    floors = max((floor(knot) for knot in knot_of.values()), default=0)
    count = sum(len(others) for others in found.values())
    lines = [
        f"{package}: {len(found)} parts, {floors} floors, {count} arrows, {_lines(package)} lines"
    ]
    for knot in sorted({knot for knot in knot_of.values() if len(knot) > 1}, key=sorted):
        lines.append(
            "  knot: " + ", ".join(name.removeprefix(f"{package}.") for name in sorted(knot))
        )
    return "\n".join(lines)


def _lines(package: str) -> str:
    files = Path(*package.split(".")).rglob("*.py")
    return f"{sum(len(path.read_text(encoding='utf-8').splitlines()) for path in files):,}"


def main() -> None:
    """Print a paragraph for each package asked for."""
    graph = grimp.build_graph(
        "geoguess_app", "trainer", exclude_type_checking_imports=True, cache_dir=None
    )
    for package in sys.argv[1:] or PACKAGES:
        sys.stdout.write(describe(graph, package) + "\n")


if __name__ == "__main__":
    main()
