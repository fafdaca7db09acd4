"""Accuracy mode on the map page: what is pushed to its part, and what it reports."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from geoguess_app.core.format import percent
from geoguess_app.core.geo.mercator import world_points
from geoguess_app.core.types import Coordinate
from geoguess_app.ui.accuracy import bands, wording
from geoguess_app.ui.kit.words import tr
from geoguess_app.ui.map.mercator import arc
from geoguess_app.ui.map.payload import WHOLE_EARTH_KM, compact, region_payload
from geoguess_app.ui.map.view import MapView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoguess_app.core.types import IntArray
    from geoguess_app.evaluation.accuracy.photos import JudgedPhotos
    from geoguess_app.ui.map.pane import MapPane

_KEPT = 2
"""So many published sets stay, since the page may still be fetching the one before."""
_MOST_FITTED = 300
_numbers = itertools.count(1)


class AccuracyMapSide(QObject):
    """A side that shows judged photos on the map while the mode is on."""

    chosen = Signal(int)
    """Index of the photo whose dot was clicked."""

    def __init__(self, pane: MapPane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pane = pane
        self._view: MapView | None = None
        self._on = False
        self._photos: JudgedPhotos | None = None
        self._set: dict[str, object] | None = None
        self._shown: IntArray | None = None
        self._index = -1

    def enter(self) -> None:
        """Show everything that has been set."""
        self._on = True
        if self._view is None:
            self._pane.when_map(self._connect)
        else:
            self._push_all()

    def leave(self) -> None:
        """Take everything off the map; it comes back with ``enter``."""
        self._on = False
        if self._view is not None:
            for topic in ("errorChosen", "errorsShown", "errors"):
                self._view.push(topic, None)

    def show_set(self, photos: JudgedPhotos | None) -> None:
        """Show other photos, none of them chosen; they appear with the first ``show_some``."""
        self._photos, self._set, self._shown, self._index = photos, None, None, -1
        if self._on and self._view is not None:
            self._push_all()

    def show_some(self, shown: IntArray) -> None:
        """Show only photos with these indices."""
        self._shown = shown
        if self._on and self._view is not None:
            self._push_shown(self._view)

    def show_one(self, index: int, *, fit: bool) -> None:
        """Show truth, answer and the way between them; −1 for none."""
        self._index = index
        if self._on and self._view is not None:
            self._push_one(self._view, fit=fit)

    def fit(self) -> None:
        """Go to the chosen photo again, or else to all that are shown."""
        if self._view is None or self._photos is None:
            return
        if self._index >= 0:
            truth, answer = error_ends(self._photos, self._index)
            self._view.fit_places([truth, answer])
        else:
            self.fit_shown()

    def fit_shown(self) -> None:
        """Go to where the photos on show lie; many of them lie all over the world."""
        if self._view is None or self._photos is None or self._shown is None:
            return
        if 0 < len(self._shown) <= _MOST_FITTED:
            where = self._photos.truth_deg[self._shown].tolist()
            self._view.fit_places([Coordinate(*place) for place in where])
        else:
            self._view.fit_world()

    def _connect(self, view: MapView) -> None:
        self._view = view
        view.listen("error", lambda index: self.chosen.emit(int(index)))
        if self._on:
            self._push_all()

    def _push_all(self) -> None:
        view = self._view
        assert view is not None
        if self._photos is not None and self._set is None:
            self._set = self._published(view, self._photos)
        view.push("errors", self._set)
        self._push_shown(view)
        self._push_one(view, fit=False)

    def exported(self) -> tuple[dict[str, object], dict[str, bytes]]:
        """Topics and files of the photos on show alone: what filters hide is not given away."""
        if self._photos is None or self._shown is None:
            return {}, {}
        photos = self._photos.only(self._shown)
        files: dict[str, bytes] = {}

        def keep(name: str, content: bytes) -> str:
            files[f"data/{name}"] = content
            return f"data/{name}"

        described = _describe(
            photos, 0, keep("errors.bin", pack_errors(photos)), keep("errors.json", _texts(photos))
        )
        band = bands.band_of(photos.error_km, photos.about.scale)
        order = _mix(len(photos)).astype("<u4")
        chosen = np.flatnonzero(self._shown == self._index)
        one = one_payload(photos, int(chosen[0])) if len(chosen) else None
        topics: dict[str, object] = {
            "errors": described,
            "errorsShown": _choice(0, keep("shown.bin", order.tobytes()), band),
            "errorChosen": one and {**one, "fit": False},
        }
        return topics, files

    def _published(self, view: MapView, photos: JudgedPhotos) -> dict[str, object]:
        number = next(_numbers)
        place = number % _KEPT
        # The number makes the path new, so that no old content is taken for the new one.
        data = view.publish(f"errors-{place}.bin", pack_errors(photos)) + f"?{number}"
        texts = view.publish(f"errors-{place}.json", _texts(photos)) + f"?{number}"
        return _describe(photos, number, data, texts)

    def _push_shown(self, view: MapView) -> None:
        if self._photos is None or self._set is None or self._shown is None:
            view.push("errorsShown", None)
            return
        band = bands.band_of(self._photos.error_km[self._shown], self._photos.about.scale)
        mixed = _mix(len(self._photos))
        order = self._shown[np.argsort(mixed[self._shown])].astype("<u4")
        number = next(_numbers)
        path = view.publish(f"errors-shown-{number % _KEPT}.bin", order.tobytes())
        view.push("errorsShown", _choice(self._set["id"], f"{path}?{number}", band))

    def _push_one(self, view: MapView, *, fit: bool) -> None:
        if self._photos is None or self._index < 0:
            view.push("errorChosen", None)
        else:
            view.push("errorChosen", {**one_payload(self._photos, self._index), "fit": fit})


def _mix(number: int) -> IntArray:
    """An order that is always the same: no band hides another where dots crowd."""
    return np.random.default_rng(0).permutation(number)


def _texts(photos: JudgedPhotos) -> bytes:
    """What the card at the pointer says of each photo, in parts."""
    columns = (photos.error_km, photos.confidence, photos.radii_km[:, 1], photos.inside)
    texts = [
        [*_figures(*figures), file.replace("\\", "/").rsplit("/", 1)[-1]]
        for *figures, file in zip(*(c.tolist() for c in columns), photos.files, strict=True)
    ]
    return compact(texts).encode()


def _figures(error_km: float, confidence: float, r80_km: float, inside: bool) -> Iterator[str]:
    yield wording.error_text(error_km)
    if not math.isnan(confidence):
        yield tr("{percent} confidence").format(percent=percent(confidence))
    if math.isfinite(r80_km):
        yield tr("inside the 80% radius") if inside else tr("outside the 80% radius")


def _describe(photos: JudgedPhotos, number: int, data: str, texts: str) -> dict[str, object]:
    scale = photos.about.scale
    titles = [
        {"title": bands.title(band, scale), "short": bands.short(band, scale)}
        for band in range(len(scale.thresholds_km) + 1)
    ]
    return {"id": number, "data": data, "texts": texts, "bands": titles, "colors": bands.COLOURS}


def _choice(number: object, order: str, band: IntArray) -> dict[str, object]:
    counts = np.bincount(band, minlength=len(bands.COLOURS["light"]))
    return {"id": number, "order": order, "counts": counts.tolist()}


def pack_errors(photos: JudgedPhotos) -> bytes:
    """Columns as errors.js reads them, little endian: world x, y (float64), band (byte)."""
    world = world_points(*photos.truth_deg.T)
    x = world[:, 0] - np.floor(world[:, 0])
    band = bands.band_of(photos.error_km, photos.about.scale)
    parts = (x.astype("<f8"), world[:, 1].astype("<f8"), band.astype("u1"))
    return b"".join(part.tobytes() for part in parts)


def error_ends(photos: JudgedPhotos, index: int) -> tuple[Coordinate, Coordinate]:
    """Truth and answer of one photo."""
    truth, answer = photos.truth_deg[index].tolist(), photos.answer_deg[index].tolist()
    return Coordinate(*truth), Coordinate(*answer)


def one_payload(photos: JudgedPhotos, index: int) -> dict[str, Any]:
    """Return what the page draws of one photo: the great circle from truth to answer, the 80%
    circle."""
    truth, answer = error_ends(photos, index)
    r80_km = float(photos.radii_km[index, 1])
    ring = region_payload(answer, r80_km) if 0 < r80_km < WHOLE_EARTH_KM else []
    return {"index": index, "line": arc(truth, answer).round(9).ravel().tolist(), "ring": ring}
