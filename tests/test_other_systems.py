"""What keeps the program from running on Windows and macOS, as far as its text shows it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from geoguess_app import __version__

PROJECT = Path(__file__).parent.parent
ONLY_POSIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "syslog"}
ONLY_POSIX_CALLS = {
    "fork",
    "forkpty",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getpgid",
    "setsid",
    "setpgid",
    "killpg",
    "mkfifo",
    "mknod",
    "chown",
    "lchown",
    "fchown",
    "nice",
    "sched_getaffinity",
    "getxattr",
    "setxattr",
    "listxattr",
    "removexattr",
    "statvfs",
    "register_at_fork",
    "getloadavg",
    "wait3",
    "wait4",
    "pread",
    "pwrite",
    "sync",
    "SIGKILL",
    "SIGHUP",
    "SIGALRM",
    "SIGUSR1",
}
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"com{n}" for n in range(1, 10)),
    *(f"lpt{n}" for n in range(1, 10)),
}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for top in ("geoguess_app", "trainer"):
        for file in sorted((PROJECT / top).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def guarded_lines(tree: ast.Module) -> set[int]:
    """Lines under a test of the system, or where the lack of a call is caught."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp | ast.BoolOp):
            words = ast.unparse(node.test if not isinstance(node, ast.BoolOp) else node)
            guards = re.search(r"hasattr\(|sys\.platform|os\.name", words)
        elif isinstance(node, ast.Try):
            caught = " ".join(ast.unparse(h.type) for h in node.handlers if h.type is not None)
            guards = re.search(r"AttributeError|ImportError", caught)
        else:
            continue
        if guards:
            lines |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def posix_only(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(name.name in ONLY_POSIX_MODULES for name in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module in ONLY_POSIX_MODULES
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ONLY_POSIX_CALLS
        and isinstance(node.value, ast.Name)
        and node.value.id in ("os", "signal")
    )


def test_what_only_some_systems_have_is_asked_for_first() -> None:
    found = []
    for file, tree in sources():
        guarded = guarded_lines(tree)
        found += [
            f"{file.relative_to(PROJECT)}:{node.lineno}"  # type: ignore[attr-defined]
            for node in ast.walk(tree)
            if posix_only(node) and node.lineno not in guarded  # type: ignore[attr-defined]
        ]
    assert found == []


def test_an_unguarded_call_would_be_found() -> None:
    tree = ast.parse("import os\nos.fork()\nif hasattr(os, 'nice'):\n    os.nice(5)\n")
    found = [n.lineno for n in ast.walk(tree) if posix_only(n)]  # type: ignore[attr-defined]
    assert [line for line in found if line not in guarded_lines(tree)] == [2]


def test_no_command_goes_through_a_shell() -> None:
    found = []
    for file, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                shell = any(k.arg == "shell" for k in node.keywords)
                if shell or ast.unparse(node.func) in ("os.system", "os.popen"):
                    found.append(f"{file.relative_to(PROJECT)}:{node.lineno}")
    assert found == []


def test_text_files_are_opened_with_their_encoding() -> None:
    """Windows would take the encoding of its language."""
    found = []
    for file, tree in sources():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            named = {keyword.arg for keyword in node.keywords}
            if node.func.attr == "read_text" and not (node.args or "encoding" in named):
                found.append(f"{file.relative_to(PROJECT)}:{node.lineno}")
            if node.func.attr == "write_text" and "encoding" not in named and len(node.args) < 2:
                found.append(f"{file.relative_to(PROJECT)}:{node.lineno}")
    assert found == []


def test_file_names_of_the_repository_suit_every_system() -> None:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, encoding="utf-8", check=True
    )
    names = [name for name in done.stdout.split("\0") if name]
    assert len(names) > 500
    twice = [name for name, count in Counter(n.casefold() for n in names).items() if count > 1]
    assert twice == []
    parts = {part for name in names for part in name.split("/")}
    unfit = {p for p in parts if re.search(r'[<>:"|?*\\\x00-\x1f]|[ .]$', p)}
    unfit |= {p for p in parts if p.split(".")[0].lower() in RESERVED}
    assert unfit == set()


def test_the_version_stands_in_one_place() -> None:
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'version = { attr = "geoguess_app.__version__" }' in project
    assert not re.search(r'^version = "', project, re.MULTILINE)
    said = f'"{__version__}"'
    files = [f for top in ("geoguess_app", "packaging") for f in (PROJECT / top).rglob("*.py")]
    stated = [
        f
        for f in [*files, PROJECT / "pyinstaller.spec"]
        if f"__version__ = {said}" in f.read_text(encoding="utf-8")
    ]
    assert stated == [PROJECT / "geoguess_app" / "__init__.py"]
