"""Results for maps: GeoJSON with regions, GPX, KML, KMZ; written one by one as they come."""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import BinaryIO, TextIO
from xml.sax.saxutils import escape, quoteattr

from geoguess_app.core.errors import PhotoError
from geoguess_app.core.format import distance, percent, plain_spaces, threshold
from geoguess_app.core.geo.sphere import circle
from geoguess_app.core.types import CONFIDENCE_KM, FailedPhoto, Level, LocatedPhoto
from geoguess_app.export.cell_outlines import Outlines, multi_polygon
from geoguess_app.export.rows import as_json, degrees
from geoguess_app.export.text import clues_line, place_line, reference_line
from geoguess_app.files.json_text import json_text
from geoguess_app.photos.position_tags import MANUAL, method_by

_MOST_CELLS = 1000
"""A region of more cells says that the model does not know; it is cut and says so."""
_LARGEST_CIRCLE_KM = 2500.0
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_THUMBNAIL_PX = 240
_JPEG_QUALITY = 80


def xml_text(text: str) -> str:
    """Text for XML; what XML cannot hold (control characters, broken names) becomes "�"."""
    return escape(_NOT_XML.sub("\ufffd", text))


def _is_manual(result: LocatedPhoto) -> bool:
    """Whether a person or a receiver says where it was taken; in a review some do."""
    return not result.prediction.model


def _description(result: LocatedPhoto) -> str:
    answer = result.prediction
    if _is_manual(result):
        return f"Placed manually, not an estimate.\n{place_line(result.place)}."
    lines = [
        f"Estimated from the photo by {answer.model}, not measured.",
        f"{place_line(result.place)}; within {distance(answer.radii.r80_km)}, 80% confidence.",
    ]
    if result.reference is not None:
        lines.append(f"{reference_line(result.reference)}.")
    if result.clues is not None:
        line = clues_line(result.clues)
        lines.append(f"{line[:1].upper()}{line[1:]}.")
    if math.isfinite(answer.confidence):
        sure = f"{percent(answer.confidence)} confidence within {threshold(CONFIDENCE_KM)}."
        cannot = answer.level is Level.CANNOT_TELL
        lines.append(f"Cannot tell; {sure}" if cannot else sure)
    return plain_spaces("\n".join(lines))


class GeoJsonRegionWriter:
    """One FeatureCollection: a point for each photo, and the cells that hold ``mass`` of its
    probability as one area. ``feature`` tells the two apart."""

    def __init__(self, stream: TextIO, top: int, outlines: Outlines, mass: float) -> None:
        self._stream, self._top, self._outlines, self._mass = stream, top, outlines, mass
        self._stream.write('{"type": "FeatureCollection", "features": [')
        self._gap = "\n"

    def write(self, result: LocatedPhoto | FailedPhoto) -> None:
        """Two features; only one without geometry for a photo that failed."""
        properties = {"feature": "position", **as_json(result, self._top)}
        position = [properties.pop("longitude", None), properties.pop("latitude", None)]
        geometry = None if None in position else {"type": "Point", "coordinates": position}
        self._put({"type": "Feature", "geometry": geometry, "properties": properties})
        if isinstance(result, LocatedPhoto):
            self._region(result)

    def _region(self, result: LocatedPhoto) -> None:
        cells = self._outlines.credible(result, self._mass)[:_MOST_CELLS]
        if not cells:
            return
        properties = {
            "feature": "region",
            "file": str(result.path),
            "probability": round(sum(share for _, share in cells), 4),
            "cells": len(cells),
            "model": result.prediction.model,
        }
        geometry = multi_polygon([ring for ring, _ in cells])
        self._put({"type": "Feature", "geometry": geometry, "properties": properties})

    def _put(self, feature: dict[str, object]) -> None:
        self._stream.write(self._gap + json_text(feature))
        self._stream.flush()
        self._gap = ",\n"

    def end(self) -> None:
        """Write the end of the document; nothing may follow."""
        self._stream.write("\n]}\n")
        self._stream.flush()


class GpxWriter:
    """Waypoints (GPX 1.1, topografix.com); photos that failed are left out."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stream.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<gpx version="1.1" creator="GeoGuess" xmlns="http://www.topografix.com/GPX/1/1">\n'
        )

    def write(self, result: LocatedPhoto | FailedPhoto) -> None:
        """Write one waypoint; nothing for a photo that failed."""
        if isinstance(result, FailedPhoto):
            return
        here = result.prediction.coordinate
        # The schema fixes this order of the elements.
        self._stream.write(
            f'<wpt lat="{degrees(here.latitude_deg):.7f}" '
            f'lon="{_gpx_longitude(here.longitude_deg):.7f}">'
            f"<name>{xml_text(result.path.name)}</name>"
            f"<desc>{xml_text(_description(result))}</desc>"
            f"<src>{xml_text(_method(result))}</src>"
            f"<type>{'manual' if _is_manual(result) else 'estimate'}</type></wpt>\n"
        )
        self._stream.flush()

    def end(self) -> None:
        """Write the end of the document; nothing may follow."""
        self._stream.write("</gpx>\n")
        self._stream.flush()


def _method(result: LocatedPhoto) -> str:
    answer = result.prediction
    return MANUAL if _is_manual(result) else method_by(answer.model, answer.level)


def _gpx_longitude(longitude_deg: float) -> float:
    """GPX allows -180 but not 180."""
    value = degrees(longitude_deg)
    return -180.0 if value >= 180 else value


class KmlWriter:
    """Placemarks with a circle for the 80% radius (OGC KML 2.2); thumbnails where given."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stream.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
            "<name>GeoGuess: places estimated from photos</name>\n"
            '<Style id="estimate"><LineStyle><color>ff1e88e5</color><width>2</width></LineStyle>'
            "<PolyStyle><fill>0</fill></PolyStyle></Style>\n"
        )

    def write(self, result: LocatedPhoto | FailedPhoto, thumbnail: str | None = None) -> None:
        """One placemark; ``thumbnail`` is a path inside the KMZ."""
        if isinstance(result, FailedPhoto):
            return
        text = xml_text(_description(result)).replace("\n", "<br/>")
        if thumbnail is not None:
            text = f"<img src={quoteattr(thumbnail)}/><br/>{text}"
        here = result.prediction.coordinate
        point = f"{degrees(here.longitude_deg):.7f},{degrees(here.latitude_deg):.7f}"
        self._stream.write(
            f"<Placemark><name>{xml_text(result.path.name)}</name>"
            # Twice escaped: the description is a text that holds HTML.
            f"<description>{escape(text)}</description><styleUrl>#estimate</styleUrl>"
            f"<MultiGeometry><Point><coordinates>{point}</coordinates></Point>"
            f"{_kml_circle(result)}</MultiGeometry></Placemark>\n"
        )

    def end(self) -> None:
        """Write the end of the document; nothing may follow."""
        self._stream.write("</Document>\n</kml>\n")
        self._stream.flush()


def _kml_circle(result: LocatedPhoto) -> str:
    """The 80% radius; none where it is so large, or lies so, that a map could not draw it."""
    radius_km = result.prediction.radii.r80_km
    if not 0 < radius_km <= _LARGEST_CIRCLE_KM:
        return ""
    ring = circle(result.prediction.coordinate, radius_km)
    if abs(ring[:, 1]).max() > 180 or abs(ring[0, 1] - ring[-1, 1]) > 180:
        return ""
    points = [f"{longitude:.5f},{latitude:.5f}" for latitude, longitude in ring.tolist()]
    line = " ".join([*points, points[0]])
    return (
        "<Polygon><outerBoundaryIs><LinearRing>"
        f"<coordinates>{line}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    )


class KmzWriter:
    """A KML file and thumbnails of the photos in one archive."""

    def __init__(self, stream: BinaryIO) -> None:
        self._archive = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED)
        self._document = io.StringIO()
        self._kml = KmlWriter(self._document)
        self._count = 0

    def write(self, result: LocatedPhoto | FailedPhoto) -> None:
        """One placemark and its thumbnail."""
        if isinstance(result, FailedPhoto):
            return
        self._count += 1
        name = f"thumbnails/{self._count}.jpg"
        data = _thumbnail(result)
        if data is not None:
            self._archive.writestr(zipfile.ZipInfo(name), data)
        self._kml.write(result, name if data is not None else None)

    def end(self) -> None:
        """Put in the document and close the archive."""
        self._kml.end()
        self._archive.writestr("doc.kml", self._document.getvalue())
        self._archive.close()


def _thumbnail(result: LocatedPhoto) -> bytes | None:
    from geoguess_app.core.picture.decode import open_upright

    try:
        picture = open_upright(result.path, min_side=_THUMBNAIL_PX)
    except PhotoError:  # gone or moved since it was located
        return None
    picture.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    data = io.BytesIO()
    # Pillow writes no metadata unless asked: a thumbnail gives nothing else away.
    picture.save(data, "JPEG", quality=_JPEG_QUALITY)
    return data.getvalue()
