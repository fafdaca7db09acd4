"""A stranger's bundle: wrong files, weights and tables; each refused in one sentence."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.core.hostile import (
    BANK,
    BASE,
    FINE,
    TRUNK,
    Files,
    edit_tensors,
    entry,
    good_files,
    header,
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
    assert "it contains no bundle.json" in sentence(save_folder(empty, tmp_path / "d"))
    assert "no such file or folder" in sentence(tmp_path / "nowhere")


# --- weights -----------------------------------------------------------------------------------


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
    "hole": (header({"a": entry([1], 4, 8)}, b"0" * 8), "are out of order"),
    "overlap": (
        header({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, b"0000"),
        "are out of order",
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
        (BASE, lambda a: a.update(more=np.zeros(1)), "contains the tensor more"),
        (BASE, lambda a: a.update({"heads.fine.bias": np.zeros(3, "f4")}), "has the shape (3,)"),
        (BASE, lambda a: a["heads.fine.bias"].fill(np.inf), "not finite"),
        (BASE, lambda a: a.update({k: v.astype("i4") for k, v in a.items()}), "floating-point"),
        (TRUNK, lambda a: a.pop("blocks.0.conv.weight"), "blocks.0.conv.weight is missing"),
        (TRUNK, lambda a: a["blocks.1.project.norm.running_var"].fill(-1), "negative variance"),
        (BANK, lambda a: a["embeddings"].__setitem__((3, 3), np.nan), "not finite"),
        (BANK, lambda a: a["embeddings"].__imul__(np.float16(1.5)), "must have length 1"),
        (BANK, lambda a: a["latitude_deg"].__setitem__(0, 90.5), "outside -90 to 90"),
        (BANK, lambda a: a["longitude_deg"].__setitem__(0, -181), "outside -180 to 180"),
        (
            BANK,
            lambda a: a["fine_class"].__setitem__(5, 10_000),
            "fine_class contains values",
        ),
        (BANK, lambda a: a["fine_class"].__setitem__(5, -2), "fine_class contains values"),
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
        (lambda rows: [*rows[:-1], replaced(rows[-1], 3, "91")], "is not a valid position"),
        (lambda rows: [*rows[:-1], replaced(rows[-1], 4, "nan")], "is not a number"),
        (lambda rows: [*rows[:-1], replaced(rows[-1], 2, "-3")], "is not a whole number"),
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
