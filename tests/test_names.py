"""The names of the program and its docstrings: what they are called, and how they begin."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parent.parent

PRONOUNS = frozenset(
    [
        "What",
        "Where",
        "How",
        "Why",
        "Which",
        "Whether",
        "When",
        "Who",
        "Whose",
        "It",
        "This",
        "That",
        "These",
        "Those",
        "Everything",
        "Something",
        "Nothing",
        "Nobody",
        "Anything",
        "Another",
        "Its",
        "There",
        "Both",
        "Other",
        "Everybody",
        "Somebody",
        "They",
        "He",
    ]
)
"""Words that a docstring must not begin with: they stand for the thing that it should name."""
OTHER_WORDS = frozenset(
    [
        "As",
        "For",
        "Of",
        "From",
        "With",
        "In",
        "Between",
        "By",
        "At",
        "Under",
        "Per",
        "So",
        "Not",
        "Before",
        "After",
        "About",
        "On",
        "Into",
        "Until",
        "If",
        "Also",
        "Again",
        "Is",
        "Does",
        "True",
        "False",
        "Such",
        "Yields",
        "Returns",
        "Gives",
        "Shows",
        "Writes",
        "Reads",
        "Makes",
        "Keeps",
        "Holds",
        "Says",
        "Takes",
        "Finds",
        "Adds",
        "Draws",
        "Builds",
    ]
)
"""Prepositions, and verbs in another form than the imperative."""


@cache
def sources() -> list[tuple[Path, ast.Module]]:
    """List every source file, relative to the project, with its syntax tree."""
    return [
        (file.relative_to(PROJECT), ast.parse(file.read_text(encoding="utf-8")))
        for top in ("geoguess_app", "trainer")
        for file in sorted((PROJECT / top).rglob("*.py"))
    ]


def public_docstrings() -> Iterator[tuple[str, str]]:
    """Yield place and docstring of each module, and of its public functions, classes, methods."""

    def below(
        node: ast.Module | ast.ClassDef, file: Path, inside: str
    ) -> Iterator[tuple[str, str]]:
        text = ast.get_docstring(node)
        if text:
            yield f"{file} {inside}", text
        for child in node.body:
            if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
                yield from below(child, file, f"{inside}.{child.name}")
            elif isinstance(child, ast.FunctionDef) and not child.name.startswith("_"):
                text = ast.get_docstring(child)
                if text:
                    yield f"{file} {inside}.{child.name}", text

    for file, tree in sources():
        yield from below(tree, file, "")


def test_a_class_name_is_found_once() -> None:
    found = defaultdict(list)
    for file, tree in sources():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(str(file))
    twice = {name: files for name, files in found.items() if len(files) > 1}
    assert not twice, twice


def test_docstrings_begin_with_a_noun_or_an_imperative() -> None:
    wrong = [
        f"{place}: {text.splitlines()[0]}"
        for place, text in public_docstrings()
        if text.split()[0].strip(".,:;") in PRONOUNS | OTHER_WORDS
    ]
    assert not wrong, "\n".join(wrong)


def test_docstrings_say_more_than_three_words() -> None:
    wrong = [f"{place}: {text}" for place, text in public_docstrings() if len(text.split()) <= 3]
    assert not wrong, "\n".join(wrong)


def test_docstrings_mark_code_with_double_backticks() -> None:
    wrong = [
        f"{file}:{node.lineno}"
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and re.search(r"(?<!`)`[^`\n]+`(?!`)", node.value.value)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_logger_has_one_name() -> None:
    wrong = [
        f"{file}:{node.lineno}"
        for file, tree in sources()
        for node in tree.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.value) == "logging.getLogger(__name__)"
        and ast.unparse(node.targets[0]) != "log"
    ]
    assert not wrong, "\n".join(wrong)
