"""A folder of broken and hostile files through the command line and the trainer."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.commands.conftest import Geoguess, geoguess, own_settings, tiny_model
from tests.hostile.corpus import Corpus, make_corpus
from tests.references.samples import located_photo
from trainer.cli import main as train

__all__ = ["geoguess", "own_settings", "tiny_model"]  # fixtures

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
NO_TEXT = os.fsdecode(b"latin-\xe9.jpg")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_corpus(tmp_path_factory.mktemp("hostile") / "corpus")


@pytest.fixture
def located(corpus: Corpus, tmp_path: Path) -> Path:
    """Photos that say where they are, under the names of the corpus, and broken ones."""
    folder = tmp_path / "located"
    for number, name in enumerate(name for name in corpus.good if name.endswith(".jpg")):
        located_photo(folder / name, number, 10.0 + number)
    for name in corpus.broken:
        (folder / name).write_bytes((corpus.folder / name).read_bytes())
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Hashes of the regular files."""
    return {
        entry.name: hashlib.sha256(Path(entry.path).read_bytes()).hexdigest()
        for entry in os.scandir(folder)
        if entry.is_file(follow_symlinks=False)
    }


def is_a_sentence(text: str, name: str) -> bool:
    return name in text and text.endswith(".") and "\n" not in text and 20 < len(text) < 200


def test_each_picture_gets_an_answer_and_each_other_file_a_sentence(
    geoguess: Geoguess, tiny_model: Path, corpus: Corpus, tmp_path: Path
) -> None:
    out = tmp_path / "answers.jsonl"
    ran = geoguess(
        "locate", corpus.folder, "--model", tiny_model, "--format", "jsonl", "--output", out
    )
    assert ran.status == 1
    found = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    rows = {Path(row["file"]).name: row for row in found}
    assert len(rows) == len(found)
    failed = (*corpus.broken, *corpus.links)
    assert set(rows) == {*corpus.good, *corpus.odd, *failed}
    assert {name for name in corpus.good if rows[name]["status"] != "ok"} == set()
    # A JPEG keeps what is above the cut.
    assert {name for name in failed if rows[name]["status"] == "ok"} == {"cut.jpg"}
    for name, row in rows.items():
        if row["status"] != "ok":
            assert is_a_sentence(row["error"], name)


def test_tags_are_taken_back_to_the_last_byte(
    geoguess: Geoguess, tiny_model: Path, corpus: Corpus
) -> None:
    before = contents(corpus.folder)
    ran = geoguess("tag", corpus.folder, "--model", tiny_model, "--include-uncertain")
    after = contents(corpus.folder)
    assert {name for name in corpus.broken if after[name] != before[name]} <= {"cut.jpg"}
    assert after["plain.jpg"] != before["plain.jpg"]
    assert "plain.png.xmp" in after
    for line in ran.err.splitlines():
        assert line.endswith((".", ")"))
    assert geoguess("undo").status == 0
    assert contents(corpus.folder) == before


def test_references_take_the_good_ones(
    geoguess: Geoguess, tiny_model: Path, corpus: Corpus, located: Path
) -> None:
    good = [name for name in corpus.good if name.endswith(".jpg")]
    ran = geoguess("references", "add", located, "--model", tiny_model)
    assert ran.status == 0
    assert f"{len(good)} added" in ran.out
    assert "cannot be read" in ran.out
    # The strangest name of all is looked up, too.
    again = geoguess("references", "update", "--model", tiny_model)
    assert again.status == 0
    assert "added" not in again.out


def test_reports_and_exports_of_names_that_are_no_text(
    geoguess: Geoguess, tiny_model: Path, corpus: Corpus, tmp_path: Path
) -> None:
    for name in (NO_TEXT, "new\nline.jpg"):
        report = tmp_path / "report.html"
        photo = corpus.folder / name
        assert geoguess("report", photo, "--model", tiny_model, "--output", report).status == 0
        assert "latin-" in report.read_text("utf-8") or name != NO_TEXT
        for suffix in ("csv", "geojson", "gpx", "kml"):
            out = tmp_path / f"one.{suffix}"
            ran = geoguess("export", photo, "--model", tiny_model, "--output", out)
            assert (ran.status, ran.err) == (0, "")
            assert out.read_bytes().decode("utf-8")


def test_the_trainer_drops_what_it_cannot_read(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "photos.parquet"
    arguments = ["photos", str(corpus.folder), "--out", str(out), "--quiet", "--workers", "0"]
    assert train(arguments) == 0  # the HEICs alone have a position
    said = capsys.readouterr()
    assert "1 photo left out whose names are not UTF-8; rename them." in said.out
    assert (
        f"of {len(corpus.good) + len(corpus.odd) + len(corpus.broken) + len(corpus.links) - 1} "
        in said.out
    )
