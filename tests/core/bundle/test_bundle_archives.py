"""A stranger's folder or archive: nothing is followed, unpacked or written outside."""

from __future__ import annotations

import os
import shutil
import stat
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.errors import BundleError
from tests.core.hostile import (
    BASE,
    FINE,
    Files,
    good_files,
    peak_growth_mb,
    relisted,
    save_folder,
    save_zip,
    sentence,
)


@pytest.fixture(scope="module")
def good() -> Files:
    """A sound bundle's files."""
    return good_files()


# --- folders -----------------------------------------------------------------------------------


def test_links_in_a_folder_are_not_followed(tmp_path: Path, good: Files) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(good[FINE])
    folder = save_folder(good, tmp_path / "b")
    (folder / FINE).unlink()
    (folder / FINE).symlink_to(secret)
    assert f'"{FINE}" is a link' in sentence(folder)
    (folder / FINE).unlink()
    (folder / FINE).symlink_to("coarse.csv")
    assert "is a link" in sentence(folder)
    other = save_folder(good, tmp_path / "c")
    shutil.move(other / "weights", tmp_path / "weights")
    (other / "weights").symlink_to(tmp_path / "weights", target_is_directory=True)
    assert '"weights" is a link' in sentence(other)


def test_a_file_swapped_for_a_link_or_pipe_after_listing_is_not_followed(
    tmp_path: Path, good: Files
) -> None:
    bundle = open_bundle(save_folder(good, tmp_path / "b"))
    shutil.copy(bundle.path / BASE, tmp_path / "copy")
    (bundle.path / BASE).unlink()
    (bundle.path / BASE).symlink_to(tmp_path / "copy")
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.tensors(BASE)
    (bundle.path / BASE).unlink()
    os.mkfifo(bundle.path / BASE)
    with pytest.raises(BundleError, match="is not an ordinary file"):
        bundle.tensors(BASE)


def test_odd_files_in_a_folder_are_refused(tmp_path: Path, good: Files) -> None:
    pipe = save_folder(good, tmp_path / "pipe")
    os.mkfifo(pipe / "pipe.md")
    assert "is not an ordinary file" in sentence(pipe)
    many = save_folder(good, tmp_path / "many")
    for number in range(300):
        (many / f"{number}.md").touch()
    assert "more than 256 files" in sentence(many)
    deep = save_folder(good, tmp_path / "deep")
    (deep / "a/b/c/d/e/f").mkdir(parents=True)
    assert "folders nested too deeply" in sentence(deep)
    wide = save_folder(good, tmp_path / "wide")
    for number in range(300):
        (wide / f"d{number}").mkdir()
    assert "more than 256 files" in sentence(wide)
    odd = save_folder(good, tmp_path / "odd")
    (odd / os.fsdecode(b"b\xff.md")).touch()
    assert "is not a plain relative path" in sentence(odd)
    case = save_folder({**good, "CARD.md": b""}, tmp_path / "case")
    assert "appears twice" in sentence(case)


def test_a_file_without_permission_is_said(tmp_path: Path, good: Files) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    folder = save_folder(good, tmp_path / "b")
    (folder / BASE).chmod(0)
    assert f"{BASE} cannot be read (Permission denied)" in sentence(folder)


def test_the_path_itself_may_be_odd(tmp_path: Path) -> None:
    line = tmp_path / "two\nlines\x1b[31m"
    line.write_bytes(b"")
    with pytest.raises(BundleError) as caught:
        open_bundle(line)
    assert str(caught.value).isprintable()
    with pytest.raises(BundleError, match="no such file"):
        open_bundle("nul\0l")
    device = Path(os.devnull)
    assert "no such file" in sentence(device)


# --- archives ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../evil.csv",
        "weights/../../evil.csv",
        "/tmp/evil.csv",
        "C:/evil.csv",
        "C:\\evil.csv",
        "weights\\evil.csv",
        "..\\evil.csv",
        "evil.csv\0.png",
        "./evil.csv",
        "//host/evil.csv",
        "weights/evil.pth",
        "evil.sh",
        "BUNDLE.JSON",
        "evil/",
        "../evil/",
        "\udcff.csv",
    ],
)
def test_no_name_in_an_archive_leads_outside(tmp_path: Path, good: Files, name: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    archive = inner / "b.geomodel"
    with zipfile.ZipFile(archive, "w") as writer:
        for file, data in good.items():
            writer.writestr(file, data)
        # A placeholder of the same length, since zipfile will not write the name itself.
        wanted = name.encode("utf-8", "surrogateescape")
        stand_in = b"x" * (len(wanted) - 1) + (b"/" if name.endswith("/") else b"x")
        info = zipfile.ZipInfo(stand_in.decode())
        writer.writestr(info, b"" if name == "evil/" else b"evil")
    data = archive.read_bytes()
    archive.write_bytes(data.replace(stand_in, wanted))
    before = sorted(p.name for p in tmp_path.rglob("*"))
    if name == "evil/":
        open_bundle(archive)  # an empty folder harms nobody
    else:
        sentence(archive)
    assert sorted(p.name for p in tmp_path.rglob("*")) == before
    assert not Path("/tmp/evil.csv").exists()


def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path, good: Files) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR):
        path = tmp_path / f"{kind}.geomodel"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in good.items():
                info = zipfile.ZipInfo(name)
                info.create_system = 3
                info.external_attr = ((kind if name == FINE else stat.S_IFREG) | 0o644) << 16
                archive.writestr(info, b"/etc/passwd" if name == FINE else data)
        assert f'"{FINE}" is a link or device' in sentence(path)


def test_an_entry_that_is_there_twice_is_refused(tmp_path: Path, good: Files) -> None:
    path = save_zip(good, tmp_path / "b.geomodel")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(FINE, good[FINE])
    assert f"the file {FINE} appears twice" in sentence(path)
    for other in ("PARTITIONS/fine.csv", "partitions/FINE.csv", "card.md/fine.csv"):
        clash = save_zip({**good, other: b""}, tmp_path / "c.geomodel")
        assert "appears twice" in sentence(clash)


def test_an_encrypted_archive_is_refused(tmp_path: Path, good: Files) -> None:
    path = save_zip(good, tmp_path / "b.geomodel")
    data = bytearray(path.read_bytes())
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1  # the flag in the central directory
    data[6] |= 1  # and in the first file's own header
    path.write_bytes(data)
    assert "is encrypted" in sentence(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(tmp_path: Path, good: Files, method: int) -> None:
    path = save_zip(good, tmp_path / "b.geomodel", method)
    assert "uses an unsupported compression method" in sentence(path)


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path, good: Files) -> None:
    zeros = bytes(64 << 20)
    files = relisted({**good, BASE: zeros})
    path = save_zip(files, tmp_path / "b.geomodel", zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 20
    started = time.perf_counter()
    assert "would unpack to" in sentence(path)
    assert time.perf_counter() - started < 10


@pytest.mark.long
def test_a_bomb_that_lies_about_its_size_unpacks_no_further(tmp_path: Path, good: Files) -> None:
    """Declared 1,000 bytes, holding 200 MB: reading stops at what is declared."""
    lying = tmp_path / "b.geomodel"
    packed = zlib.compress(bytes(200 << 20), 9)[2:-4]
    with zipfile.ZipFile(lying, "w") as archive:
        for name, data in good.items():
            archive.writestr(name, packed if name == FINE else data)
    data = bytearray(lying.read_bytes())
    for signature, method, size, length, start in (
        (b"PK\x03\x04", 8, 22, 26, 30),
        (b"PK\x01\x02", 10, 24, 28, 46),
    ):
        place = data.find(signature)
        while place >= 0:
            count = int.from_bytes(data[place + length : place + length + 2], "little")
            if data[place + start : place + start + count] == FINE.encode():
                data[place + method : place + method + 2] = b"\x08\0"
                data[place + size : place + size + 4] = (1000).to_bytes(4, "little")
            place = data.find(signature, place + 4)
    lying.write_bytes(data)
    assert peak_growth_mb(lying) < 60
    assert FINE in sentence(lying)


@pytest.mark.long
def test_an_archive_of_a_hundred_thousand_files_is_refused_at_once(
    tmp_path: Path, good: Files
) -> None:
    path = tmp_path / "b.geomodel"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in good.items():
            archive.writestr(name, data)
        for number in range(70_000):  # beyond 65,535 the directory is zip64
            archive.writestr(f"n{number}.md", b"")
    started = time.perf_counter()
    assert "more than 256 files" in sentence(path)
    assert time.perf_counter() - started < 10
    few = save_zip({**good, **{f"n{i}.md": b"" for i in range(600)}}, tmp_path / "c.geomodel")
    assert "more than 256 files" in sentence(few)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\x80\x04.", b"GIF89a", bytes(5000)],
)
def test_files_that_are_no_archive(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "b.geomodel"
    path.write_bytes(data)
    assert "it is damaged, or not a GeoGuess model" in sentence(path)


def test_other_peoples_archives_are_no_model(tmp_path: Path) -> None:
    assert "not a plain relative path" in sentence(
        save_zip({"[Content_Types].xml": b""}, tmp_path / "b.docx")
    )
    assert "contains no bundle.json" in sentence(save_zip({"a.txt": b""}, tmp_path / "c.zip"))


def test_a_model_from_the_future_says_so(tmp_path: Path, good: Files) -> None:
    future = relisted({**good, "extra.md": b""}, format_version=3)
    message = sentence(save_folder(future, tmp_path / "b"))
    assert "newer version of GeoGuess" in message
    strange = {"bundle.json": b'{"format": "geoguess-bundle", "format_version": 3, "x": [1]}'}
    assert "newer version of GeoGuess" in sentence(save_zip(strange, tmp_path / "c.geomodel"))
