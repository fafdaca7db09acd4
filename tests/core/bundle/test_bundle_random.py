"""Random damage: a bundle opens with exactly what it held, or is refused in one sentence."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.errors import BundleError
from tests.core.hostile import (
    Files,
    good_files,
    relisted,
    save_folder,
    sentence,
)


@pytest.fixture(scope="module")
def good() -> Files:
    """A sound bundle's files."""
    return good_files()


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
