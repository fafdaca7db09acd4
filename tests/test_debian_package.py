"""The Debian package, made from a stand-in for the folder that PyInstaller builds."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from geoguess_app import __version__
from geoguess_app.ui.views.view_file import SUFFIX as VIEW_SUFFIX

PROJECT = Path(__file__).parent.parent
STAND_IN = '#!/bin/sh\nprintf "%s\\n" "$@"\n'


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the package would put on a machine."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not here")
    place = tmp_path_factory.mktemp("deb")
    folder = place / "GeoGuess"
    folder.mkdir()
    for name in ("GeoGuess", "geoguess-cli"):
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)
    script = str(PROJECT / "packaging" / "build_deb.py")
    subprocess.run(
        [sys.executable, script, "--folder", str(folder), "--out", str(place)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        cwd=place,
        check=True,
        timeout=120,
    )
    (package,) = place.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", str(package), str(place / "root")], check=True)
    version = subprocess.run(
        ["dpkg-deb", "-f", str(package), "Version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.strip() == __version__
    return place / "root"


def test_every_file_is_where_a_desktop_looks_for_it(installed: Path) -> None:
    share = installed / "usr" / "share"
    for size in (16, 48, 256):
        icon = share / f"icons/hicolor/{size}x{size}/apps/geoguess.png"
        assert icon.read_bytes().startswith(b"\x89PNG")
    assert (share / "man/man1/geoguess.1.gz").is_file()
    assert "GeoNames" in (share / "doc/geoguess/copyright").read_text(encoding="utf-8")
    assert os.access(installed / "opt/geoguess/geoguess-cli", os.X_OK)
    assert os.access(installed / "usr/bin/geoguess", os.X_OK)


def test_own_files_have_types_that_the_program_opens(installed: Path) -> None:
    share = installed / "usr" / "share"
    desktop = configparser.ConfigParser(interpolation=None)
    desktop.read(share / "applications/geoguess.desktop", encoding="utf-8")
    entry = desktop["Desktop Entry"]
    assert entry["Exec"] == "geoguess %F"
    name = "{http://www.freedesktop.org/standards/shared-mime-info}"
    types = ET.parse(share / "mime/packages/geoguess.xml").getroot().findall(f"{name}mime-type")
    patterns = {t.find(f"{name}glob").attrib["pattern"]: t.attrib["type"] for t in types}  # type: ignore[union-attr]
    assert set(patterns) == {"*.geomodel", f"*{VIEW_SUFFIX}"}
    assert set(patterns.values()) <= set(entry["MimeType"].split(";"))
