"""Helpers for bundles as a stranger might make them."""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle, write_bundle
from geoguess_app.core.bundle.tensors import read_tensors, tensor_bytes
from geoguess_app.core.errors import BundleError
from tests.core.tiny_bundle import shared_parts

Files = dict[str, bytes]
BASE = "weights/base.safetensors"
BANK = "weights/bank.safetensors"
TRUNK = "weights/trunk.safetensors"
FINE = "partitions/fine.csv"


@cache
def good_files() -> Files:
    """A sound bundle's files; not to be changed."""
    parts = shared_parts()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "tiny"
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


def header(value: object, data: bytes = b"") -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(shape: object, start: object, stop: object, dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


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
