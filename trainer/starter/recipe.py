"""A recipe: everything that was chosen for a model, in one TOML file, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geoguess_app.core.picture.preprocess import Preprocessing
from trainer.common.fields import decode_table, read_toml
from trainer.common.recipe_sections import ModelDescription, PartitionChoice, PretrainedTrunk
from trainer.starter.heads import HeadSchedule


@dataclass(frozen=True, slots=True)
class PhotoTables:
    """Tables inside the folder of photos; ``teacher`` gives soft labels of them: see
    ``trainer/teacher.py``."""

    geo: str
    scenes: str
    teacher: str
    teacher_name: str = ""
    """What gave soft labels that lie in files, for the model's card."""
    further: tuple[str, ...] = ()
    """More tables of places; those that the teacher has no labels of do not train scenes."""

    @property
    def places(self) -> tuple[str, ...]:
        """All tables of places."""
        return (self.geo, *self.further)


@dataclass(frozen=True, slots=True)
class SceneTraining:
    """The scene head: hard labels and a teacher's soft ones."""

    schedule: HeadSchedule
    teacher_weight: float
    """What a soft label counts beside a hard one of the same photo."""
    teacher_only_weight: float
    """What a photo counts that has soft labels only."""
    group_weight: float
    """What the coarse label (indoor, natural, urban) counts."""


@dataclass(frozen=True, slots=True)
class GeoTraining:
    """Basic head, multi-scale heads and CSNs."""

    schedule: HeadSchedule
    context_schedule: HeadSchedule
    whitening: float
    """As under retrieval, for the space that cells are told apart in."""
    smoothing_km: float
    """Neighbouring cells share the label by exp(-(d - d_true) / smoothing_km); 0: hard labels."""
    context_threshold: float
    """A photo trains the CSN of every scene whose probability is above this (τ_s)."""
    context_networks: bool
    routing: Literal["hard", "mix"] = "hard"
    """"hard": the network of the likeliest scene answers; "mix": all, by scene probability."""


@dataclass(frozen=True, slots=True)
class PairSchedule:
    """The schedule by which the bank's space learns from pairs of one place; see
    ``pair_matrix``."""

    epochs: int
    """0: it does not."""
    temperature: float = 0.1
    """Lower: only the most alike of the other photos matter."""
    learning_rate: float = 3e-4
    batch: int = 256
    apart_km: float = 25.0
    """Photos closer than this need not be told apart."""
    pull: float = 1e-3
    """How strongly the matrix is held back towards no change."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RetrievalChoice:
    """The bank's projection and how many neighbours speak."""

    size: int
    whitening: float
    """Power of the eigenvalues by which directions are shrunk: 0 plain PCA, 1 full whitening."""
    neighbours: int
    burst_km: float
    """Photos this close share half of their bank vectors; 0: none."""
    place_km: float = 0.0
    """Photos this close show one place, and the bank's space learns to overlook how they differ;
    0: it looks at no position."""
    place_shrinkage: float = 0.3
    """How far that is held back towards no change; see ``place_whitening``."""
    animal_limit: float = 1.0
    """The bank has no photo that shows an animal with more than this probability; 1: it has all."""
    pairs: PairSchedule = PairSchedule(epochs=0)
    """What it learns on top of that from photos of one place by different sources."""

    def __post_init__(self) -> None:
        if self.pairs.epochs and not self.place_km:
            raise ValueError("pairs needs place_km: how close the photos of one place are")


@dataclass(frozen=True, slots=True)
class PlaceRecognition:
    """The rule by which a photo is taken to show no place, from what the trunk's own classifier
    sees in it; see ``place_weights``."""

    limit: float
    """The score at which it is as likely to show none."""
    slope: float
    """How fast the log-odds rise with the score."""

    def __post_init__(self) -> None:
        if self.slope <= 0.0:
            raise ValueError("slope must be positive")


@dataclass(frozen=True, slots=True)
class CalibrationChoice:
    """The choice of how temperatures and confidence are fitted."""

    folds: int
    """Groups of whole sources that are held out in turn."""
    inside_temperature: float
    """How sharply the most alike photo wins inside one cell."""
    answer: Literal["score", "cell"]
    """"score" or "cell"; see ``core/calibration.py``."""
    confidence_from: Literal["all", "first"] = "all"
    """Whose held-out answers the confidence is fitted to: those of all tables of places, or of the
    first alone, where the others are easier than the photos that people will ask about."""


@dataclass(frozen=True, slots=True)
class StarterRecipe:
    """All choices of one model."""

    model: ModelDescription
    photos: PhotoTables
    preprocessing: Preprocessing
    trunk: PretrainedTrunk
    partitions: tuple[PartitionChoice, ...]
    scenes: SceneTraining
    geo: GeoTraining
    retrieval: RetrievalChoice
    calibration: CalibrationChoice
    no_place: PlaceRecognition | None = None
    """None: every photo is taken to show a place."""

    def __post_init__(self) -> None:
        if not self.partitions:
            raise ValueError("partitions must not be empty")
        self.trunk.check_input(self.preprocessing.size)


def read_starter_recipe(path: Path) -> StarterRecipe:
    """Read a recipe; raises TableError naming the key that is missing, unknown or of a wrong
    type."""
    return decode_table(StarterRecipe, read_toml(path), str(path))
