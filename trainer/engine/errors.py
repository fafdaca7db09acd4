"""What can go wrong in the middle of a training run, in one sentence each."""

from __future__ import annotations

import errno

import torch

from geoguess_app.core.errors import GeoGuessError


class TrainError(GeoGuessError):
    """A training run that cannot start or had to stop."""


_GO_ON = "then run the same command with --resume: it goes on from the last checkpoint"


def not_a_number(step: int) -> TrainError:
    """The loss is no number any more."""
    return TrainError(
        f"The loss is no number any more at step {step}; lower the rate (--set "
        f"optimizer.learning_rate=…) or use --set training.precision=32, {_GO_ON}.",
        code="nan",
    )


def explained(error: BaseException, accumulate: int) -> TrainError | None:
    """The sentence for a failure that a user can mend; None for a fault of the program's own."""
    for cause in _causes(error):
        if isinstance(cause, TrainError):
            return cause
        if _out_of_memory(cause):
            return TrainError(
                "The device's memory is too small for this batch; use --set "
                f"training.accumulate={2 * accumulate} (the same result in smaller parts) or a "
                f"smaller training.batch, {_GO_ON}.",
                code="out-of-memory",
            )
        if _full(cause):
            return TrainError(f"The disk is full ({cause}); make room, {_GO_ON}.", code="disk-full")
        if isinstance(cause, PermissionError):
            return TrainError(f"A file cannot be written ({cause}).", code="unwritable")
    return None


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _out_of_memory(error: BaseException) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text
    )


def _full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, RuntimeError) and "No space left on device" in str(error)
