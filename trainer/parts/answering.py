"""Ways of answering the photos of a shard: located, or labelled with the scenes they show."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.picture.decode import PhotoBytes
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import FailedPhoto, LocatedPhoto
from geoguess_app.locating.answer_codec import encode_likeliest
from geoguess_app.locating.scenes import decoding_threads, label_scenes
from geoguess_app.locating.stream import locate
from trainer.common.errors import TrainError
from trainer.data.scene_columns import FAILURE, labels_batch
from trainer.data.shard_stream import StreamItem

_ANSWER_SCHEMA = pa.schema(
    [
        *((name, pa.float64()) for name in ("answer_lat", "answer_lng")),
        *((name, pa.float64()) for name in ("r50_km", "r80_km", "r95_km", "confidence")),
        *((name, pa.string()) for name in ("level", "network", "city", "country_code")),
        *((name, pa.string()) for name in ("answer", "error_code", "error")),
    ]
)
"""``answer`` is what ``encode_likeliest`` gives; the columns before it say the same for people."""


@dataclass(frozen=True, eq=False)
class LocateAnswering:
    """The positions that a model gives."""

    predictor: Predictor
    threads: int | None = None
    kind: Literal["locate"] = "locate"
    error_column: str = "error"
    places: PlaceFinder = field(default_factory=PlaceFinder)

    def answer(self, items: Iterable[StreamItem]) -> pa.RecordBatch:
        """Give a row for each photo, in order; one that cannot be read says why in ``error``."""
        photos = (PhotoBytes(Path(str(item.row["file_name"])), item.photo) for item in items)
        threads = self.threads or decoding_threads(self.predictor.device_name)
        with closing(
            locate(photos, self.predictor, places=self.places, threads=threads)
        ) as located:
            rows = [_row(result) for result in located]
        failures = [row["error"] for row in rows if row.get("error_code") == "unexpected"]
        if 2 * len(failures) > len(rows):
            raise TrainError(
                f"{failures[-1]} So it was with most photos of a shard, which points to the model "
                "or the device; nothing of that shard was kept, the same command goes on from it.",
                code="model",
            )
        return pa.RecordBatch.from_pylist(rows, _ANSWER_SCHEMA)


def _row(result: LocatedPhoto | FailedPhoto) -> dict[str, Any]:
    if isinstance(result, FailedPhoto):
        return {"error_code": result.code, "error": result.message}
    found, place = result.prediction, result.place
    return {
        "answer_lat": found.coordinate.latitude_deg,
        "answer_lng": found.coordinate.longitude_deg,
        "r50_km": found.radii.r50_km,
        "r80_km": found.radii.r80_km,
        "r95_km": found.radii.r95_km,
        "confidence": found.confidence,
        "level": str(found.level),
        "network": found.network,
        "city": place.city,
        "country_code": place.country_code,
        "answer": encode_likeliest(found, place),
    }


@dataclass(frozen=True, eq=False)
class SceneAnswering:
    """The scene labels that a model gives."""

    predictor: Predictor
    threads: int | None = None
    kind: Literal["scenes"] = "scenes"
    error_column: str = FAILURE

    def answer(self, items: Iterable[StreamItem]) -> pa.RecordBatch:
        """Label as ``geoguess-train scenes`` does, all 365 probabilities included."""
        photos = (item.photo for item in items)
        with closing(label_scenes(photos, self.predictor, threads=self.threads)) as labels:
            return labels_batch(list(labels), self.predictor.model_name)


Answering = LocateAnswering | SceneAnswering
