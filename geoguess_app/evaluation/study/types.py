"""Types of a study: the set, what is beside it, the variants."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geoguess_app.evaluation.metrics.scale import Scale
from geoguess_app.evaluation.study.ablation import AblationRow
from geoguess_app.evaluation.study.comparison import Comparison
from geoguess_app.evaluation.study.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A table of photos with known positions, the folder they lie in, and which rows count."""

    table: Path
    images: Path
    where: tuple[str, ...] = ()
    swapped: bool = False


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """A request to measure: a set, perhaps a second one beside it, other bundles, and the variants.

    ``scale`` replaces the distances that would fit the model.
    """

    main: PhotoSet
    external: PhotoSet | None = None
    compare: tuple[Path, ...] = ()
    ablation: bool = False
    scale: Scale | None = None


@dataclass(frozen=True)
class SetStudy:
    """One set: the model's figures, its variants', and the comparisons with other models."""

    evaluation: Evaluation
    ablation: tuple[AblationRow, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contents of ``metrics.json``."""
        return {
            **self.evaluation.to_json(),
            "ablation": [row.to_json() for row in self.ablation],
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
        }


@dataclass(frozen=True)
class Study:
    """The set asked for and, where asked for, an external one."""

    main: SetStudy
    external: SetStudy | None = field(default=None)

    @property
    def sets(self) -> tuple[SetStudy, ...]:
        """List both sets, the main one first."""
        return (self.main,) if self.external is None else (self.main, self.external)
