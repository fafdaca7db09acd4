"""Make a bundle of kind gallery out of GeoCLIP's published files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from geoguess_app.core.bundle.manifest import GalleryConfig, Manifest, PartitionEntry, Provenance
from geoguess_app.core.bundle.networks import L2NORM, NetworkConfig, TrunkConfig
from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES
from geoguess_app.core.bundle.writer import write_bundle
from geoguess_app.core.calibration.json_form import calibration_to_json
from geoguess_app.core.calibration.model import Calibration, GalleryWeights, LevelRule
from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.decision.gallery import build_gallery
from geoguess_app.core.decision.model import gallery_model
from geoguess_app.core.errors import BundleError
from geoguess_app.core.partition import Partition
from geoguess_app.core.picture.preprocess import CLIP_INPUT
from geoguess_app.core.types import UNCALIBRATED, FloatArray, Level
from geoguess_app.models.geoclip.card import DESCRIPTION, INTENDED_AREA, model_card
from geoguess_app.models.geoclip.expected import PHOTOS, PUBLISHED, expected_calibration
from geoguess_app.models.geoclip.files import GeoclipFiles, find_files
from geoguess_app.models.geoclip.places import gallery_partitions, read_places

MAIN = "main"
GALLERY_FILE = "weights/gallery.safetensors"
HEAD_FILE = "weights/projection.safetensors"
CARD_FILE = "MODEL_CARD.md"
LICENCE = "MIT"
DENSITY_EXPONENT = 0.5
"""Half of the gallery's own density is taken out until photos say better: all of it would count a
square kilometre of sea as much as one of Paris, none of it asks where photographers go."""
LEVELS = {Level.FINE: 25.0, Level.MIDDLE: 200.0, Level.COARSE: 750.0}
LEVEL_SHARE = 0.6
"""A level needs this probability within its distance (km), as in models that are calibrated."""
NAME = "GeoCLIP"
TRAINED_ON = Provenance(
    "MP-16, photos of Flickr; learned from by GeoCLIP's authors, not contained",
    "the photographers' own; no photo is in this model",
    4_720_000,
    "https://github.com/VicenteVivanco/geo-clip",
)


def build_geoclip(
    source: Path,
    target: Path,
    *,
    gallery: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
    cancel: CancelToken | None = None,
) -> Path:
    """Make a bundle out of the files in ``source``; returns where it lies.

    ``source``: a folder with GeoCLIP's files in any published layout. ``target``: a ``.geomodel``
    file or a folder. ``gallery``: a CSV of latitudes and longitudes instead of the published ones.
    ``report`` is told in a few words what is being done. Raises BundleError or TableError naming
    the file that is missing or wrong, BundleError "cancelled" where ``cancel`` says so.
    """
    files = find_files(source)
    table = _table(source, gallery or files.gallery)

    def told(step: str) -> None:
        if cancel is not None and cancel.cancelled:
            raise BundleError("Building the model was cancelled.", code="cancelled")
        report(step)

    told("Reading the places")
    latitude_deg, longitude_deg = read_places(table)
    partitions = tuple(gallery_partitions(latitude_deg, longitude_deg))
    told("Reading the networks")
    parts = _encoders(files)
    places = f"{len(latitude_deg):,}"
    embeddings = parts.encode(
        latitude_deg,
        longitude_deg,
        lambda done: told(f"Placing the gallery: {done:,} of {places}"),
    )
    stored: dict[str, np.ndarray] = {
        "embeddings": embeddings.astype(np.float16),
        "latitude_deg": latitude_deg,
        "longitude_deg": longitude_deg,
    }
    calibration = _calibration(
        stored,
        parts.scale,
        partitions,
        lambda done: told(f"Working out what to expect: {done} of {PHOTOS}"),
    )
    manifest = _manifest(parts, stored["embeddings"].shape, partitions, calibration)
    told("Writing the model")
    card = model_card(manifest, [file.name for file in files.all]).encode()
    tensors = {**parts.tensors, GALLERY_FILE: stored}
    further = {**parts.files, CARD_FILE: card}
    return write_bundle(target, manifest, partitions, tensors, further)


def _table(source: Path, named: Path | None) -> Path:
    if named is None:
        raise BundleError(
            f"The gallery's coordinates (coordinates_100K.csv) are missing in {source}: add the "
            "file, or name another table of places.",
            code="missing-file",
        )
    return named


def _calibration(
    stored: Mapping[str, np.ndarray],
    scale: float,
    partitions: tuple[Partition, ...],
    done: Callable[[int], None],
) -> Calibration:
    """What may be expected of the gallery before it was tried on photos."""
    places = stored["latitude_deg"], stored["longitude_deg"]
    built = build_gallery(stored["embeddings"], *places, scale, partitions)
    start = Calibration(
        hierarchy_exponent=1.0 / len(partitions),
        gallery=GalleryWeights(density_exponent=DENSITY_EXPONENT),
        answer="score",
        levels={level: LevelRule(km, LEVEL_SHARE) for level, km in LEVELS.items()},
    )
    return expected_calibration(gallery_model(NAME, partitions, built, start), done=done)


@dataclass(frozen=True, eq=False)
class _Encoders:
    """The image tower as a bundle stores it, and the encoder of places."""

    trunk: TrunkConfig
    size_px: int
    projection: NetworkConfig
    tensors: Mapping[str, Mapping[str, np.ndarray]]
    files: Mapping[str, bytes]
    encode: Callable[[FloatArray, FloatArray, Callable[[int], None]], np.ndarray]
    """Degrees (n), (n) and who is told of the progress → embeddings (n, size) of length 1."""
    scale: float


def _encoders(files: GeoclipFiles) -> _Encoders:
    """Read the towers. Torch or OpenVINO is loaded here and not before."""
    if files.vision is not None and files.location is not None:
        return _graphs(files.vision, files.location)
    from geoguess_app.core.network.location_encoder import encode_places
    from geoguess_app.models.geoclip.towers import TRUNK_FILE, read_towers

    towers = read_towers(files)
    projection = NetworkConfig(MAIN, (*towers.layers, L2NORM), {}, HEAD_FILE)

    def encode(
        latitude_deg: FloatArray, longitude_deg: FloatArray, done: Callable[[int], None]
    ) -> np.ndarray:
        return encode_places(towers.encode, latitude_deg, longitude_deg, done)

    tensors = {TRUNK_FILE: towers.trunk_arrays, HEAD_FILE: towers.layer_arrays}
    size_px = ARCHITECTURES[towers.trunk.architecture].input_px or CLIP_INPUT.size
    return _Encoders(towers.trunk, size_px, projection, tensors, {}, encode, towers.scale)


def _graphs(vision: Path, location: Path) -> _Encoders:
    from geoguess_app.models.geoclip.graphs import (
        SCALE,
        TRUNK_FILE,
        PlaceGraph,
        read_picture_graph,
    )

    places = PlaceGraph(location)
    trunk, data, size_px = read_picture_graph(vision, places.size)
    projection = NetworkConfig(MAIN, (L2NORM,), {})
    return _Encoders(trunk, size_px, projection, {}, {TRUNK_FILE: data}, places.encode, SCALE)


def _manifest(
    parts: _Encoders,
    shape: tuple[int, ...],
    partitions: Sequence[Partition],
    calibration: Calibration,
) -> Manifest:
    count, size = shape
    return Manifest(
        kind="gallery",
        name=NAME,
        version=f"1 {UNCALIBRATED}",
        license=LICENCE,
        description=DESCRIPTION,
        intended_area=INTENDED_AREA,
        created=datetime.now(UTC).date().isoformat(),
        preprocessing=replace(CLIP_INPUT, size=parts.size_px),
        trunks={MAIN: parts.trunk},
        networks={},
        partitions=tuple(
            PartitionEntry(p.name, f"partitions/{p.name}.csv", p.size) for p in partitions
        ),
        provenance=(TRAINED_ON,),
        gallery=GalleryConfig(
            GALLERY_FILE,
            count,
            size,
            MAIN,
            parts.scale,
            parts.projection.layers,
            parts.projection.weights,
        ),
        calibration=calibration_to_json(calibration),
        evaluation={
            "published": {f"{km:g}": share for km, share in PUBLISHED.items()},
            "published_on": "IM2GPS3k",
        },
    )
