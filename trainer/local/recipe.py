"""The recipe of a local model: which photos count, how they are divided, what is tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.bundle.manifest import Manifest
from geoguess_app.core.bundle.trunk_designs import VIT_DESIGNS
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.picture.preprocess import CLIP_INPUT, Preprocessing
from geoguess_app.paths import starter_bundle_dir
from trainer.common.fields import decode_table, read_toml, with_changes
from trainer.common.recipe_sections import ModelDescription, PretrainedTrunk
from trainer.common.trunk_stage import LITE2
from trainer.local.spaces import SpaceName

SplitBy = Literal["place", "random"]


@dataclass(frozen=True, slots=True)
class PhotoFilters:
    """Filters for photos that are fit to learn from; see ``geoguess-train photos``. 0 switches one
    off."""

    min_side_px: int = 128
    min_sharpness: float = 20.0
    duplicate_bits: int = 6
    gps_tolerance_km: float = 1.0
    max_speed_kmh: float = 1200.0
    max_fix_age_hours: float = 24.0
    within_km: float = 0.0
    """Only photos this near to the middle one; the others serve as photos from elsewhere. 0: all"""


@dataclass(frozen=True, slots=True)
class SplitChoice:
    """The choice of photos that are put aside to measure on, and how the others are held out in
    turn."""

    by: SplitBy = "place"
    """"place": a spot's photos are all learned from or all measured on; "random": a spot may have
    both. Photos of one burst and near-duplicates stay together either way."""
    test_share: float = 0.2
    folds: int = 5
    seed: int = 1
    place_level: int = 0
    """S2 level of a spot; 0: the coarsest with enough spots."""
    burst_minutes: float = 5.0
    burst_m: float = 50.0
    """Photos of one camera, taken so soon and so near after one another, are one burst."""
    copy_bits: int = 10
    """Pictures whose 64-bit hashes differ in at most so many bits are near-duplicates."""

    def __post_init__(self) -> None:
        if not 0.0 < self.test_share <= 0.5:
            raise ValueError("test_share must be above 0 and at most 0.5")
        if self.folds < 2:
            raise ValueError("folds must be at least 2")
        if not 0 <= self.place_level <= 30:
            raise ValueError("place_level must be from 0 to 30")


@dataclass(frozen=True, slots=True)
class SpaceChoice:
    """The space in which photos are compared; see ``trainer/local/spaces.py``."""

    names: tuple[SpaceName, ...] = ("world", "plain", "here")
    """"world" needs the trunk, pooling and pictures of the starter model."""
    size: int = 256
    whitening: float = 0.5
    """Power of the variances by which directions are shrunk: 0 none, 1 to equal variance."""

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("names must not be empty")


@dataclass(frozen=True, slots=True)
class NeighbourTrials:
    """Settings tried for the mean of look-alike photos."""

    counts: tuple[int, ...] = (1, 5, 10, 20)
    temperatures: tuple[float, ...] = (0.02, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class RegressionTrials:
    """Settings tried for coordinates as two numbers: how strongly their weights are held down."""

    shrinkages: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class CellTrials:
    """Settings tried for cells: most photos of one, as shares of all (0: as many cells as
    ``geoguess-train partition --suggest`` thinks right); weight decay of the heads."""

    largest_shares: tuple[float, ...] = (0.0, 0.15)
    decays: tuple[float, ...] = (0.001, 0.01)


@dataclass(frozen=True, slots=True)
class LocalRecipe:
    """All choices of a local model. A list of settings that is empty leaves that kind out."""

    task: Literal["local"]
    model: ModelDescription
    trunk: PretrainedTrunk = field(default_factory=lambda: PretrainedTrunk(LITE2))
    preprocessing: Preprocessing | None = None
    """None: as the trunk was pretrained, with three crops."""
    as_starter: bool = False
    """Pool and look at pictures as the starter model does, if the trunk is its own: only then does
    what it knows of the world serve here (the space "world")."""
    photos: PhotoFilters = field(default_factory=PhotoFilters)
    split: SplitChoice = field(default_factory=SplitChoice)
    spaces: SpaceChoice = field(default_factory=SpaceChoice)
    neighbours: NeighbourTrials = field(default_factory=NeighbourTrials)
    regression: RegressionTrials = field(default_factory=RegressionTrials)
    cells: CellTrials = field(default_factory=CellTrials)
    elsewhere_share: float = 0.2
    """How many photos from elsewhere a user is thought to ask about; 0: none, and no answer is
    "cannot tell"."""
    thumbnails: bool = False
    """Whether a bank carries small pictures of its photos: whoever gets the model sees them."""
    decimals: int = 7
    """Decimals of a degree that a bank keeps; 2 hides the spot behind a kilometre."""

    def __post_init__(self) -> None:
        self.trunk.check_input(self.pictures.size)

    @property
    def pictures(self) -> Preprocessing:
        """Return how photos become crops."""
        return self.preprocessing or usual_preprocessing(self.trunk.architecture)

    def settled(self) -> LocalRecipe:
        """Give the recipe with the starter model's pooling and pictures, where they are asked for
        and fit."""
        starter = starter_manifest() if self.as_starter else None
        if starter is None or starter.retrieval is None:
            return self
        theirs = starter.trunks[starter.retrieval.trunk]
        if theirs.architecture != self.trunk.architecture:
            return self
        trunk = replace(self.trunk, pooling=theirs.pooling)
        return replace(self, trunk=trunk, preprocessing=starter.preprocessing)

    def to_json(self) -> dict[str, Any]:
        """Give the recipe as plain values."""
        return asdict(self)


def usual_preprocessing(architecture: str) -> Preprocessing:
    """Return what the published weights of a trunk were trained with; three crops."""
    if architecture in VIT_DESIGNS:
        return replace(CLIP_INPUT, size=VIT_DESIGNS[architecture].size_px, crops=3)
    if architecture.startswith("efficientnet"):
        plain, wide = (127.0, 127.0, 127.0), (128.0, 128.0, 128.0)
        return Preprocessing(size=260, mean=plain, std=wide, crops=3, interpolation="bicubic")
    mean, std = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    return Preprocessing(size=224, mean=mean, std=std, crops=3)


def starter_manifest() -> Manifest | None:
    """Return what the model that comes with the program says of itself; None where it is
    missing."""
    try:
        return open_bundle(starter_bundle_dir()).manifest
    except GeoGuessError:
        return None


def read_local_recipe(path: Path, changes: Iterable[str] = ()) -> LocalRecipe:
    """Read a recipe, with ``--set`` changes; raises TableError naming the key that is wrong."""
    return decode_table(LocalRecipe, with_changes(read_toml(path), changes), str(path))
