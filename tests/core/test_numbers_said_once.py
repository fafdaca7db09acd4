"""Text for people takes distances and shares from `core.format`: no unit is written by hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import geoguess_app
import trainer

_ROOTS = tuple(Path(package.__file__).parent for package in (geoguess_app, trainer))
_FORMATTER = Path(geoguess_app.__file__).parent / "core" / "format.py"
_UNIT = r"(?:%|[ \u00a0]%|[ \u00a0](?:km|m)\b(?!/))"
_AFTER_VALUE = re.compile(_UNIT)
_IN_TEMPLATE = re.compile(r"\{\w*(?::[^{}]*)?\}" + _UNIT + r"|\{\w*:[^{}]*%\}")

_RADIUS_NAMES = ("share", "percents", "percent")
"""A radius is called by a whole number: `{share}% radius` for 80."""
_ALLOWED = {
    ("geoguess_app/core/partition/reassign.py", "km is not a valid"): "repeats what was given",
    ("geoguess_app/evaluation/accuracy/finished.py", "km apart"): "differences in late digits",
}


def _by_hand(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every number that gets its unit there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = ast.unparse(node)
            for value, after in zip(node.values, [*node.values[1:], None], strict=True):
                if not isinstance(value, ast.FormattedValue):
                    continue
                if value.format_spec is None and ast.unparse(value.value) in _RADIUS_NAMES:
                    continue
                spec = ast.unparse(value.format_spec) if value.format_spec else ""
                follows = after.value if isinstance(after, ast.Constant) else ""
                if spec.endswith("%'") or _AFTER_VALUE.match(str(follows)):
                    yield node.lineno, text
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = _IN_TEMPLATE.search(node.value)
            if found and found[0] not in {f"{{{name}}}%" for name in _RADIUS_NAMES}:
                yield node.lineno, node.value


def test_no_number_gets_its_unit_by_hand() -> None:
    found = [
        f"{name}:{line}: {text}"
        for root in _ROOTS
        for path in sorted(root.rglob("*.py"))
        if path != _FORMATTER
        for name in [path.relative_to(root.parent).as_posix()]
        for line, text in _by_hand(ast.parse(path.read_text(encoding="utf-8")))
        if not any(name == where and words in text for where, words in _ALLOWED)
    ]
    assert found == []
