"""Tables of weights in files that torch.save wrote; nothing in them is ever executed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from geoguess_app.core.errors import GeoGuessError

_FORBIDDEN = re.compile(r"GLOBAL ([\w.]+)")
_TELLING = re.compile(r"Unsupported operand \d+")


class CheckpointError(GeoGuessError):
    """A file of weights that cannot be read, is not what it should be, or would run code."""


def read_checkpoint(path: Path) -> Mapping[Any, Any]:
    """Return what a file of torch.save holds, if that is a dictionary of plain values and tensors.

    Files that Python 2 wrote are read too. Only tensors, numbers, texts and containers of them are
    built (torch's ``weights_only``). Raises CheckpointError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols, which concern no user
            loaded = torch.load(path, map_location="cpu", weights_only=True, encoding="latin1")
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be read ({error.strerror or error}).", code="missing"
        ) from error
    except Exception as error:  # torch raises whatever a broken pickle made go wrong
        raise _refusal(path, str(error)) from error
    if not isinstance(loaded, Mapping):
        raise CheckpointError(
            f"{path}: expected a table of weights but found a {type(loaded).__name__}.",
            code="weights",
        )
    return loaded


def _refusal(path: Path, reason: str) -> CheckpointError:
    named = _FORBIDDEN.search(reason)
    if named:
        return CheckpointError(
            f"{path}: not loaded, because it refers to {named[1]}, which no table of weights "
            "needs and which could run code; get the file from its publisher.",
            code="unsafe",
        )
    telling = _TELLING.search(reason)
    why = f" ({telling[0]})" if telling else ""
    return CheckpointError(
        f"{path}: the file is damaged, or torch.save did not write it{why}.", code="damaged"
    )


def state_of(checkpoint: Mapping[Any, Any], path: Path) -> dict[str, Tensor]:
    """Name → tensor on the CPU, without the prefix of torch's DataParallel and norms' counters.

    Raises CheckpointError.
    """
    state = checkpoint.get("state_dict", checkpoint)
    if not isinstance(state, Mapping):
        raise CheckpointError(f"{path}: its state_dict is not a table of weights.", code="weights")
    tensors: dict[str, Tensor] = {}
    for key, value in state.items():
        name = str(key).removeprefix("module.")
        if not isinstance(value, Tensor) or value.layout != torch.strided:
            raise CheckpointError(f"{path}: {name[:80]} is not a plain tensor.", code="weights")
        if value.device.type != "cpu" or value.is_quantized:
            raise CheckpointError(
                f"{path}: {name[:80]} does not hold plain numbers.", code="weights"
            )
        if not name.endswith("num_batches_tracked"):
            tensors[name] = value.detach()
    return tensors
