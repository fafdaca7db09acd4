"""Results to text, JSON lines, CSV or GeoJSON, written one by one as they come."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.types import FailedPhoto, LocatedPhoto
from geoguess_app.export.rows import as_json
from geoguess_app.export.text import as_text
from geoguess_app.files.json_text import json_text

FORMATS = ("text", "jsonl", "csv", "geojson")

CSV_COLUMNS = (
    "img_id",
    "pred_lat",
    "pred_lng",
    "r50_km",
    "r80_km",
    "r95_km",
    "confidence",
    "level",
    "city",
    "region",
    "country",
    "country_code",
    "scene_s3",
    "scene_s16",
    "scene_s365",
    "network",
    "conflict",
    "model",
    "file",
    "status",
    "error",
    "reference",
    "matches",
    "clues",
    "clues_probability_left",
)


class ResultWriter(Protocol):
    """A writer that takes results one by one; ``end`` completes the document."""

    def write(self, result: LocatedPhoto | FailedPhoto) -> None:
        """Append one result to the document, and flush it."""

    def end(self) -> None:
        """Write what must stand after the last result."""


def make_writer(name: str, stream: TextIO, top: int, folders: Sequence[Path]) -> ResultWriter:
    """The writer for a format name; ``folders`` are those that were searched for photos."""
    if name == "jsonl":
        return JsonLinesWriter(stream, top)
    if name == "csv":
        return CsvWriter(stream, folders)
    if name == "geojson":
        return GeoJsonWriter(stream, top)
    return TextWriter(stream, top)


class TextWriter:
    """A writer of a few lines of plain text about each photo, for reading."""

    def __init__(self, stream: TextIO, top: int) -> None:
        self._stream, self._top = stream, top
        self._gap = ""

    def write(self, result: LocatedPhoto | FailedPhoto) -> None:
        """A few lines, an empty one between photos."""
        self._stream.write(self._gap + as_text(result, self._top))
        self._stream.flush()
        self._gap = "\n"

    def end(self) -> None:
        """Do nothing: such a document has no end of its own."""


class JsonLinesWriter:
    """A writer of one JSON object per line, for failed photos too."""

    def __init__(self, stream: TextIO, top: int) -> None:
        self._stream, self._top = stream, top

    def write(self, result: LocatedPhoto | FailedPhoto) -> None:
        """Write one JSON object and a line break."""
        self._stream.write(json_text(as_json(result, self._top)) + "\n")
        self._stream.flush()

    def end(self) -> None:
        """Do nothing: such a document has no end of its own."""


class CsvWriter:
    """The field's prediction table, ``img_id,pred_lat,pred_lng``, with more columns behind.

    ``img_id`` is the name relative to the folder that was searched, or the file's own name.
    """

    def __init__(self, stream: TextIO, folders: Sequence[Path]) -> None:
        self._stream, self._folders = stream, folders
        self._writer = csv.DictWriter(stream, CSV_COLUMNS, restval="", lineterminator="\n")
        self._writer.writeheader()

    def write(self, result: LocatedPhoto | FailedPhoto) -> None:
        """One row; a failed photo has a name, a status and an error only."""
        values = _csv_values(result) | {"img_id": self._image_id(result.path)}
        # A lone surrogate stands for a byte of the name that is no text; UTF-8 cannot carry it.
        self._writer.writerow(
            {
                key: value.encode("utf-8", "backslashreplace").decode()
                if isinstance(value, str)
                else value
                for key, value in values.items()
            }
        )
        self._stream.flush()

    def end(self) -> None:
        """Do nothing: such a document has no end of its own."""

    def _image_id(self, path: Path) -> str:
        for folder in self._folders:
            if path != folder and path.is_relative_to(folder):
                return path.relative_to(folder).as_posix()
        return path.name


def _csv_values(result: LocatedPhoto | FailedPhoto) -> dict[str, Any]:
    row = as_json(result, 0)
    if isinstance(result, FailedPhoto):
        return row
    scene, table = result.prediction.scene, scene_table()
    values = {
        key: row[key] for key in ("confidence", "level", "network", "model", "file", "status")
    }
    values |= row["place"]
    values |= {f"r{share}_km": km for share, km in row["radius_km"].items()}
    values |= {
        "pred_lat": f"{row['latitude']:.7f}",
        "pred_lng": f"{row['longitude']:.7f}",
        "conflict": int(row["conflict"] is not None),
    }
    if row["reference"] is not None:
        values |= {"reference": row["reference"]["file"], "matches": row["reference"]["matches"]}
    if "clues" in row:
        values |= {
            "clues": " ".join(row["clues"]["used"]),
            "clues_probability_left": row["clues"]["probability_left"],
        }
    if scene is not None:
        values |= {
            "scene_s3": table.s3_names[int(scene.s3.argmax())],
            "scene_s16": table.s16_names[int(scene.s16.argmax())],
            "scene_s365": table.labels[int(scene.s365.argmax())],
        }
    return values


class GeoJsonWriter:
    """One FeatureCollection (RFC 7946): longitude first; failed photos have no geometry."""

    def __init__(self, stream: TextIO, top: int) -> None:
        self._stream, self._top = stream, top
        self._stream.write('{"type": "FeatureCollection", "features": [')
        self._gap = "\n"

    def write(self, result: LocatedPhoto | FailedPhoto) -> None:
        """One feature on a line of its own."""
        properties = as_json(result, self._top)
        position = [properties.pop("longitude", None), properties.pop("latitude", None)]
        geometry = None if None in position else {"type": "Point", "coordinates": position}
        feature = {"type": "Feature", "geometry": geometry, "properties": properties}
        self._stream.write(self._gap + json_text(feature))
        self._stream.flush()
        self._gap = ",\n"

    def end(self) -> None:
        """Write the end of the FeatureCollection."""
        self._stream.write("\n]}\n")
        self._stream.flush()
