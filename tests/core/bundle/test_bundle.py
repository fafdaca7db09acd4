"""A bundle written is the bundle read; writing is deterministic, verified and crash-proof."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from geoguess_app.core import cells
from geoguess_app.core.bundle import Bundle, open_bundle, write_bundle
from geoguess_app.core.bundle.manifest import Manifest
from geoguess_app.core.errors import BundleError
from tests.core.tiny_bundle import Parts, make_partitions, make_parts, shared_parts

SHAPES = ("tiny", "tiny.geomodel", "tiny.ZIP")


def write(parts: Parts, path: Path) -> Path:
    return write_bundle(path, parts.manifest, parts.partitions, parts.tensors, parts.extra_files)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_holds(bundle: Bundle, parts: Parts) -> None:
    """The bundle is exactly what was written."""
    assert replace(bundle.manifest, files={}) == parts.manifest
    for partition, expected in zip(bundle.partitions, parts.partitions, strict=True):
        assert partition.name == expected.name
        for field in ("cell_ids", "photo_counts", "mean_latitude_deg", "mean_longitude_deg"):
            assert np.array_equal(getattr(partition, field), getattr(expected, field))
    for file, arrays in parts.tensors.items():
        found = bundle.tensors(file)
        assert set(found) == set(arrays)
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            assert np.array_equal(found[name], array)
    for name, data in parts.extra_files.items():
        assert bundle.read_file(name) == data


@pytest.mark.parametrize("name", SHAPES)
def test_a_bundle_survives_writing_and_reading(tmp_path: Path, name: str) -> None:
    parts = shared_parts()
    path = write(parts, tmp_path / name)
    assert path.is_dir() == (name == "tiny")
    bundle = open_bundle(str(path))
    assert_holds(bundle, parts)
    assert bundle.name == "Tiny 0.1"
    assert bundle.path == path
    assert bundle.hierarchy is not None
    assert bundle.hierarchy.ancestors.shape == (3, parts.partitions[-1].size)
    assert listing(tmp_path) == [name], "nothing temporary is left behind"


def test_folder_and_archive_hold_the_same_and_writing_again_changes_nothing(tmp_path: Path) -> None:
    parts = shared_parts()
    folder = files_below(write(parts, tmp_path / "a"))
    assert files_below(write(parts, tmp_path / "b")) == folder
    archives = [write(parts, tmp_path / f"{n}.geomodel").read_bytes() for n in "ab"]
    assert archives[0] == archives[1]
    with zipfile.ZipFile(tmp_path / "a.geomodel") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == folder


def test_the_files_are_those_of_the_field(tmp_path: Path) -> None:
    """Read by others: the hashes by sha256sum, tensors by the safetensors library."""
    parts = shared_parts()
    folder = write(parts, tmp_path / "tiny")
    listed = json.loads((folder / "bundle.json").read_text("utf-8"))["files"]
    sums = "".join(f"{digest}  {name}\n" for name, digest in listed.items())
    done = subprocess.run(
        ["sha256sum", "--check", "--strict"], input=sums, cwd=folder, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    for file, arrays in parts.tensors.items():
        loaded = safetensors.numpy.load_file(folder / file)
        assert all(np.array_equal(loaded[name], array) for name, array in arrays.items())
    lines = (folder / "partitions/fine.csv").read_text().splitlines()
    assert lines[0] == "class_label,hex_id,imgs_per_cell,latitude_mean,longitude_mean"
    assert [line.split(",")[1] for line in lines[1:]] == cells.tokens(parts.partitions[-1].cell_ids)


def test_files_written_by_the_library_are_read(tmp_path: Path) -> None:
    parts = shared_parts()
    folder = write(parts, tmp_path / "tiny")
    file = "weights/bank.safetensors"
    data = safetensors.numpy.save(dict(parts.tensors[file]), metadata={"format": "np"})
    (folder / file).write_bytes(data)
    relist(folder)
    assert_holds(open_bundle(folder), parts)


def relist(folder: Path) -> None:
    """Bring the hashes in bundle.json up to date."""
    import hashlib

    text = json.loads((folder / "bundle.json").read_text("utf-8"))
    text["files"] = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in files_below(folder).items()
        if name != "bundle.json"
    }
    (folder / "bundle.json").write_text(json.dumps(text), encoding="utf-8")


def test_reading_needs_no_torch(tmp_path: Path) -> None:
    path = write(shared_parts(), tmp_path / "tiny.geomodel")
    code = (
        "import sys; from geoguess_app.core.bundle import open_bundle\n"
        "bundle = open_bundle(sys.argv[1])\n"
        "assert bundle.tensors('weights/base.safetensors')\n"
        "assert not {'torch', 'torchvision', 'PySide6', 'scipy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


def test_tensors_are_read_only_views(tmp_path: Path) -> None:
    bundle = open_bundle(write(shared_parts(), tmp_path / "tiny"))
    array = bundle.tensors("weights/base.safetensors")["heads.fine.weight"]
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 1.0


def test_files_changed_after_opening_are_noticed(tmp_path: Path) -> None:
    folder = write(shared_parts(), tmp_path / "tiny")
    bundle = open_bundle(folder)
    target = folder / "weights" / "base.safetensors"
    data = bytearray(target.read_bytes())
    data[-1] ^= 1
    target.write_bytes(data)
    with pytest.raises(BundleError, match=r"base\.safetensors is not the file .* SHA-256"):
        bundle.tensors("weights/base.safetensors")
    target.unlink()
    with pytest.raises(BundleError, match=r"base\.safetensors cannot be read"):
        bundle.tensors("weights/base.safetensors")
    with pytest.raises(BundleError, match="is not one of its files"):
        bundle.tensors("../secret")


@pytest.mark.parametrize("name", SHAPES[:2])
def test_a_new_bundle_replaces_the_old_one(tmp_path: Path, name: str) -> None:
    old, new = shared_parts(1), shared_parts(2)
    extra = replace(old, extra_files={**old.extra_files, "notes/old.txt": b"old"})
    path = write(extra, tmp_path / name)
    assert write(new, path) == path
    assert_holds(open_bundle(path), new)
    assert listing(tmp_path) == [name]
    if path.is_dir():
        assert not (path / "notes").exists()


def test_other_peoples_files_are_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(BundleError, match="exists and is not a model"):
        write(shared_parts(), folder)
    assert files_below(tmp_path) == {"photos/holiday.jpg": b"precious"}
    plain = tmp_path / "notes"
    plain.write_bytes(b"precious too")
    with pytest.raises(BundleError, match="exists and is not a model"):
        write(shared_parts(), plain)
    assert plain.read_bytes() == b"precious too"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert_holds(open_bundle(write(shared_parts(), empty)), shared_parts())


def test_what_does_not_fit_together_is_not_written(tmp_path: Path) -> None:
    good = shared_parts()
    write(good, tmp_path / "model")
    before = files_below(tmp_path)
    head = {**good.tensors["weights/base.safetensors"]}
    head["heads.fine.bias"] = head["heads.fine.bias"][:-1]
    nan = {n: a * np.float32(np.nan) for n, a in good.tensors["weights/base.safetensors"].items()}
    cases = [
        (replace(good, partitions=good.partitions[::-1]), "do not match the manifest"),
        (replace(good, partitions=make_partitions(6)), "cells, but bundle.json says|more lines"),
        (with_file(good, "weights/base.safetensors", head), r"heads\.fine\.bias has the shape"),
        (with_file(good, "weights/base.safetensors", nan), "not finite"),
        (replace(good, tensors={}), "is used but has no hash"),
        (replace(good, extra_files={"../x.txt": b""}), "not a plain relative path"),
        (replace(good, extra_files={"model.pkl": b""}), "could run code"),
        (replace(good, extra_files={"bundle.json": b""}), "is written by GeoGuess itself"),
        (with_file(good, "weights/x.safetensors", {"a": np.array(["x"])}), "has the type"),
        (good.but(name=""), "name must be a text"),
        (good.but(calibration={"temperatures": {"fine": -1}}), "calibration"),
    ]
    for parts, words in cases:
        for name in ("model", "new", "new.geomodel"):
            with pytest.raises(BundleError, match=words):
                write(parts, tmp_path / name)
    assert files_below(tmp_path) == before


def with_file(parts: Parts, file: str, arrays: dict[str, np.ndarray]) -> Parts:
    return replace(parts, tensors={**parts.tensors, file: arrays})


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"The model cannot be written to .* \(No such file"):
        write(shared_parts(), tmp_path / "no" / "such" / "folder")
    with pytest.raises(BundleError, match=r"The model cannot be written to .*"):
        write(shared_parts(), tmp_path / "no" / "model.geomodel")


CRASHING = """
import os, signal, sys
from pathlib import Path
steps = int(sys.argv[2])
counted = 0

def deadly(real):
    def call(*arguments, **options):
        global counted
        counted += 1
        if counted == steps:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call

import shutil
Path.rename, Path.replace = deadly(Path.rename), deadly(Path.replace)
os.fsync, shutil.rmtree = deadly(os.fsync), deadly(shutil.rmtree)
from dataclasses import replace
from geoguess_app.core.bundle import open_bundle, write_bundle
new = open_bundle(sys.argv[3])
write_bundle(
    sys.argv[1],
    replace(new.manifest, files={}),
    new.partitions,
    {f: new.tensors(f) for f in new.manifest.files if f.endswith(".safetensors")},
    {"card.md": new.read_file("card.md")},
)
"""


@pytest.mark.skipif(os.name == "nt", reason="kills the process the POSIX way")
@pytest.mark.parametrize(("name", "steps"), [("tiny", range(14, 23)), ("tiny.geomodel", (1, 2, 3))])
@pytest.mark.long
def test_a_crash_while_writing_leaves_the_old_or_the_new(
    tmp_path: Path, name: str, steps: range
) -> None:
    """The process is killed at its n-th sync, rename or removal; every n gives a whole bundle."""
    seen = set()
    source = write(shared_parts(2), tmp_path / "source.geomodel")
    for step in steps:
        path = tmp_path / str(step) / name
        path.parent.mkdir()
        write(shared_parts(1), path)
        done = subprocess.run(
            [sys.executable, "-c", CRASHING, path, str(step), source], cwd=Path(__file__).parents[3]
        )
        assert done.returncode in (0, -signal.SIGKILL)
        bundle = open_bundle(path)
        is_new = bundle.tensors("weights/base.safetensors")
        reference = shared_parts(2 if same(is_new, shared_parts(2)) else 1)
        assert_holds(bundle, reference)
        seen.add((done.returncode == 0, reference is shared_parts(2)))
        # And the next writing puts everything in order.
        write(shared_parts(1), path)
        assert_holds(open_bundle(path), shared_parts(1))
        leftovers = [n for n in listing(path.parent) if n != name]
        assert all(n.endswith(".new") for n in leftovers), "at most an unfinished copy"
    assert (False, False) in seen, "some crashes came before the change"
    assert (False, True) in seen, "some came after it"


def same(arrays: dict[str, np.ndarray], parts: Parts) -> bool:
    expected = parts.tensors["weights/base.safetensors"]
    return all(np.array_equal(arrays[name], array) for name, array in expected.items())


def test_a_bundle_caught_between_two_renames_is_still_found(tmp_path: Path) -> None:
    parts = shared_parts()
    path = write(parts, tmp_path / "tiny")
    path.rename(tmp_path / ".tiny.previous")
    assert_holds(open_bundle(path), parts)
    write(shared_parts(2), path)
    assert_holds(open_bundle(path), shared_parts(2))
    assert listing(tmp_path) == ["tiny"]


def test_other_kinds_of_model(tmp_path: Path) -> None:
    base = shared_parts().manifest
    bank_only = Manifest(
        **{
            **vars(base),
            "kind": "retrieval",
            "partitions": (),
            "networks": {},
            "scene_network": None,
            "context_networks": {},
        }
    )
    parts = make_parts(bank_only, (), seed=3)
    bundle = open_bundle(write(parts, tmp_path / "bank"))
    assert bundle.hierarchy is None
    assert bundle.partitions == ()
    assert (bundle.tensors("weights/bank.safetensors")["fine_class"] == -1).all()


def test_what_file_managers_leave_behind_does_not_matter(tmp_path: Path) -> None:
    folder = write(shared_parts(), tmp_path / "tiny")
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / "weights" / "Thumbs.db").write_bytes(b"\0")
    (folder / "empty").mkdir()
    assert_holds(open_bundle(folder), shared_parts())


def test_an_archive_packed_by_others_is_read(tmp_path: Path) -> None:
    """Deflated, with entries for folders, as common tools write them."""
    folder = write(shared_parts(), tmp_path / "tiny")
    with zipfile.ZipFile(tmp_path / "b.geomodel", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    assert_holds(open_bundle(tmp_path / "b.geomodel"), shared_parts())
