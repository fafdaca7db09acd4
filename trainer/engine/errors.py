"""Errors in the middle of a training run, in one sentence each."""

from __future__ import annotations

import errno
import re

import torch

from trainer.common.errors import TrainError

INTERRUPTED, NOT_A_NUMBER, OTHER_PROCESS = "interrupted", "nan", "other-process"
ALL_RANKS = (INTERRUPTED, NOT_A_NUMBER, OTHER_PROCESS)
"""Codes of what all processes of a run notice alike: one of them saying it is enough."""


_GO_ON = "then run the same command with --resume to continue from the last checkpoint"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
    "could not create a memory",  # oneDNN, as is the next
    "could not create a primitive",
    "ALLOC_FAILED",
)
_PEER_GONE = ("Connection closed by peer", "Connection reset by peer", "NCCL", "[gloo]", "Gloo")
_IN_WORKER = re.compile(r"^Caught (\w+) in DataLoader worker.*^[\w.]*\1: (.+)", re.DOTALL | re.M)


def loss_not_a_number(step: int) -> TrainError:
    """The loss is no number any more."""
    return TrainError(
        f"The loss is no longer a number at step {step}; lower the learning rate (--set "
        f"optimizer.learning_rate=…) or use --set training.precision=32, {_GO_ON}.",
        code=NOT_A_NUMBER,
    )


def interruption(step: int | None = None) -> TrainError:
    """The user stopped the run; with a step, after a checkpoint of that step."""
    place = "the last checkpoint" if step is None else f"step {step}"
    return TrainError(
        f"Stopped; run the same command with --resume to continue from {place}.", code=INTERRUPTED
    )


def explain_failure(error: BaseException, accumulate: int) -> TrainError | None:
    """The sentence for a failure that a user can mend; None for a fault of the program's own."""
    for cause in _causes(error):
        explanation = _explanation(cause, accumulate)
        if explanation is not None:
            return explanation
    return None


def _explanation(cause: BaseException, accumulate: int) -> TrainError | None:
    text = str(cause)
    if isinstance(cause, TrainError):
        return cause
    if isinstance(cause, RuntimeError | MemoryError) and "DataLoader worker" in text:
        return _in_worker(cause, text)
    if _out_of_memory(cause, text):
        return TrainError(
            "The device does not have enough memory for this batch; use --set "
            f"training.accumulate={2 * accumulate} (the same result in smaller parts) or a "
            f"smaller training.batch, {_GO_ON}.",
            code="out-of-memory",
        )
    if isinstance(cause, OSError) and cause.errno in _NO_SPACE:
        place = f" ({cause.filename})" if cause.filename else ""
        return TrainError(
            f"The disk is full{place}: {cause.strerror}; free some space, {_GO_ON}.",
            code="disk-full",
        )
    if isinstance(cause, PermissionError):
        return TrainError(f"A file cannot be written ({cause}).", code="unwritable")
    if isinstance(cause, RuntimeError) and "PytorchStreamReader" in text:
        return TrainError(
            f"The checkpoint is damaged ({text.splitlines()[0]}); delete it and start again.",
            code="damaged",
        )
    if isinstance(cause, RuntimeError) and any(word in text for word in _PEER_GONE):
        return TrainError(
            f"Another process of this run has failed; fix what it reports, {_GO_ON}.",
            code=OTHER_PROCESS,
        )
    return None


def _in_worker(cause: BaseException, text: str) -> TrainError | None:
    """What a decoding process met: an error of ours, its own end, or a lack of memory."""
    raised = _IN_WORKER.search(text)
    if raised and raised[1].endswith("Error") and raised[1] in ("ShardError", "TrainError"):
        return TrainError(raised[2].strip(), code="damaged")
    if raised and not isinstance(cause, MemoryError):
        return None
    return TrainError(
        "A process that decodes photos has ended: it ran out of memory, or a photo crashed the "
        "decoder (geoguess-train photos finds such photos). Use fewer processes with --set "
        f"training.workers=…, {_GO_ON}.",
        code="worker",
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _out_of_memory(error: BaseException, text: str) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in text for word in _NO_MEMORY)
