"""The pages for people: their links lead somewhere, and the files that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "trainer/**/*.md", "resources/*.md", "tests/data/*.md")
    for page in PROJECT.glob(pattern)
)
ROOTS = (
    *(PROJECT, PROJECT / "geoguess_app", PROJECT / "trainer", PROJECT / "resources"),
    PROJECT / "docs",
)
"""Where a page may count a file's name from."""
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_OURS = re.compile(
    r"[\w./-]+/[\w.-]+\.(?:py|toml|md|js|spec|css|html)|(?:geoguess_app|trainer)/[\w/.-]+"
)
_BARE = re.compile(r"\w+\.py")
_HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)


def _anchor(heading: str) -> str:
    """The name under which code hosts link to a heading."""
    plain = re.sub(r"[^\w\s-]", "", heading.strip().lower())
    return re.sub(r"\s", "-", plain)


def _broken_links(page: Path) -> list[str]:
    broken = []
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            broken.append(target)
        elif anchor and file.suffix == ".md":
            headings = _HEADING.findall(file.read_text(encoding="utf-8"))
            if anchor not in map(_anchor, headings):
                broken.append(target)
    return broken


def _missing_files(page: Path) -> list[str]:
    """File names in code that look like this project's and are not there."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    missing = []
    for code in _CODE.findall(text):
        name = code.strip().removesuffix("/")
        if _BARE.fullmatch(name) and not list(PROJECT.glob(f"[!.]*/**/{name}")):
            missing.append(code)
        if not _OURS.fullmatch(name) or name.startswith("/"):
            continue
        if not any((root / name).exists() for root in (*ROOTS, page.parent)):
            missing.append(code)
    return missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_and_file_names_of_a_page_hold(page: Path) -> None:
    assert not _broken_links(page)
    assert not _missing_files(page)


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [PROJECT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            file = (page.parent / target.partition("#")[0]).resolve()
            if file.suffix == ".md" and file.exists():
                waiting.append(file)
    documents = {page for page in PAGES if page.is_relative_to(PROJECT / "docs")}
    assert not documents - reached
