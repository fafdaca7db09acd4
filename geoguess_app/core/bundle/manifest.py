"""``bundle.json``: what a model bundle says about itself, as frozen values, and writing it.

``manifest_reader.py`` reads it; what the other files hold is ``bundle.py``'s business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

from geoguess_app.core.bundle.fields import Name, ShortText
from geoguess_app.core.bundle.networks import Layers, NetworkConfig, TrunkConfig
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.core.records.forms import encode
from geoguess_app.core.records.marks import Check, Count, Free, OmitDefault, OneOf, Range, Text

FORMAT = "geoguess-bundle"
FORMAT_VERSION = 1
MAX_MANIFEST_BYTES = 4_000_000
MAX_CELLS = 100_000
"""Of one partition; published ones have up to some 15,000."""
MEMBERS = "members"
"""Folder of the bundles that an ensemble is made of."""
MAX_GALLERY = 2_000_000
"""Points of a gallery: GeoCLIP's has 100,000."""
KINDS = ("cells", "regression", "retrieval", "gallery", "ensemble", "scenes")
"""What an answer is made from; a model of kind scenes labels scenes and locates nothing."""
CELL_KINDS = ("cells", "gallery", "ensemble")
"""Kinds whose answers are probabilities over the cells of partitions."""
ROUTINGS = ("hard", "mix")

_SHA256 = re.compile(r"[0-9a-f]{64}")
Digest = Annotated[str, Check(_SHA256.fullmatch, "a SHA-256 of 64 hexadecimal digits")]
Degrees = Annotated[float, Range(-180.0, 180.0)]
DegreesApart = Annotated[float, Range(1e-9, 360.0)]
FreePart = Annotated[Mapping[str, Any], Free()]


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Provenance:
    """One source of training photos."""

    name: ShortText
    license: Annotated[str, Text(1_000)]
    photos: Annotated[int, Range(0, 1_000_000_000)]
    url: Annotated[Annotated[str, Text(2_000)] | None, OmitDefault()] = None


@dataclass(frozen=True, slots=True)
class PartitionEntry:
    """A partition's table inside the bundle and how many cells it must have."""

    name: Name
    file: ShortText
    cells: Annotated[int, Range(1, MAX_CELLS)]


@dataclass(frozen=True, slots=True)
class RetrievalConfig:
    """The bank of training photos: embeddings (count, size) and how a photo's is made.

    An embedding is a trunk's features through ``layers``, L2-normalised. ``temperature`` divides
    cosine similarities before the softmax over ``neighbours``.
    """

    weights: ShortText
    count: Annotated[int, Range(1, 50_000_000)]
    size: Annotated[int, Range(1, 65_536)]
    trunk: Name
    layers: Layers = ()
    projection_weights: ShortText | None = None
    neighbours: Annotated[int, Range(1, 1000)] = 20
    temperature: Annotated[float, Range(1e-4, 100.0)] = 0.1
    photos: Annotated[ShortText | None, OmitDefault()] = None
    """Table of the bank's photos: source and author of each; see ``bank_photos.py``."""
    thumbnails: Annotated[ShortText | None, OmitDefault()] = None
    """Small pictures of those whose licence allows it."""

    @property
    def projection(self) -> NetworkConfig:
        """The layers between trunk and bank, as a network without heads."""
        return NetworkConfig(self.trunk, self.layers, {}, self.projection_weights)


@dataclass(frozen=True, slots=True)
class GalleryConfig:
    """A gallery of located embeddings (count, size), and how a photo's is made.

    A photo's embedding is a trunk's features through ``layers``, L2-normalised; ``scale``
    multiplies cosine similarities before the softmax over the gallery.
    """

    weights: ShortText
    count: Annotated[int, Range(1, MAX_GALLERY)]
    size: Annotated[int, Range(1, 65_536)]
    trunk: Name
    scale: Annotated[float, Range(1e-3, 1e4)]
    layers: Layers = ()
    projection_weights: Annotated[ShortText | None, OmitDefault()] = None

    @property
    def projection(self) -> NetworkConfig:
        """The layers between trunk and gallery, as a network without heads."""
        return NetworkConfig(self.trunk, self.layers, {}, self.projection_weights)


@dataclass(frozen=True, slots=True)
class EnsembleMember:
    """A whole bundle inside another one, and how much it says in the pool.

    Its files lie below ``members/<name>/``. Its log-probabilities count 2 · logistic(bias +
    confidence · logit(c)) times, c being its own confidence in a photo.
    """

    name: Name
    bias: Annotated[float, Range(-100.0, 100.0)] = 0.0
    confidence: Annotated[float, Range(0.0, 100.0)] = 0.0

    @property
    def prefix(self) -> str:
        """Return what its files' names begin with."""
        return f"{MEMBERS}/{self.name}/"


@dataclass(frozen=True, slots=True)
class RegressionConfig:
    """Degrees (latitude, longitude) = head "coordinates" × std + mean."""

    mean: tuple[Degrees, Degrees]
    std: tuple[DegreesApart, DegreesApart]


@dataclass(frozen=True)
class Manifest:
    """The contents of ``bundle.json``; ``docs/bundle.md`` describes the file.

    ``partitions`` run coarse → fine. ``context_networks`` maps the scenes "indoor", "natural" and
    "urban" to networks, or is empty. ``files`` maps every other file to its SHA-256; writing a
    bundle fills it in. ``calibration`` is read by ``calibration.py``; ``evaluation`` is for show.
    """

    kind: Annotated[str, OneOf(KINDS)]
    name: Annotated[str, Text(80)]
    version: Annotated[str, Text(40)]
    license: ShortText
    description: Annotated[str, Text(10_000, shortest=0)]
    intended_area: Annotated[str, Text(1_000, shortest=0)]
    created: Annotated[str, Text(40), Check(_is_date, "a date such as 2030-01-31")]
    """ISO 8601 date or time."""
    preprocessing: Preprocessing
    trunks: Annotated[Mapping[Name, TrunkConfig], Count(16)]
    networks: Annotated[Mapping[Name, NetworkConfig], Count(64)]
    partitions: Annotated[tuple[PartitionEntry, ...], Count(16)] = ()
    provenance: Annotated[tuple[Provenance, ...], Count(1000)] = ()
    scene_network: Name | None = None
    context_networks: Annotated[Mapping[Name, Name], Count(3)] = field(default_factory=dict)
    routing: Annotated[str, OneOf(ROUTINGS)] = "hard"
    retrieval: RetrievalConfig | None = None
    regression: RegressionConfig | None = None
    gallery: Annotated[GalleryConfig | None, OmitDefault()] = None
    ensemble: Annotated[tuple[EnsembleMember, ...], Count(8), OmitDefault()] = ()
    calibration: FreePart = field(default_factory=dict)
    evaluation: FreePart = field(default_factory=dict)
    files: Annotated[Mapping[str, Digest], Count(200)] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name and version, as shown to the user: "Starter 1.0"."""
        return f"{self.name} {self.version}"

    @property
    def has_cells(self) -> bool:
        """Tell whether answers are probabilities over cells: then areas, trips and maps of
        probabilities are possible."""
        return self.kind in CELL_KINDS

    @property
    def embedding(self) -> RetrievalConfig | GalleryConfig | None:
        """Return what photos' embeddings are compared with, if anything."""
        return self.retrieval or self.gallery

    def referenced_files(self) -> set[str]:
        """Every file that partitions, trunks, networks and the bank name."""
        named: set[str | None] = {entry.file for entry in self.partitions}
        named |= {trunk.weights for trunk in self.trunks.values()}
        named |= {network.weights for network in self.networks.values()}
        if self.retrieval:
            bank = self.retrieval
            named |= {bank.weights, bank.projection_weights, bank.photos, bank.thumbnails}
        if self.gallery:
            named |= {self.gallery.weights, self.gallery.projection_weights}
        return {name for name in named if name is not None}

    def with_files(self, files: Mapping[str, str]) -> Manifest:
        """The same manifest with these hashes."""
        return replace(self, files=dict(sorted(files.items())))

    def to_json(self) -> dict[str, Any]:
        """The whole file as one JSON object."""
        return {"format": FORMAT, "format_version": FORMAT_VERSION, **encode(self)}

    def to_bytes(self) -> bytes:
        """The file's bytes: sorted keys, so equal manifests are equal files.

        Raises ValueError for numbers that are not finite.
        """
        text = json.dumps(
            self.to_json(), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False
        )
        return (text + "\n").encode()
