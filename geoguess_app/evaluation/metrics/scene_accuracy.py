"""Accuracy of the scene labels, against photos that somebody labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.evaluation.metrics.distances import Share, share


@dataclass(frozen=True)
class GroupAccuracy:
    """Accuracy over the three groups; ``confusion`` [true, predicted] counts photos (3 × 3)."""

    accuracy: Share
    by_group: dict[str, Share]
    confusion: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys."""
        return {
            **self.accuracy.to_json(),
            "by_group": {name: value.to_json() for name, value in self.by_group.items()},
            "confusion": [list(row) for row in self.confusion],
        }


@dataclass(frozen=True)
class SceneAccuracy:
    """Accuracy of scene labels at every granularity that the labels allow.

    ``s3`` is over all labelled photos, ``s3_unambiguous`` over those not marked doubtful. A group
    of the 16 is right when the labelled category belongs to it (some belong to several).
    ``top1`` and ``top5`` choose among all 365 categories; ``top1_labelled`` and ``top5_labelled``
    among the categories that occur in the labels, an easier question. Labels that are not among
    the 365 are left out of the last five and counted in ``unmapped``.
    """

    s3: GroupAccuracy | None
    s3_unambiguous: GroupAccuracy | None
    s16: Share | None
    top1: Share | None
    top5: Share | None
    top1_labelled: Share | None
    top5_labelled: Share | None
    labelled_categories: int
    unmapped: int

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys; what could not be judged is null."""
        parts = {
            name: getattr(self, name)
            for name in (
                "s3",
                "s3_unambiguous",
                "s16",
                "top1",
                "top5",
                "top1_labelled",
                "top5_labelled",
            )
        }
        return {
            **{name: part.to_json() if part is not None else None for name, part in parts.items()},
            "labelled_categories": self.labelled_categories,
            "unmapped": self.unmapped,
        }


def group_accuracy(
    s3_probabilities: npt.ArrayLike, labels: Sequence[str], *, seed: int = 0
) -> GroupAccuracy | None:
    """Judge probabilities (n, 3) against texts such as "indoor"; other texts are passed over.

    None when no photo has one of the three labels.
    """
    names = scene_table().s3_names
    chosen = [index for index, label in enumerate(labels) if label in names]
    if not chosen:
        return None
    truth = np.array([names.index(labels[index]) for index in chosen])
    answer = np.asarray(s3_probabilities, dtype=np.float64)[chosen].argmax(axis=1)
    confusion = np.zeros((3, 3), dtype=int)
    np.add.at(confusion, (truth, answer), 1)
    return GroupAccuracy(
        accuracy=share(truth == answer, seed=seed),
        by_group={
            name: share(answer[truth == number] == number, seed=seed)
            for number, name in enumerate(names)
            if (truth == number).any()
        },
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def scene_accuracy(
    probabilities: npt.ArrayLike,
    *,
    categories: Sequence[str] | None = None,
    s3: Sequence[str] | None = None,
    ambiguous: Sequence[bool] | None = None,
    seed: int = 0,
) -> SceneAccuracy:
    """Judge probabilities over the 365 categories (n, 365) against labels of n photos.

    ``categories`` are names as Places365 writes them ("church/outdoor"); ``s3`` coarse labels;
    ``ambiguous`` marks photos whose coarse label is doubtful.
    """
    p365 = np.asarray(probabilities, dtype=np.float64)
    p3, p16 = scene_table().groups(p365)
    doubtful = [False] * len(p365) if ambiguous is None else list(ambiguous)
    coarse = fine = None
    if s3 is not None:
        coarse = group_accuracy(p3, s3, seed=seed)
        sure = ["" if unsure else label for label, unsure in zip(s3, doubtful, strict=True)]
        fine = group_accuracy(p3, sure, seed=seed)
    detail = _categories(p365, p16, categories or [""] * len(p365), seed)
    return SceneAccuracy(coarse, fine, *detail)


def _categories(
    p365: npt.NDArray[np.float64],
    p16: npt.NDArray[np.float64],
    categories: Sequence[str],
    seed: int,
) -> tuple[Share | None, Share | None, Share | None, Share | None, Share | None, int, int]:
    table = scene_table()
    number = {name: index for index, name in enumerate(table.categories)}
    known = [index for index, name in enumerate(categories) if name in number]
    unmapped = sum(1 for name in categories if name and name not in number)
    if not known:
        return None, None, None, None, None, 0, unmapped
    truth = np.array([number[categories[index]] for index in known])
    p365, p16 = p365[known], p16[known]
    occurring = np.unique(truth)
    own = p365[np.arange(len(truth)), truth]
    # The rank of the true category: how many are thought likelier.
    rank = (p365 > own[:, None]).sum(axis=1)
    rank_labelled = (p365[:, occurring] > own[:, None]).sum(axis=1)
    in_group = table.s16_weights[truth, p16.argmax(axis=1)] > 0
    return (
        share(in_group, seed=seed),
        share(rank == 0, seed=seed),
        share(rank < 5, seed=seed),
        share(rank_labelled == 0, seed=seed),
        share(rank_labelled < 5, seed=seed),
        int(occurring.size),
        unmapped,
    )
