"""Make a Debian package from the folder that PyInstaller built.

``python packaging/build_deb.py [--folder dist/GeoGuess] [--out dist]`` needs dpkg-deb. Icons, types
of files, manual page, and the entry in the menu come along; the version is that of the program.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from man_pages import help_text, page

from geoguess_app import __version__
from geoguess_app.cli import DESCRIPTION

HERE = Path(__file__).resolve().parent
RESOURCES = HERE.parent / "resources"
ICON_PIXELS = (16, 24, 32, 48, 64, 128, 256)
_WRITTEN = {
    "geoguess.desktop": "applications/geoguess.desktop",
    "geoguess-mime.xml": "mime/packages/geoguess.xml",
    "geoguess.metainfo.xml": "metainfo/geoguess.metainfo.xml",
}


def lay_out(folder: Path, root: Path) -> None:
    """Put the program and what belongs to it where Debian wants it, under ``root``."""
    program = root / "opt" / "geoguess"
    shutil.copytree(folder, program, symlinks=True, copy_function=_link_or_copy)
    _write(root / "usr/bin/geoguess", _START)
    (root / "usr/bin/geoguess").chmod(0o755)
    share = root / "usr" / "share"
    for name, target in _WRITTEN.items():
        _write(share / target, (HERE / name).read_text(encoding="utf-8"))
    _write_icons(share / "icons" / "hicolor")
    _write_manual(share / "man" / "man1" / "geoguess.1.gz")
    notices = (RESOURCES / "THIRD_PARTY.md").read_text(encoding="utf-8")
    licence = (HERE.parent / "LICENSE").read_text(encoding="utf-8")
    _write(share / "doc" / "geoguess" / "copyright", f"{notices}\n{licence}")
    _write(root / "DEBIAN" / "control", control(root))


_START = """\
#!/bin/sh
# A command runs in the terminal; photos and models open the window.
exec /opt/geoguess/geoguess-cli "$@"
"""


def depends() -> str:
    """Qt's system libraries: those that ``.ci/system_packages`` installs for a checkout."""
    script = (HERE.parent / ".ci" / "system_packages").read_text(encoding="utf-8")
    listed = re.search(r"^wanted=\((.*?)\)", script, re.MULTILINE | re.DOTALL)
    if listed is None:
        raise SystemExit(".ci/system_packages lists no libraries (wanted=…).")
    return ", ".join(["libc6", *listed[1].split(), "libasound2t64 | libasound2"])


def control(root: Path) -> str:
    """The package's own description; its size is in KiB."""
    bytes_installed = sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
    machine = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return (
        f"Package: geoguess\nVersion: {__version__}\nArchitecture: {machine}\n"
        f"Maintainer: GeoGuess contributors <geoguess@localhost>\nSection: graphics\n"
        f"Priority: optional\nInstalled-Size: {bytes_installed // 1024}\nDepends: {depends()}\n"
        f"Description: {DESCRIPTION.rstrip('.')}\n"
        " Nothing leaves your computer; an answer is always shown as an estimate.\n"
    )


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)  # the folder holds over 1 GB
    except OSError:
        shutil.copy2(source, target)


def _write_icons(hicolor: Path) -> None:
    """The icon in every usual size, and as a drawing; Qt draws it."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication, QIcon

    app = QGuiApplication.instance() or QGuiApplication([])
    drawing = RESOURCES / "icons" / "app.svg"
    for pixels in ICON_PIXELS:
        target = hicolor / f"{pixels}x{pixels}" / "apps" / "geoguess.png"
        target.parent.mkdir(parents=True)
        if not QIcon(str(drawing)).pixmap(pixels, pixels).save(str(target)):
            raise SystemExit(f"{target} could not be drawn.")
    del app
    _write(hicolor / "scalable/apps/geoguess.svg", drawing.read_text(encoding="utf-8"))


def _write_manual(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    text = page("geoguess", help_text("geoguess_app"), DESCRIPTION)
    target.write_bytes(gzip.compress(text.encode(), mtime=0))


def build(folder: Path, out: Path) -> Path:
    """Make the package and return its path. Ends with one sentence where no folder is."""
    if not (folder / "geoguess-cli").is_file():
        raise SystemExit(f"{folder} holds no geoguess-cli; run pyinstaller pyinstaller.spec first.")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as temporary:
        root = Path(temporary) / "root"
        root.mkdir(mode=0o755)
        lay_out(folder, root)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(out)], check=True
        )
    return max(out.glob(f"geoguess_{__version__}_*.deb"), key=lambda path: path.stat().st_mtime)


def main() -> None:
    """Read the options and make the package."""
    parser = argparse.ArgumentParser(description="Make a Debian package of GeoGuess.")
    parser.add_argument("--folder", type=Path, default=Path("dist/GeoGuess"))
    parser.add_argument("--out", type=Path, default=Path("dist"))
    options = parser.parse_args()
    sys.stdout.write(f"{build(options.folder, options.out)}\n")


if __name__ == "__main__":
    main()
