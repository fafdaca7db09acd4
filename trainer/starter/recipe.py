"""A recipe: everything that was chosen for a model, in one TOML file, read strictly."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from geoguess_app.core.errors import TableError
from trainer.starter.heads import Schedule

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Who the model is."""

    name: str
    version: str
    license: str
    description: str
    intended_area: str
    uses: str
    """What the model is good for and what not, in plain words, for its card (Markdown)."""


@dataclass(frozen=True, slots=True)
class PhotoTables:
    """Tables inside the folder of photos; ``teacher`` gives soft labels of them: see
    `trainer/teacher.py`."""

    geo: str
    scenes: str
    teacher: str
    teacher_name: str = ""
    """What gave soft labels that lie in files, for the model's card."""


@dataclass(frozen=True, slots=True)
class PicturePreparation:
    """What the bundle says under ``preprocessing``."""

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    crops: int
    interpolation: str


@dataclass(frozen=True, slots=True)
class TrunkChoice:
    """The trunk and its pooling."""

    architecture: str
    pooling: str


@dataclass(frozen=True, slots=True)
class PartitionChoice:
    """One partition; see ``build_partition``."""

    name: str
    tau_min: int
    tau_max: int


@dataclass(frozen=True, slots=True)
class SceneTraining:
    """The scene head: hard labels and a teacher's soft ones."""

    schedule: Schedule
    teacher_weight: float
    """What a soft label counts beside a hard one of the same photo."""
    teacher_only_weight: float
    """What a photo counts that has soft labels only."""
    group_weight: float
    """What the coarse label (indoor, natural, urban) counts."""


@dataclass(frozen=True, slots=True)
class GeoTraining:
    """Basic head, multi-scale heads and CSNs."""

    schedule: Schedule
    context_schedule: Schedule
    whitening: float
    """As under retrieval, for the space that cells are told apart in."""
    smoothing_km: float
    """Neighbouring cells share the label by exp(-(d - d_true) / smoothing_km); 0: hard labels."""
    context_threshold: float
    """A photo trains the CSN of every scene whose probability is above this (τ_s)."""
    context_networks: bool
    routing: str = "hard"
    """"hard": the network of the likeliest scene answers; "mix": all, by scene probability."""


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


@dataclass(frozen=True, slots=True)
class CalibrationChoice:
    """How temperatures and confidence are fitted."""

    folds: int
    """Groups of whole sources that are held out in turn."""
    inside_temperature: float
    """How sharply the most alike photo wins inside one cell."""
    answer: str
    """"score" or "cell"; see ``core/calibration.py``."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All choices of one model."""

    model: ModelCard
    photos: PhotoTables
    preprocessing: PicturePreparation
    trunk: TrunkChoice
    partitions: tuple[PartitionChoice, ...]
    scenes: SceneTraining
    geo: GeoTraining
    retrieval: RetrievalChoice
    calibration: CalibrationChoice


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; raises TableError naming the key that is missing, unknown or of a wrong
    type."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}).", code="missing") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: is not valid TOML ({error}).", code="toml") from error
    return _build(Recipe, data, str(path))


def _build(kind: type[Value], data: object, where: str) -> Value:
    """A dataclass from a TOML table, nested ones included."""
    if not isinstance(data, Mapping):
        raise TableError(f"{where}: must be a table.", code="recipe")
    hints = get_type_hints(kind)
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for name in data:
        if name not in known:
            raise TableError(f"{where}: the key {name} is unknown.", code="recipe")
    values: dict[str, Any] = {}
    for name, item in known.items():
        if name in data:
            values[name] = _value(hints[name], data[name], f"{where}: {name}")
        elif item.default is MISSING:
            raise TableError(f"{where}: the key {name} is missing.", code="recipe")
    return kind(**values)


def _value(hint: Any, value: object, where: str) -> Any:
    if hint in (int, float, str, bool):
        return _scalar(hint, value, where)
    if hint == tuple[float, float, float]:
        if not isinstance(value, list) or len(value) != 3:
            raise TableError(f"{where} must be three numbers.", code="recipe")
        return tuple(_scalar(float, number, where) for number in value)
    if hint == tuple[PartitionChoice, ...]:
        if not isinstance(value, list) or not value:
            raise TableError(f"{where} must be a list of tables.", code="recipe")
        return tuple(_build(PartitionChoice, entry, where) for entry in value)
    return _build(hint, value, where)


def _scalar(hint: type, value: object, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, hint) and (hint is not int or not isinstance(value, bool)):
        return value
    raise TableError(f"{where} must be a {hint.__name__}.", code="recipe")
