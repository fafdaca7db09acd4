"""The learning rate of an epoch, as a factor of the recipe's."""

from __future__ import annotations

import math

from trainer.engine.recipe import TrainRecipe


def rate_factor(recipe: TrainRecipe, epoch: int) -> float:
    """Return what the learning rate of ``epoch`` (from 0) is multiplied by.

    Epochs in which only the head learns come first; the schedule counts from their end.
    """
    frozen = recipe.frozen_epochs
    if epoch < frozen:
        return recipe.regression.frozen_learning_rate / recipe.optimizer.learning_rate
    schedule, since = recipe.schedule, epoch - frozen
    match schedule.kind:
        case "milestones":
            return float(schedule.gamma ** sum(since >= m for m in schedule.milestones))
        case "step":
            return float(schedule.gamma ** (since // max(1, schedule.step)))
        case "cosine":
            left = max(1, recipe.training.epochs - frozen)
            return 0.5 * (1.0 + math.cos(math.pi * min(since, left) / left))
        case _:
            return 1.0
