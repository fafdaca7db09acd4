"""An update that is killed at any moment loses nothing that it has written, and leaves no half row.

GEOGUESS_KILLS sets how often (default 4).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.updating import update
from tests.references.samples import ColourEmbedder, located_photo

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("GEOGUESS_KILLS", "4"))
PHOTOS = 160

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

UPDATE = """
import sys
from pathlib import Path
from geoguess_app.references.collection import ReferenceCollection
from geoguess_app.references.updating import update
from tests.references.samples import ColourEmbedder
with ReferenceCollection(Path(sys.argv[2])) as collection:
    for step in update(collection, ColourEmbedder(), [Path(sys.argv[1])]):
        print(collection.table.count(), flush=True)
"""


def test_nothing_is_lost_when_an_update_is_killed(tmp_path: Path) -> None:
    album, folder = tmp_path / "album", tmp_path / "references"
    for number in range(PHOTOS):
        located_photo(album / f"{number:03}.jpg", number, 1.0 + number / 4)
    pause, kept = random.Random(7), 0
    for _ in range(KILLS):
        command = [sys.executable, "-c", UPDATE, str(album), str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            told = [process.stdout.readline(), process.stdout.readline()]
            time.sleep(pause.uniform(0.0, 0.05))
            process.kill()
            told += process.stdout.readlines()
        shown = max(int(line) for line in told if line.endswith("\n"))
        with ReferenceCollection(folder) as collection:
            assert_whole(collection)
            assert collection.table.count() >= max(shown, kept)
            kept = collection.table.count()
    assert kept > 0
    eye = ColourEmbedder()
    with ReferenceCollection(folder) as collection:
        last = list(update(collection, eye))[-1].tally
        assert last.added == PHOTOS - kept
        assert collection.table.count() == PHOTOS
        assert len(eye.decoded) <= PHOTOS - kept
        file = collection.vector_file(eye.space)
        assert file is not None
        assert file.rows == PHOTOS
        assert_whole(collection)


def assert_whole(collection: ReferenceCollection) -> None:
    """Every photo has the vector of its own picture."""
    eye = ColourEmbedder()
    file = collection.vector_file(eye.space)
    rows = collection.table.contents(eye.space.key)
    for photo in collection.photos():
        assert photo.content in rows
    if file is None or not rows:
        return
    assert max(rows.values()) < file.rows
    for photo in list(collection.photos())[::17]:
        own = eye.embed([eye.prepare(photo.path)])[0]
        assert np.abs(file.read(np.array([rows[photo.content]]))[0] - own).max() < 2e-3
