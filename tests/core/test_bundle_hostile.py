"""A stranger's bundle: refused in one sentence, nothing executed, nothing written."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import resource
import shutil
import stat
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.errors import BundleError
from geoguess_app.core.tensor_file import read_tensors, tensor_bytes
from tests.core.tiny_bundle import shared_parts

Files = dict[str, bytes]
BASE = "weights/base.safetensors"
BANK = "weights/bank.safetensors"
TRUNK = "weights/trunk.safetensors"
FINE = "partitions/fine.csv"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A sound bundle's files."""
    parts = shared_parts()
    folder = tmp_path_factory.mktemp("good") / "tiny"
    write_bundle(folder, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def sentence(path: Path) -> str:
    """Open the bundle, which must be refused; what is said."""
    with pytest.raises(BundleError) as caught:
        open_bundle(path)
    message = str(caught.value)
    assert message.startswith(f"The model {json.dumps(path.name)} cannot be used: ")
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message
    assert len(message) < 500
    assert caught.value.code
    return message


def relisted(files: Files, **changes: Any) -> Files:
    """With hashes in bundle.json that fit, so that deeper checks are reached."""
    manifest = json.loads(files["bundle.json"])
    manifest.update(changes)
    others = {name: data for name, data in files.items() if name != "bundle.json"}
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in others.items()}
    return {**others, "bundle.json": json.dumps(manifest).encode()}


def save_folder(files: Files, folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def save_zip(files: Files, path: Path, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def edit_tensors(data: bytes, edit: Callable[[dict[str, np.ndarray]], None]) -> bytes:
    arrays = {name: array.copy() for name, array in read_tensors(data, "x").items()}
    edit(arrays)
    return tensor_bytes(arrays)


# --- files that differ from what was promised --------------------------------------------------


@pytest.mark.parametrize("name", [BASE, BANK, TRUNK, FINE, "card.md"])
def test_a_changed_file_is_named(tmp_path: Path, good: Files, name: str) -> None:
    data = bytearray(good[name])
    data[len(data) // 2] ^= 1
    for path in (
        save_folder({**good, name: bytes(data)}, tmp_path / "b"),
        save_zip({**good, name: bytes(data)}, tmp_path / "b.geomodel"),
    ):
        assert f"{name} is not the file that bundle.json describes" in sentence(path)


@pytest.mark.parametrize("name", [BASE, FINE, "card.md", "bundle.json"])
def test_a_truncated_file_is_refused(tmp_path: Path, good: Files, name: str) -> None:
    for keep in (0, 1, len(good[name]) // 2, len(good[name]) - 1):
        files = {**good, name: good[name][:keep]}
        if keep == len(good[name]) - 1 and name == "bundle.json":
            continue  # only the last line break is gone
        assert name in sentence(save_folder(files, tmp_path / f"b{keep}"))


def test_missing_and_unlisted_files_are_named(tmp_path: Path, good: Files) -> None:
    without = {name: data for name, data in good.items() if name != BASE}
    assert f"the file {BASE} is missing" in sentence(save_folder(without, tmp_path / "a"))
    more = {**good, "weights/more.safetensors": good[BASE]}
    assert "weights/more.safetensors is not listed" in sentence(save_folder(more, tmp_path / "b"))
    assert "weights/more.safetensors is not listed" in sentence(save_zip(more, tmp_path / "c.zip"))
    empty = {"card.md": b""}
    assert "it holds no bundle.json" in sentence(save_folder(empty, tmp_path / "d"))
    assert "no such file or folder" in sentence(tmp_path / "nowhere")


# --- weights -----------------------------------------------------------------------------------


def header(value: object, data: bytes = b"") -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(shape: object, start: object, stop: object, dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


BROKEN_TENSORS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "ends before its header"),
    "short": (b"\0\0\0", "ends before its header"),
    "header length beyond the file": (struct.pack("<Q", 1000) + b"{}", "ends inside its header"),
    "huge header length": (struct.pack("<Q", 2**63) + b"{}", "its header claims"),
    "no json": (header(b"not json"), "header is not valid JSON"),
    "not utf-8": (header(b'{"\xff": 1}'), "header is not valid JSON"),
    "deep json": (header(b"[" * 100_000), "header is not valid JSON"),
    "list": (header([1]), "header is not an object"),
    "too many": (header({f"t{i}": 1 for i in range(10_001)}), "at most 10000 tensors"),
    "key twice": (header(b'{"a": 1, "a": 2}'), "names a key twice"),
    "odd name": (header({"a/../b": entry([1], 0, 4)}, b"0000"), "unusable tensor name"),
    "no tensor": (header({"a": 3}), "entry for a is not a tensor's"),
    "unknown key": (header({"a": {**entry([1], 0, 4), "x": 1}}), "entry for a is not a tensor's"),
    "unknown type": (header({"a": entry([1], 0, 2, "BF16")}, b"00"), "a has a type other than"),
    "object type": (header({"a": entry([1], 0, 8, "O")}, b"0" * 8), "a has a type other than"),
    "type list": (header({"a": entry([1], 0, 4, ["F32"])}, b"0" * 4), "a has a type other than"),
    "huge shape": (header({"a": entry([10**9, 10**9], 0, 4)}, b"0000"), "a declares a shape"),
    "overflowing shape": (header({"a": entry([2**32, 2**32], 0, 0)}), "a declares a shape"),
    "endless shape": (header({"a": entry([10**30], 0, 4)}, b"0000"), "an impossible shape"),
    "negative shape": (header({"a": entry([-1], 0, 4)}, b"0000"), "an impossible shape"),
    "fractional shape": (header({"a": entry([1.0], 0, 4)}, b"0000"), "an impossible shape"),
    "true shape": (header({"a": entry([True], 0, 4)}, b"0000"), "an impossible shape"),
    "no values": (header({"a": entry([0], 0, 0)}), "an impossible shape"),
    "many dimensions": (header({"a": entry([1] * 9, 0, 4)}, b"0000"), "an impossible shape"),
    "offsets": (header({"a": entry([1], 0, "4")}, b"0000"), "impossible offsets"),
    "hole": (header({"a": entry([1], 4, 8)}, b"0" * 8), "do not follow"),
    "overlap": (
        header({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, b"0000"),
        "do not follow",
    ),
    "data missing": (
        header({"a": entry([2], 0, 8)}, b"0000"),
        "need 8 bytes of data, but it holds",
    ),
    "data left over": (header({"a": entry([1], 0, 4)}, b"0" * 9), "need 4 bytes of data"),
    "pickle": (pickle.dumps({"a": [1, 2]}), "is a pickle under another name"),
    "old pickle": (pickle.dumps({"a": 1}, protocol=0), "is a pickle under another name"),
}


@pytest.mark.parametrize("case", BROKEN_TENSORS)
def test_broken_weights_are_refused(tmp_path: Path, good: Files, case: str) -> None:
    data, words = BROKEN_TENSORS[case]
    message = sentence(save_folder(relisted({**good, BASE: data}), tmp_path / "b"))
    assert BASE in message
    assert words in message


def test_a_torch_checkpoint_under_another_name_is_refused(tmp_path: Path, good: Files) -> None:
    import torch

    stream = io.BytesIO()
    torch.save({"weight": torch.zeros(2)}, stream)
    for old in (False, True):
        torch.save({"weight": torch.zeros(2)}, stream, _use_new_zipfile_serialization=not old)
        files = relisted({**good, BASE: stream.getvalue()})
        assert "is a pickle under another name" in sentence(save_folder(files, tmp_path / str(old)))


class Bomb:
    """A pickle that leaves a trace when it is loaded."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, ("pickle-was-here",)


@pytest.mark.parametrize("name", [BASE, "weights/evil.pt", "weights/evil.pkl", "weights/evil.npy"])
def test_pickles_are_never_loaded(
    tmp_path: Path, good: Files, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {**good, name: pickle.dumps(Bomb())}
    for path in (
        save_folder(relisted(files), tmp_path / "listed"),
        save_folder(files, tmp_path / "unlisted"),
        save_zip(relisted(files), tmp_path / "b.geomodel"),
    ):
        sentence(path)
    assert not (tmp_path / "pickle-was-here").exists()


@pytest.mark.parametrize(
    ("file", "edit", "words"),
    [
        (BASE, lambda a: a.pop("heads.fine.bias"), "the tensor heads.fine.bias is missing"),
        (BASE, lambda a: a.update(more=np.zeros(1)), "holds the tensor more"),
        (BASE, lambda a: a.update({"heads.fine.bias": np.zeros(3, "f4")}), "has the shape (3,)"),
        (BASE, lambda a: a["heads.fine.bias"].fill(np.inf), "not finite"),
        (BASE, lambda a: a.update({k: v.astype("i4") for k, v in a.items()}), "floating-point"),
        (TRUNK, lambda a: a.pop("blocks.0.conv.weight"), "blocks.0.conv.weight is missing"),
        (TRUNK, lambda a: a["blocks.1.project.norm.running_var"].fill(-1), "negative variance"),
        (BANK, lambda a: a["embeddings"].__setitem__((3, 3), np.nan), "not finite"),
        (BANK, lambda a: a["embeddings"].__imul__(np.float16(1.5)), "must have length 1"),
        (BANK, lambda a: a["latitude_deg"].__setitem__(0, 90.5), "outside -90 to 90"),
        (BANK, lambda a: a["longitude_deg"].__setitem__(0, -181), "outside -180 to 180"),
        (BANK, lambda a: a["fine_class"].__setitem__(5, 10_000), "fine_class holds values outside"),
        (BANK, lambda a: a["fine_class"].__setitem__(5, -2), "fine_class holds values outside"),
        (BANK, lambda a: a.update(fine_class=a["fine_class"].astype("f4")), "40 whole numbers"),
        (BANK, lambda a: a.update(fine_class=a["fine_class"][:-1]), "40 whole numbers"),
        (BANK, lambda a: a.update(latitude_deg=a["latitude_deg"][:-1]), "has the shape (39,)"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    tmp_path: Path,
    good: Files,
    file: str,
    edit: Callable[[dict[str, np.ndarray]], None],
    words: str,
) -> None:
    files = relisted({**good, file: edit_tensors(good[file], edit)})
    message = sentence(save_folder(files, tmp_path / "b"))
    assert file in message
    assert words in message


# --- tables and hierarchy ----------------------------------------------------------------------


def rows_of(data: bytes) -> list[str]:
    return data.decode().splitlines()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda rows: rows[:-1], "cells, but bundle.json says"),
        (lambda rows: rows + ["\n"] * 100, "more lines than its"),
        (lambda rows: [*rows[:-1], replaced(rows[-1], 0, "3")], "must have class_label 55"),
        (lambda rows: [*rows[:-1], rows[-2]], "is listed again"),
        (lambda rows: [*rows[:-1], "x,y,z"], "line"),
        (lambda rows: [*rows[:-1], rows[-1].replace(",", ";")], "line"),
        (lambda rows: [*rows[:-1], replaced(rows[-1], 3, "91")], "does not lie on the Earth"),
        (lambda rows: [*rows[:-1], replaced(rows[-1], 4, "nan")], "is no number"),
        (lambda rows: [*rows[:-1], replaced(rows[-1], 2, "-3")], "is no whole number"),
        (lambda rows: [*rows[:-1], replaced(rows[-1], 1, "zz")], "line"),
        (lambda rows: ["a,b,c", *rows[1:]], "no header"),
        (lambda rows: [rows[0] + "\udcff", *rows[1:]], "not UTF-8"),
        (lambda rows: [rows[0] + "\0", *rows[1:]], FINE),
    ],
)
def test_broken_tables_are_refused(
    tmp_path: Path, good: Files, edit: Callable[[list[str]], list[str]], words: str
) -> None:
    text = "\n".join(edit(rows_of(good[FINE]))) + "\n"
    files = relisted({**good, FINE: text.encode("utf-8", "surrogateescape")})
    message = sentence(save_folder(files, tmp_path / "b"))
    assert FINE in message
    assert any(word in message for word in words.split("|")), message


def replaced(row: str, column: int, value: str) -> str:
    cells = row.split(",")
    cells[column] = value
    return ",".join(cells)


def test_partitions_that_do_not_nest_are_refused(tmp_path: Path, good: Files) -> None:
    coarse, fine = good["partitions/coarse.csv"], good[FINE]
    swapped = json.loads(good["bundle.json"])
    swapped["partitions"].reverse()
    files = {**good, "bundle.json": json.dumps(swapped).encode()}
    assert "from coarse to fine" in sentence(save_folder(files, tmp_path / "a"))
    # A coarse table of somewhere else: as many cells, none of which holds a fine one.
    elsewhere = [f"{i},{cell},5,0.0,0.0" for i, cell in enumerate(antarctic_cells(coarse))]
    table = "\n".join([rows_of(coarse)[0], *elsewhere]).encode()
    files = relisted({**good, "partitions/coarse.csv": table})
    message = sentence(save_folder(files, tmp_path / "b"))
    assert f"of the {len(rows_of(fine)) - 1} cells of {FINE}" in message


def antarctic_cells(coarse: bytes) -> list[str]:
    import s2sphere

    south = s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(-88, 40)).parent(12)
    count = len(rows_of(coarse)) - 1
    children = sorted(south.children(16), key=lambda c: c.id())[:count]
    return [c.to_token() for c in children]


def test_absurdly_many_cells_are_refused_unread(tmp_path: Path, good: Files) -> None:
    manifest = json.loads(good["bundle.json"])
    manifest["partitions"][2]["cells"] = 100_001
    files = {**good, "bundle.json": json.dumps(manifest).encode()}
    assert "partitions[2].cells must be" in sentence(save_folder(files, tmp_path / "b"))


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
    assert "over 256 files" in sentence(many)
    deep = save_folder(good, tmp_path / "deep")
    (deep / "a/b/c/d/e/f").mkdir(parents=True)
    assert "too deep folders" in sentence(deep)
    wide = save_folder(good, tmp_path / "wide")
    for number in range(300):
        (wide / f"d{number}").mkdir()
    assert "over 256 files" in sentence(wide)
    odd = save_folder(good, tmp_path / "odd")
    (odd / os.fsdecode(b"b\xff.md")).touch()
    assert "is not a plain relative path" in sentence(odd)
    case = save_folder({**good, "CARD.md": b""}, tmp_path / "case")
    assert "there twice" in sentence(case)


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
    assert f"the file {FINE} is there twice" in sentence(path)
    for other in ("PARTITIONS/fine.csv", "partitions/FINE.csv", "card.md/fine.csv"):
        clash = save_zip({**good, other: b""}, tmp_path / "c.geomodel")
        assert "there twice" in sentence(clash)


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
    assert "is packed in a way that GeoGuess does not read" in sentence(path)


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path, good: Files) -> None:
    zeros = bytes(64 << 20)
    files = relisted({**good, BASE: zeros})
    path = save_zip(files, tmp_path / "b.geomodel", zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 20
    started = time.perf_counter()
    assert "would unpack to" in sentence(path)
    assert time.perf_counter() - started < 1


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


def peak_growth_mb(path: Path) -> float:
    """How many MB opening a bundle adds to the peak memory of a fresh process."""
    code = (
        "import resource, sys\n"
        "from geoguess_app.core.bundle import open_bundle\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "try: open_bundle(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, file=sys.stderr)\n"
        "print((peak() - before) / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "BundleError"
    return float(done.stdout)


def test_huge_declared_shapes_cost_no_memory(tmp_path: Path, good: Files) -> None:
    shape = [1 << 20, 1 << 20]
    huge = header({"a": entry(shape, 0, 4 << 40)}, b"0000")
    assert peak_growth_mb(save_folder(relisted({**good, BASE: huge}), tmp_path / "a")) < 30
    manifest = json.loads(good["bundle.json"])
    manifest["networks"]["scene"]["layers"] = [
        {"type": "linear", "in": 64, "out": 1_000_000},
        {"type": "linear", "in": 1_000_000, "out": 1_000_000},
    ]
    manifest["retrieval"]["count"] = 50_000_000
    files = {**good, "bundle.json": json.dumps(manifest).encode()}
    assert peak_growth_mb(save_folder(files, tmp_path / "b")) < 30


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
    assert time.perf_counter() - started < 0.5
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
    assert "holds no bundle.json" in sentence(save_zip({"a.txt": b""}, tmp_path / "c.zip"))


def test_a_model_from_the_future_says_so(tmp_path: Path, good: Files) -> None:
    future = relisted({**good, "extra.md": b""}, format_version=3)
    message = sentence(save_folder(future, tmp_path / "b"))
    assert "newer version of GeoGuess" in message
    strange = {"bundle.json": b'{"format": "geoguess-bundle", "format_version": 3, "x": [1]}'}
    assert "newer version of GeoGuess" in sentence(save_zip(strange, tmp_path / "c.geomodel"))


# --- at random ---------------------------------------------------------------------------------


def identical(path: Path, good: Files) -> None:
    """The bundle opens and holds what the good one holds, or is refused in one sentence."""
    try:
        bundle = open_bundle(path)
    except BundleError:
        sentence(path)
        return
    for name, data in good.items():
        if name != "bundle.json":
            assert bundle.read_file(name) == data
    assert bundle.manifest.title


@pytest.fixture(scope="module")
def archive_bytes(good: Files) -> dict[int, bytes]:
    stream: dict[int, bytes] = {}
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, data in good.items():
                archive.writestr(name, data)
        stream[method] = buffer.getvalue()
    return stream


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_random_damage_to_an_archive(
    tmp_path: Path, good: Files, archive_bytes: dict[int, bytes], data: st.DataObject
) -> None:
    whole = bytearray(archive_bytes[data.draw(st.sampled_from(sorted(archive_bytes)))])
    size = len(whole)
    # Half of all damage goes to the directory at the end, where the structure is.
    places = st.integers(0, size - 1) | st.integers(max(0, size - 3000), size - 1)
    for place in data.draw(st.lists(places, max_size=4)):
        whole[place] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        whole = whole[: data.draw(places)]
    path = tmp_path / "b.geomodel"
    path.write_bytes(whole)
    identical(path, good)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_random_damage_to_one_file(tmp_path: Path, good: Files, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(good)))
    damaged = bytearray(good[name])
    places = st.integers(0, len(damaged) - 1) | st.integers(0, min(2000, len(damaged) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        damaged[place] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        damaged = damaged[: data.draw(places)]
    folder = tmp_path / "b"
    if not folder.exists():
        save_folder(good, folder)
    (folder / name).write_bytes(damaged)
    try:
        identical(folder, good)
    finally:
        (folder / name).write_bytes(good[name])


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_random_damage_whose_hashes_fit(tmp_path: Path, good: Files, data: st.DataObject) -> None:
    """What the hashes let through meets the checks of contents: read soundly or refused."""
    name = data.draw(st.sampled_from(sorted(set(good) - {"bundle.json"})))
    damaged = bytearray(good[name])
    places = st.integers(0, len(damaged) - 1) | st.integers(0, min(500, len(damaged) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=3)):
        damaged[place] = data.draw(st.integers(0, 255))
    files = relisted({**good, name: bytes(damaged)})
    folder = tmp_path / "b"
    if not folder.exists():
        save_folder(good, folder)
    for changed in (name, "bundle.json"):
        (folder / changed).write_bytes(files[changed])
    try:
        bundle = open_bundle(folder)
        for file in bundle.manifest.files:
            if file.endswith(".safetensors"):
                assert all(np.isfinite(a).all() for a in bundle.tensors(file).values())
        for partition in bundle.partitions:
            assert (np.abs(partition.mean_latitude_deg) <= 90).all()
    except BundleError:
        sentence(folder)
    finally:
        (folder / name).write_bytes(good[name])


def test_peak_memory_is_measured_at_all() -> None:
    # A guard for the tests above: the figure they rely on moves when memory is used.
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    block = np.ones(80 << 20, np.uint8)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >= before
    assert block.any()
