"""The report is one page that needs nothing else: parsed, and opened in a real web engine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from geoguess_app.evaluation.figures import error_colours
from geoguess_app.evaluation.figures.base_map import base_map
from geoguess_app.evaluation.figures.errors import error_boxes
from geoguess_app.evaluation.figures.theme import LIGHT
from geoguess_app.evaluation.report.error_map import leaflet, script_json
from geoguess_app.evaluation.report.tables import group_tables
from geoguess_app.evaluation.study.evaluation import Evaluation
from tests.evaluation.conftest import PHOTOS, STRANGE_NAME


class References(HTMLParser):
    """Every address that an element refers to, and the text outside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.names.append(value or "")
            if name in {"src", "href", "srcset", "action", "data", "poster", "background"}:
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.addresses.append(f"handler {name}={value}")


@pytest.fixture(scope="module")
def page(result: tuple[Evaluation, Path]) -> str:
    return (result[1] / "report.html").read_text(encoding="utf-8")


def test_page_refers_to_nothing_outside(page: str) -> None:
    references = References()
    references.feed(page)
    assert references.addresses
    assert all(address.startswith(("data:image/", "#")) for address in references.addresses)
    inner = {address[1:] for address in references.addresses if address.startswith("#")}
    assert inner <= set(references.names)  # every link in the page leads somewhere
    assert not {"link", "iframe", "object", "embed", "form", "base"} & set(references.tags)
    assert not re.search(r"url\((?!#default)", page)
    assert "sourceMappingURL" not in page
    assert "@import" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_texts_from_the_table_are_never_markup(page: str) -> None:
    outside_scripts = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "<b onclick" not in page
    assert "<cut>" not in page
    assert "world/&lt;cut&gt;.jpg" in outside_scripts
    assert script_json(["</script><!--", "&"]) == r'["\u003c/script\u003e\u003c!--","\u0026"]'


def test_page_says_what_matters(page: str) -> None:
    for text in (
        "How well Tiny 0.1 locates photos",
        "3 rows have no answer",
        "Fewer than 100 photos",
        "Floor (random draw)",
        "Ceiling (mean of the correct cell)",
        "true position inside the 80% radius",
        "Method",
        "Precision of the true position",
    ):
        assert text in page, text
    assert page.count('class="photo"') == 10
    assert page.count("data:image/jpeg") == 10


PROBE = f"""
(() => {{
  const buttons = [...document.querySelectorAll("[data-photo]")];
  const strange = {json.dumps(STRANGE_NAME)};
  const chosen = buttons.find((b) => b.closest("figure").textContent.includes(strange));
  (chosen || buttons[0]).click();
  const popup = document.querySelector(".leaflet-popup-content");
  return JSON.stringify({{
    buttons: buttons.length,
    pictures: [...document.images].every((i) => i.complete && i.naturalWidth > 0),
    legend: document.getElementById("map-legend-main").textContent,
    popup: popup ? popup.querySelector("strong").textContent : null,
    canvases: document.querySelectorAll(".map canvas").length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }});
}})()
"""


def test_page_works_in_a_browser_without_a_network(
    result: tuple[Evaluation, Path], tmp_path: Path
) -> None:
    evaluation, out = result
    shot = tmp_path / "page.png"
    probe = Path(__file__).parents[1] / "page_probe.py"
    done = subprocess.run(
        [sys.executable, str(probe), str(out / "report.html"), str(shot), PROBE],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert not found["complaints"]
    asked = {address.partition(":")[0] for address in found["requests"]}
    assert asked <= {"file", "data"}
    assert sum(address.startswith("file:") for address in found["requests"]) == 1
    answer = json.loads(found["answer"])
    assert answer["buttons"] == 10
    assert answer["pictures"]
    assert answer["canvases"] == 2
    assert answer["wide"] <= 0
    names = {row.row.file for row in evaluation.answers}
    assert answer["popup"] in names
    counts = [int(n) for n in re.findall(r"\((\d+)\)", answer["legend"])]
    assert len(counts) == 6
    assert sum(counts) == PHOTOS
    with Image.open(shot) as image:
        assert len(image.convert("RGB").getcolors(1 << 24) or []) > 500


def test_many_and_strange_labels_are_no_trouble(result: tuple[Evaluation, Path]) -> None:
    evaluation, _ = result
    groups = dict(evaluation.metrics.by)
    group = max(groups["level"].values(), key=lambda g: g.summary.photos)
    assert group.summary.photos >= 5
    strange = {f"$\\frac{{{number} 東京$": group for number in range(40)}
    metrics = replace(evaluation.metrics, by={**groups, "scene": strange})
    texts = [name for name, _ in zip(strange, evaluation.answers, strict=False)]
    labelled = replace(evaluation, metrics=metrics, labels={**evaluation.labels, "scene": texts})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the font has no kanji
        assert error_boxes(labelled, LIGHT)[:4] == b"\x89PNG"
    tables = {table.heading: table for table in group_tables(labelled)}
    assert (len(tables["Scene"].rows), tables["Scene"].more) == (24, 16)


def test_base_map_covers_the_world_on_a_coarse_grid() -> None:
    base = base_map()
    points = [0, 0]
    lows, highs = [base["grid"], base["grid"]], [0, 0]
    for ring in base["land"]:
        points = [0, 0]
        for start in range(0, len(ring), 2):
            points = [points[0] + ring[start], points[1] + ring[start + 1]]
            for axis in (0, 1):
                lows[axis] = min(lows[axis], points[axis])
                highs[axis] = max(highs[axis], points[axis])
    assert lows[0] < 0.02 * base["grid"]
    assert highs[0] > 0.98 * base["grid"]
    assert highs[1] > 0.95 * base["grid"]  # Antarctica
    assert len(json.dumps(base)) < 600_000


def test_errors_have_the_same_colours_in_page_figures_and_window(page: str) -> None:
    found = re.findall(r"--band-\d: (#[0-9a-f]{6})", page)
    assert tuple(found) == (*error_colours.LIGHT, *error_colours.DARK)


def test_leaflet_keeps_its_notice() -> None:
    script, style = leaflet()
    assert "(c) 2010" in script[:300]
    assert "url(images" not in style
