"""``geoguess report``: one photo's answer on one page, with nothing of this machine in it."""

from __future__ import annotations

import getpass
import hashlib
import json
import re
import shlex
import shutil
import socket
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from geoguess_app.cli import main
from geoguess_app.core.format import distance, percent
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.types import Coordinate
from geoguess_app.paths import resource_dir, starter_bundle_dir
from tests.commands.conftest import Geoguess, start
from tests.photos.saving import set_tags

COLOSSEUM = resource_dir() / "samples" / "colosseum.webp"
CHINA = resource_dir() / "samples" / "china.jpg"
_EMPTY_TAGS = {"meta", "img"}


class Page(HTMLParser):
    """A page read as it is read aloud; complains where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        if "style" in self.open or not data.strip():
            return
        self.words.append(" ".join(re.split(r"[ \n]+", data.strip(" \n"))))
        if self.open[-1] in ("h1", "h2"):
            self.headings.append((self.open[-1], self.words[-1]))

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def facts(self) -> dict[str, str]:
        """Names and values of the lists of facts."""
        found = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", self.source)
        return dict(found)


def located(geoguess: Geoguess, photo: Path, *options: str) -> dict[str, Any]:
    ran = geoguess("locate", photo, "--device", "cpu", "--format", "jsonl", *options)
    assert ran.status == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def report(geoguess: Geoguess, photo: Path, target: Path, *options: object) -> Page:
    ran = geoguess("report", photo, "--output", target, "--device", "cpu", *options)
    assert ran.status == 0, ran.err
    return Page(target.read_text(encoding="utf-8"))


def position(values: dict[str, Any]) -> str:
    return decimal(Coordinate(values["latitude"], values["longitude"]))


def private_folders(*folders: Path) -> list[str]:
    """Folders that would tell whose machine a file comes from."""
    return [str(Path.home()), tempfile.gettempdir(), *map(str, folders)]


@pytest.fixture(scope="module")
def rome(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report of the Colosseum by the starter, made once."""
    folder = tmp_path_factory.mktemp("rome")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOGUESS_CONFIG_DIR", str(folder / "config"))
        patch.setenv("GEOGUESS_DATA_DIR", str(folder / "data"))
        target = folder / "rome.html"
        assert main(["report", str(COLOSSEUM), "--output", str(target), "--device", "cpu"]) == 0
    return Page(target.read_text(encoding="utf-8"))


def test_a_report_says_what_locate_says(geoguess: Geoguess, rome: Page) -> None:
    answer, page = located(geoguess, COLOSSEUM), rome
    assert position(answer) in page.text
    for share, km in answer["radius_km"].items():
        assert f"{distance(km)} with {share}%" in page.text
    said = f"{percent(answer['confidence'])} confidence that the true place lies within 25\u00a0km."
    assert said in page.text
    assert page.facts()["Level"].startswith(f"{answer['level']}: ")
    assert "Rome, Lazio, Italy" in page.words
    rows = re.findall(r'<td class="number">(\d)</td><td>.*?</td><td class="position">(.*?)</td>'
                      r'<td class="number">(.*?)</td>', page.source)  # fmt: skip
    assert rows == [
        (str(rank), position(each), percent(each["probability"]).replace("<", "&lt;"))
        for rank, each in enumerate(answer["candidates"], start=1)
    ]
    assert page.facts()["SHA-256"] == hashlib.sha256(COLOSSEUM.read_bytes()).hexdigest()
    bundle = (starter_bundle_dir() / "bundle.json").read_bytes()
    assert page.facts()["Fingerprint"] == hashlib.sha256(bundle).hexdigest()
    assert page.facts()["Model"] == answer["model"]
    assert page.facts()["Licence"] == "GPL-3.0-or-later"
    assert "This is an estimate made by a program, not a fact" in page.text
    assert "Small changes to the pixels" in page.text


def test_a_report_needs_nothing_and_tells_nothing_of_the_machine(
    geoguess: Geoguess, tiny_model: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "holiday <b>&'.jpg"
    shutil.copyfile(CHINA, photo)
    set_tags(photo, "-Make=Nikon", "-Model=D90", "-DateTimeOriginal=2012:05:06 07:08:09")
    page = report(geoguess, photo, tmp_path / "r.html", "--model", tiny_model)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "form", "a", "b"}
    for _, attributes in page.tags:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#land-"))
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in page.source.replace("url(#inland-", "")
    assert not re.search(r"(?:https?:)?//\w", re.sub(r"data:[^\"]*", "", page.source))
    for folder in private_folders(tmp_path):
        assert folder not in page.source
    for name in (getpass.getuser(), socket.gethostname()):
        assert not re.search(rf"\b{re.escape(name)}\b", page.text)
    facts = page.facts()
    assert facts["Camera"] == "Nikon D90"
    assert facts["Taken"] == "6 May 2012, 07:08:09 (local time)"
    assert f"{photo.stat().st_size:,} bytes" in facts["Size"]
    assert photo.name in page.text
    without = report(
        geoguess, photo, tmp_path / "r.html", "--model", tiny_model, "--without-picture"
    )
    assert "img" in tags
    assert "img" not in {tag for tag, _ in without.tags}


def test_it_is_read_aloud_in_order(rome: Page) -> None:
    page = rome
    assert page.headings == [
        ("h1", "Where was colosseum.webp taken?"),
        ("h2", "Answer"),
        ("h2", "Map"),
        ("h2", "The answer and its alternatives"),
        ("h2", "Surroundings of the answer"),
        ("h2", "Look-alikes"),
        ("h2", "File"),
        ("h2", "Model"),
        ("h2", "How to repeat it"),
    ]
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert [image["alt"] for image in images] == ["The photo colosseum.webp"]
    maps = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert [drawn["aria-label"] for drawn in maps] == [
        "Map of where the answer lies, and the cells that the model thinks likely.",
        "Map of the surroundings of the answer, with the circle of its radius.",
    ]
    assert all(drawn["role"] == "img" for drawn in maps)
    assert 'class="cell"' in page.source
    assert 'class="radius"' in page.source


def test_clues_say_what_they_left(geoguess: Geoguess, tmp_path: Path) -> None:
    clues = ("--clue", "drives-on=left", "--clue", "language=Japanese")
    answer = located(geoguess, COLOSSEUM, *clues)
    page = report(geoguess, COLOSSEUM, tmp_path / "r.html", *clues)
    assert answer["clues"]["contradict"]
    assert position(answer) in page.text
    assert f"only {percent(answer['clues']['probability_left'])} of the model's" in page.text
    assert page.text.count("Clues and picture contradict each other") == 2
    assert f"If the clues were right: {percent(answer['confidence'])} confidence" in page.text
    rows = re.findall(r'<td>(.*?)</td><td>given by the user</td><td class="digest">(.*?)</td>'
                      r'<td class="number">(.*?)</td>',
                      page.source)  # fmt: skip
    given = [("drives on the left", "drives-on=left"), ("Japanese", "language=ja")]
    assert [(words, option) for words, option, _ in rows] == given
    assert all(share.endswith("%") for *_, share in rows)
    assert "Without them, the answer would be: Rome, Lazio, Italy" in page.text


def test_the_command_in_it_repeats_it(
    geoguess: Geoguess, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(CHINA, tmp_path / "a photo.jpg")
    shutil.copyfile(tiny_model, tmp_path / "tiny.geomodel")
    monkeypatch.chdir(tmp_path)
    options = ("--model", tmp_path / "tiny.geomodel", "--crops", "1", "--clue", "drives-on=right")
    page = report(geoguess, tmp_path / "a photo.jpg", tmp_path / "r.html", *options)
    found = re.search(r"<pre><code>(.*?)</code></pre>", page.source)
    assert found
    program, *words = shlex.split(found[1].replace("&#39;", "'"))
    assert program == "geoguess"
    assert str(tmp_path) not in found[1]
    Path("r.html").unlink()
    assert geoguess(*words).status == 0
    again = Page(Path("r.html").read_text(encoding="utf-8"))
    assert again.words[2:] == page.words[2:]  # all but the time
    assert again.facts()["Crops"] == "1 for each photo"


def test_wrong_use_is_refused_in_one_sentence(geoguess: Geoguess, tmp_path: Path) -> None:
    photo = tmp_path / "photo.html"  # a strange name, but a photo
    shutil.copyfile(CHINA, photo)
    words = tmp_path / "words.jpg"
    words.write_text("no picture")
    before = photo.read_bytes()
    for arguments, said in (
        ((photo, "--output", photo), "is the photo itself"),
        ((photo, "--output", tmp_path / "r.docx"), "must end in .html or .pdf"),
        ((photo, "--output", tmp_path / "gone" / "r.html"), "there is no folder"),
        ((tmp_path, "--output", tmp_path / "r.html"), "is a folder"),
        ((tmp_path / "gone.jpg", "--output", tmp_path / "r.html"), "does not exist"),
        ((words, "--output", tmp_path / "r.html"), "words.jpg"),
        ((photo, "--output", tmp_path / "r.html", "--clue", "moon=full"), "no kind of clue"),
    ):
        ran = geoguess("report", *arguments)
        assert (ran.status, ran.out) == (2, ""), arguments
        assert said in ran.err
        assert ran.err.count("\n") == 1
    assert photo.read_bytes() == before
    assert not (tmp_path / "r.html").exists()


def test_a_pdf_comes_without_a_display(tiny_model: Path, tmp_path: Path) -> None:
    target = tmp_path / "r.pdf"
    arguments = ("report", CHINA, "--output", target, "--model", tiny_model, "--device", "cpu")
    process = start(*arguments)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert out == f"wrote {target}\n"
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    for folder in private_folders(tmp_path):
        assert folder.encode() not in content
