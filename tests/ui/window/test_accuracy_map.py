"""Errors on the map page itself: dots, great circles across ±180°, clicks, colours, the legend."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
import s2sphere
import shiboken6
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.core.format import plain_spaces
from geoguess_app.core.types import Coordinate
from geoguess_app.evaluation.accuracy.photos import (
    EvaluationOrigin,
    JudgedPhotos,
    JudgedRow,
    judged_photos,
)
from geoguess_app.ui.accuracy import bands
from geoguess_app.ui.accuracy.map_side import AccuracyMapSide
from tests.ui.map_page import MapDriver

PART = "geoguess.parts.all.find((part) => part.topics?.errors)"
PARIS = (48.8566, 2.3522)
NEAR_PARIS = (48.9, 2.5)
BERLIN = (52.52, 13.405)
EAST_OF_FIJI = (-16.9, -179.4)
TOKYO = (35.68, 139.69)
SANTIAGO = (-33.45, -70.67)
# One photo of each kind: nearly right, a country off, and half the world off across ±180°.
ROWS = (
    (PARIS, NEAR_PARIS, 0.9, 30.0),
    (BERLIN, PARIS, 0.6, 100.0),
    (TOKYO, SANTIAGO, 0.05, 9000.0),
    (EAST_OF_FIJI, (-17.0, 178.0), 0.3, 400.0),
)


def judged() -> JudgedPhotos:
    rows = [
        JudgedRow(
            f"set/{number}.jpg", truth, answer, radii_km=(r / 2, r, 2 * r), confidence=confidence
        )
        for number, (truth, answer, confidence, r) in enumerate(ROWS)
    ]
    return judged_photos(EvaluationOrigin("four photos"), rows)


class Shown(MapDriver):
    """A map alone, with the errors of four photos."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot, width=760, height=560)
        self.open()
        self.photos = judged()
        self.side = AccuracyMapSide(self)  # type: ignore[arg-type]  # takes the map alone, too
        self.chosen: list[int] = []
        self.side.chosen.connect(self.chosen.append)

    def reset(self, qtbot: QtBot) -> None:
        """All four photos, none chosen, on an empty map."""
        self.side.leave()
        super().reset(qtbot)
        self.chosen.clear()
        self.side.show_set(self.photos)
        self.side.show_some(np.arange(4))
        self.drawn("errorsShown", self.side.enter)
        self.await_js(f"{PART}.order?.length === 4")

    def when_map(self, use: object) -> None:
        use(self.view)  # type: ignore[operator]

    def see(self, where: tuple[float, float], zoom: float) -> None:
        self.settle()
        self.look_at(*where, zoom)
        self.settle()

    def settle(self) -> None:
        self.await_js("!geoguess.dirty")

    def above(self, where: tuple[float, float]) -> tuple[QColor, int]:
        """Colour and opacity (0…255) of what is painted over the map at a place."""
        at = self.point(Coordinate(*where))
        rgba = self.js(
            "(() => { const r = devicePixelRatio;"
            " const spot = new OffscreenCanvas(1, 1).getContext('2d');"
            "for (const { canvas, window: { inner: i } } of [geoguess.dots, geoguess.above])"
            f" spot.drawImage(canvas, -(i.left + {at.x()}) * r, -(i.top + {at.y()}) * r);"
            " return [...spot.getImageData(0, 0, 1, 1).data]; })()"
        )
        return QColor(*rgba[:3]), rgba[3]


@pytest.fixture(scope="module")
def one(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Shown]:
    made = Shown(QtBot(request))
    yield made
    shiboken6.delete(made.view)


@pytest.fixture
def shown(one: Shown, qtbot: QtBot) -> Shown:
    one.reset(qtbot)
    return one


def is_like(found: QColor, wanted: str) -> bool:
    other = QColor(wanted)
    return all(
        abs(a - b) <= 12
        for a, b in zip(found.getRgb()[:3], other.getRgb()[:3], strict=True)  # type: ignore[index]
    )


@pytest.mark.parametrize(("number", "band"), [(0, 1), (1, 4), (2, 5), (3, 3)])
def test_dots_stand_at_the_truth_in_the_colour_of_their_error(
    shown: Shown, number: int, band: int
) -> None:
    truth = ROWS[number][0]
    shown.see(truth, 4.0)
    colour, opacity = shown.above(truth)
    assert opacity == 255
    assert is_like(colour, bands.COLOURS["light"][band])


def test_dots_are_seen_in_every_copy_of_the_world(shown: Shown) -> None:
    shown.see((-16.9, 179.9), 5.0)
    assert shown.above(EAST_OF_FIJI)[1] == 255
    shown.see((-16.9, -179.9), 5.0)
    assert shown.above(EAST_OF_FIJI)[1] == 255


def test_dark_has_its_own_colours(shown: Shown) -> None:
    shown.drawn("theme", lambda: shown.view.set_theme("dark"))
    shown.see(BERLIN, 4.0)
    assert is_like(shown.above(BERLIN)[0], bands.COLOURS["dark"][4])


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_click_on_a_dot_tells_which_photo_it_is(shown: Shown, number: int) -> None:
    truth = Coordinate(*ROWS[number][0])
    shown.see(ROWS[number][0], 6.0)
    shown.click(shown.point(truth))
    shown.qtbot.waitUntil(lambda: shown.chosen == [number])


def test_hovering_tells_error_confidence_radius_and_name(shown: Shown) -> None:
    shown.see(BERLIN, 6.0)
    shown.move_to(shown.point(Coordinate(*BERLIN)))
    shown.await_js("!geoguess.tooltip.card.hidden")
    text = shown.js("geoguess.tooltip.card.textContent")
    assert text == "877\N{NO-BREAK SPACE}km off · 60% confidence · outside the 80% radius · 1.jpg"


def middle(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Half of the great circle between two places, by s2sphere."""
    ends = [s2sphere.LatLng.from_degrees(*place).to_point() for place in (a, b)]
    between = s2sphere.LatLng.from_point(ends[0] + ends[1])
    return between.lat().degrees, between.lng().degrees


def test_the_way_leads_along_the_great_circle_across_180_degrees(shown: Shown) -> None:
    shown.drawn("errorChosen", lambda: shown.side.show_one(2, fit=True))
    shown.settle()
    half = middle(TOKYO, SANTIAGO)
    assert abs(half[1]) > 120  # over the Pacific, not over Africa
    shown.see(half, 5.0)
    ink = shown.js("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    colour, opacity = shown.above(half)
    assert opacity == 255
    assert is_like(colour, ink)
    away = (half[0] + 3.0, half[1] - 3.0)
    assert shown.above(away)[1] == 0


def test_choosing_shows_truth_answer_and_radius_and_goes_there(shown: Shown) -> None:
    shown.drawn("errorChosen", lambda: shown.side.show_one(1, fit=True))
    shown.await_js("geoguess.map.getZoom() > 4")
    shown.settle()
    known, accent = (
        shown.js(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}')")
        for name in ("known", "accent")
    )
    assert is_like(shown.above(BERLIN)[0], known)
    assert is_like(shown.above(PARIS)[0], accent)
    view = shown.js("[geoguess.map.getBounds().getWest(), geoguess.map.getBounds().getEast()]")
    assert view[0] < PARIS[1] < BERLIN[1] < view[1]
    # The 80% circle of 100 km around the answer: due south of it, 100 / 111.19 degrees.
    bottom = (PARIS[0] - 100.0 / 111.195, PARIS[1])
    ring = shown.js(f"Array.from({PART}.chosen.circle.points)")
    y = shown.js(f"geoguess.map.project([{bottom[0]}, {bottom[1]}], 0).y / 256")
    assert max(ring[1::2]) == pytest.approx(y, abs=1e-6)


def test_what_the_filters_leave_out_is_neither_painted_nor_clicked(shown: Shown) -> None:
    shown.drawn("errorsShown", lambda: shown.side.show_some(np.array([1, 2])))
    shown.await_js(f"{PART}.order?.length === 2")
    shown.see(PARIS, 6.0)
    assert shown.above(PARIS)[1] == 0
    shown.click(shown.point(Coordinate(*PARIS)))
    shown.see(BERLIN, 6.0)
    shown.click(shown.point(Coordinate(*BERLIN)))
    shown.qtbot.waitUntil(lambda: shown.chosen == [1])


def test_the_legend_has_numbers_and_counts(shown: Shown) -> None:
    rows = "[...document.querySelectorAll('.error-legend li')].map((li) => li.innerText)"
    texts = [plain_spaces(text).replace("\n", " ") for text in shown.js(rows)]
    assert texts == [
        "≤ 1 km 0",
        "≤ 25 km 1",
        "≤ 200 km 0",
        "≤ 750 km 1",
        "≤ 2,500 km 1",
        "> 2,500 km 1",
    ]
    shown.drawn("errorsShown", lambda: shown.side.show_some(np.array([2])))
    shown.await_js(f"{PART}.order?.length === 1")
    shown.settle()
    assert [text.split()[-1] for text in shown.js(rows)] == ["0", "0", "0", "0", "0", "1"]


def test_leaving_takes_everything_off_the_map_and_entering_brings_it_back(shown: Shown) -> None:
    shown.drawn("errorChosen", lambda: shown.side.show_one(1, fit=False))
    shown.drawn("errors", shown.side.leave)
    shown.await_js(f"{PART}.isEmpty")
    assert not shown.js("!!document.querySelector('.error-legend')?.offsetParent")
    shown.drawn("errorChosen", shown.side.enter)
    shown.await_js(f"{PART}.order?.length === 4 && {PART}.chosen?.index === 1")


# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
VISION = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def lab(colour: str, vision: str) -> np.ndarray:
    """CIE Lab (D65) of a colour as somebody with that vision sees it."""
    srgb = np.array(QColor(colour).getRgbF()[:3])  # type: ignore[index]
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(VISION[vision]) @ linear, 0, 1)
    f = np.cbrt(xyz / np.array([0.95047, 1.0, 1.08883]))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_colours_stay_apart_for_colour_blind_readers(theme: str, vision: str) -> None:
    seen = [lab(colour, vision) for colour in bands.COLOURS[theme]]
    for a, b in itertools.combinations(seen, 2):
        assert np.linalg.norm(a - b) > 18
