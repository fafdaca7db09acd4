"""Models that others publish: where they are, what they weigh, what they are worth, whose they are.

Sizes and licences are as their pages said in autumn 2026; before anything is fetched, the host is
asked again, and whoever fetches is asked again where it says something else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from geoguess_app.models.web import host_of

MIRROR = "GEOGUESS_MODELS_MIRROR"
"""An environment variable: the address of a company's copy that stands for every host below."""
HUGGING_FACE = "https://huggingface.co"

GEOCLIP_ACCURACY: Mapping[float, float] = MappingProxyType(
    {1.0: 0.141, 25.0: 0.345, 200.0: 0.507, 750.0: 0.697, 2500.0: 0.838}
)
"""GeoCLIP's shares within each distance (km) on IM2GPS3k, from its paper, table 1."""


Builder = Literal["geoclip", "places365", "dinov2"]
"""What makes of the files what the program uses."""


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file of a source: the name that it has there, or one of several that it may have.

    A pattern such as ``*.csv`` stands for a file at the top whose name is not known.
    """

    names: tuple[str, ...]
    about_bytes: int
    tensors: tuple[str, ...] = ()
    """Beginnings of the names of the tensors that are fetched; empty for the whole file."""


@dataclass(frozen=True, slots=True)
class PublishedSource:
    """A repository, or a folder of a host that is none, with the files that are wanted of it."""

    host_address: str
    place: str
    files: tuple[PublishedFile, ...]
    licence: str
    licence_word: str | None = None
    """The licence as the host's own page calls it; None where it names none."""
    folder: str = ""
    """Where its files lie, below the folder of the download."""
    is_repository: bool = True
    """Whether the host can be asked for a commit and for checksums."""

    @property
    def base(self) -> str:
        """Return the address that is asked: the host's, or that of the mirror."""
        return (os.environ.get(MIRROR) or self.host_address).rstrip("/")

    @property
    def host(self) -> str:
        """Name the host that is asked."""
        return host_of(self.base)

    @property
    def about_bytes(self) -> int:
        """Return how much is fetched, as far as is known without asking."""
        return sum(file.about_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class PublishedVariant:
    """One form of a published model."""

    name: str
    what: str
    sources: tuple[PublishedSource, ...]

    @property
    def about_bytes(self) -> int:
        """Return how much is fetched, as far as is known without asking."""
        return sum(source.about_bytes for source in self.sources)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Name the hosts that are asked, each once."""
        return tuple(dict.fromkeys(source.host for source in self.sources))


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A model that others publish; ``variants`` begin with the one for most machines."""

    name: str
    title: str
    does: str
    trained_on: str
    area: str
    paper: str
    variants: tuple[PublishedVariant, ...]
    builder: Builder
    published_accuracy: Mapping[str, float] = field(default_factory=dict)
    """Share of the photos of ``measured_on`` (0…1) within so many km, by its authors."""
    measured_on: str = ""

    def variant(self, name: str | None) -> PublishedVariant | None:
        """Find a variant by name; the first without one, None if there is none of that name."""
        return next((v for v in self.variants if name in (None, v.name)), None)


def _split_geoclip(vision: Sequence[str], about_bytes: int) -> PublishedSource:
    """The split ONNX files. The location tower is always the one of full precision: it maps degrees
    times up to 256 to angles, of which half precision or eight bits would keep nothing."""
    return PublishedSource(
        HUGGING_FACE,
        "Xenova/geoclip-large-patch14",
        (
            PublishedFile(tuple(vision), about_bytes),
            PublishedFile(("onnx/location_model.onnx",), 37_800_000),
            PublishedFile(
                ("gps_gallery/coordinates_100K.json", "gps_gallery/coordinates_100K.csv"), 4_000_000
            ),
            PublishedFile(("config.json",), 1_000),
            PublishedFile(("preprocessor_config.json",), 1_000),
        ),
        "MIT",
        "mit",
    )


_OFFICIAL_GEOCLIP = (
    PublishedSource(
        HUGGING_FACE,
        "VicenteVivanco/geoclip-geolocation",
        (
            PublishedFile(("config.json",), 1_000),
            PublishedFile(("model.safetensors",), 41_600_000),
            PublishedFile(("coordinates_100K.csv", "*.csv"), 4_000_000),
        ),
        "MIT",
        "mit",
    ),
    PublishedSource(
        HUGGING_FACE,
        "openai/clip-vit-large-patch14",
        (
            PublishedFile(("config.json",), 5_000),
            PublishedFile(("preprocessor_config.json",), 1_000),
            PublishedFile(
                ("model.safetensors",),
                1_216_000_000,
                ("vision_model.", "visual_projection.weight"),
            ),
        ),
        "MIT",
        folder="clip-vit-large-patch14",
    ),
)

_GEOCLIP = PublishedModel(
    name="geoclip",
    title="GeoCLIP",
    does="Knows the look of countries and regions all over the world; far stronger than the "
    "starter on ordinary photos.",
    trained_on="4.7 million geotagged Flickr photos (MP-16), on top of CLIP, which learned from "
    "400 million pictures with text from the web",
    area="the whole world, where people take photos",
    paper="Vivanco Cepeda, Nayak, Shah: GeoCLIP, NeurIPS 2023, https://arxiv.org/abs/2309.16020",
    variants=(
        PublishedVariant(
            "int8",
            "for processors, the smallest",
            (
                _split_geoclip(
                    ("onnx/vision_model_int8.onnx", "onnx/vision_model_quantized.onnx"), 307_000_000
                ),
            ),
        ),
        PublishedVariant(
            "fp16",
            "for processors, in half precision",
            (_split_geoclip(("onnx/vision_model_fp16.onnx",), 611_000_000),),
        ),
        PublishedVariant(
            "official",
            "for graphics cards and for training: the authors' own weights",
            _OFFICIAL_GEOCLIP,
        ),
    ),
    builder="geoclip",
    published_accuracy={f"{km:g}": share for km, share in GEOCLIP_ACCURACY.items()},
    measured_on="IM2GPS3k",
)

_PLACES365 = PublishedModel(
    name="places365",
    title="Places365 ResNet-50",
    does="Names the scene in a photo, of 365 categories; locates nothing by itself.",
    trained_on="1.8 million photos of Places365-Standard",
    area="none",
    paper="Zhou, Lapedriza, Khosla, Oliva, Torralba: Places, IEEE TPAMI 2018",
    variants=(
        PublishedVariant(
            "resnet50",
            "the official file",
            (
                PublishedSource(
                    "https://places2.csail.mit.edu",
                    "models_places365",
                    (PublishedFile(("resnet50_places365.pth.tar",), 97_300_000),),
                    "CC BY",
                    is_repository=False,
                ),
            ),
        ),
    ),
    builder="places365",
)

PUBLISHED: Mapping[str, PublishedModel] = MappingProxyType(
    {model.name: model for model in (_GEOCLIP, _PLACES365)}
)
"""By the name under which they are asked for."""


def _dinov2(names: tuple[str, ...], about_bytes: int) -> tuple[PublishedSource, ...]:
    files = (PublishedFile(names, about_bytes),)
    place = "onnx-community/dinov2-small"
    return (PublishedSource(HUGGING_FACE, place, files, "Apache-2.0", "apache-2.0"),)


DINOV2 = PublishedModel(
    name="dinov2-small",
    title="DINOv2-small",
    does="Compares reference photos, where that finds more of yours than the model in use; "
    "locates nothing by itself.",
    trained_on="142 million pictures from the web (LVD-142M), without labels",
    area="none",
    paper="Oquab et al.: DINOv2, TMLR 2024, https://arxiv.org/abs/2304.07193",
    variants=(
        PublishedVariant(
            "int8",
            "for processors, the smallest",
            _dinov2(("onnx/model_int8.onnx", "onnx/model_quantized.onnx"), 24_000_000),
        ),
        PublishedVariant("fp32", "in full precision", _dinov2(("onnx/model.onnx",), 88_000_000)),
    ),
    builder="dinov2",
)

EYES: Mapping[str, PublishedModel] = MappingProxyType({DINOV2.name: DINOV2})
"""What can be fetched to compare reference photos; no models of the library."""
