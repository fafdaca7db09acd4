"""The page of a partition report: everything in it, nothing outside it, and a map that is right."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tests.evaluation
from geoguess_app.core import cells
from geoguess_app.core.format import precise_percent
from tests.trainer.partitions.conftest import Made
from trainer.partitions.map_data import GRID, partition_data, round_values

POINTS = 160


@pytest.fixture(scope="module")
def page(made: Made) -> str:
    return (made.folder / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_else(page: str) -> None:
    outside_scripts = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "default-src 'none'" in page
    for address in re.findall(r'\b(?:src|href|data|action)="([^"]*)"', outside_scripts):
        assert address.startswith("data:image/png"), address[:80]
    assert not re.search(r"<(link|iframe|object|embed|form|base)\b", outside_scripts)
    assert not re.search(r"url\((?!#default)", page)
    assert "sourceMappingURL" not in page
    assert "<b onclick" not in page


def test_the_page_says_what_the_numbers_are(made: Made, page: str) -> None:
    for figures in made.account.partitions:
        report = figures.build.report
        assert f"{report.tau_min}:{report.tau_max}<small>{report.name}.csv</small>" in page
        for count in (report.cells, report.kept, report.reassigned, report.dropped):
            assert f">{count:,}<" in page
        for km in (1.0, 25.0, 200.0, 750.0, 2500.0):
            assert f">{html.escape(precise_percent(figures.within[km]))}<" in page
        for flagged in report.flagged:
            assert f">{flagged.token}<" in page
    assert "3,000 photos (split train, of 3,100)" in page
    assert "and are not used" in page
    assert "have exactly the same coordinates as another" in page
    assert page.count("data:image/png") == 6


def test_figures_are_pictures(made: Made) -> None:
    names = {"cells_per_level.png", "photos_per_cell.png", "ceiling.png", "map.png"}
    assert {path.name for path in (made.folder / "figures").iterdir()} == names
    for name in names:
        with Image.open(made.folder / "figures" / name) as image:
            assert len(image.convert("RGB").getcolors(1 << 24) or []) > 50


def test_outlines_are_the_cells(made: Made) -> None:
    for figures in made.account.partitions:
        data = partition_data(figures)
        partition = figures.build.partition
        points = np.cumsum(np.array(data["steps"]).reshape(-1, 2), axis=0) / GRID
        rings = np.split(points, np.cumsum(data["points"])[:-1])
        corners = cells.polygons(partition.cell_ids)
        for ring, wanted in zip(rings, corners, strict=True):
            seen = wanted[np.abs(wanted[:, 0]) < 85]  # the map ends there
            x = (seen[:, 1] / 360 + 0.5) % 1
            y = 0.5 - np.arcsinh(np.tan(np.radians(seen[:, 0]))) / (2 * np.pi)
            away = np.abs(ring[:, None, 0] % 1 - x)
            gap = np.hypot(np.minimum(away, 1 - away), ring[:, None, 1] - y)
            assert gap.min(axis=0).max(initial=0.0) < 1e-8
            assert np.ptp(ring[:, 0]) <= 0.5  # none is drawn across the whole world


PROBE = """
(() => {
  const points = %s, cells = geoguessCells;
  // Close by, because a cell of less than three pixels is also found beside itself.
  const [place, zoom] = [cells.map.getCenter(), cells.map.getZoom()];
  cells.map.setView([0, 0], 16, { animate: false });
  const found = cells.partitions.map((_, n) => {
    cells.change({ partition: n });
    return points.map(([lat, lon]) => cells.cellAt(L.latLng(lat, lon)));
  });
  cells.map.setView(place, zoom, { animate: false });
  cells.map.fire("click", { latlng: L.latLng(48.8566, 2.3522) });
  return JSON.stringify({
    found,
    info: document.getElementById("map-info").textContent,
    legend: document.querySelector(".marks").textContent,
    extras: document.getElementById("map-extras").textContent,
    pictures: [...document.images].every((image) => image.complete && image.naturalWidth > 0),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  });
})()
"""


def test_the_map_works_in_a_browser_without_a_network(made: Made, tmp_path: Path) -> None:
    rows = np.flatnonzero(np.abs(made.latitude_deg) < 84)[:: 3000 // POINTS]
    asked = np.stack([made.latitude_deg[rows], made.longitude_deg[rows]], axis=1).round(9)
    # Both sides of 180° as the map of another turn of the Earth has them.
    turned = asked + [0.0, 360.0] * (asked[:, 1:] < -179)
    shot = tmp_path / "page.png"
    probe = Path(tests.evaluation.__file__).with_name("page_probe.py")
    expression = PROBE % json.dumps(turned.tolist())
    done = subprocess.run(
        [sys.executable, str(probe), str(made.folder / "report.html"), str(shot), expression],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    seen = json.loads(done.stdout.splitlines()[-1])
    assert not seen["complaints"]
    assert {address.partition(":")[0] for address in seen["requests"]} <= {"file", "data"}
    assert sum(address.startswith("file:") for address in seen["requests"]) == 1
    answer = json.loads(seen["answer"])
    for figures, found in zip(made.account.partitions, answer["found"], strict=True):
        partition = figures.build.partition
        expected = partition.class_at(*asked.T)
        assert len(set(found)) > 15
        np.testing.assert_array_equal(found, expected)
    crowd = made.account.finest.build.partition.photo_counts.max()
    assert answer["info"].startswith(f"{crowd} photos · cell 47e66e1d8f8be23b, level 30")
    assert "cannot be divided" in answer["info"]
    assert answer["pictures"]
    assert answer["wide"] <= 0
    assert re.search(r"photos in no finest-level cell \(\d+\)", answer["extras"])
    with Image.open(shot) as image:
        assert len(image.convert("RGB").getcolors(1 << 24) or []) > 500


@pytest.mark.parametrize(
    ("low", "high", "values"),
    [
        (1.0, 1.0, [1.0]),
        (1.0, 40.0, [1.0, 2.0, 5.0, 10.0, 20.0]),
        (3.0, 400.0, [3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0]),
        (7.0, 20_000.0, [7.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0]),
        (1e-9, 5e8, [1e-9, 1e-6, 1e-3, 1.0, 1e3, 1e6]),
    ],
)
def test_a_scale_has_few_and_round_numbers(low: float, high: float, values: list[float]) -> None:
    assert round_values(low, high) == pytest.approx(values)
