"""Sections that the recipes of more than one pipeline have, each with its bounds."""

from __future__ import annotations

from dataclasses import dataclass

from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """The section [model]: what the model is called, may be used for, and is good at."""

    name: str
    version: str
    license: str
    description: str
    intended_area: str
    uses: str
    """What the model is good for and what not, in plain words, for its card (Markdown)."""
    history: str = ""
    """How it compares with the version before, for its card (Markdown)."""


@dataclass(frozen=True, slots=True)
class PartitionChoice:
    """An entry of [[partitions]]: its name, and the fewest and most photos of a cell."""

    name: str
    tau_min: int
    tau_max: int


@dataclass(frozen=True, slots=True)
class TrunkDesign:
    """A trunk's architecture and pooling; raises ValueError for one that the program lacks."""

    architecture: str
    pooling: str = "avg"

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"unknown architecture {self.architecture}")
        possible = ARCHITECTURES[self.architecture].poolings
        if self.pooling not in possible:
            raise ValueError(
                f"{self.architecture} cannot be pooled by {self.pooling}: use {', '.join(possible)}"
            )

    def check_input(self, size_px: int) -> None:
        """Raise ValueError for crops of a side (pixels) that the trunk does not take."""
        needed = ARCHITECTURES[self.architecture].input_px
        if needed not in (None, size_px):
            raise ValueError(f"{self.architecture} takes crops of size {needed}, not {size_px}")


@dataclass(frozen=True, slots=True)
class PretrainedTrunk(TrunkDesign):
    """The section [trunk]: the design and the weights that training starts from.

    ``weights``: "imagenet" (torchvision's cache, or the installed package of EfficientNet-Lite2),
    "scratch", "geoclip" (CLIP's vision tower out of the installed GeoCLIP model), or the path of a
    file or model.
    """

    weights: str = "imagenet"
