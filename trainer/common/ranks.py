"""Ranks: which of a run's processes this one is, also before Lightning or torch.distributed
know."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass

from trainer.common.errors import TrainError

_LAUNCHERS = (
    ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
)
"""What torchrun, Slurm, Open MPI and other MPIs set: rank, number of ranks, rank on the machine."""
_LOOK_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Rank:
    """One of ``ranks`` processes that share a work, counted from 0; ``local`` on its machine."""

    number: int = 0
    ranks: int = 1
    local: int = 0


def this_rank() -> Rank:
    """Return which process this is by what its launcher set; the only one without a launcher.

    Raises TrainError for a rank without its number of ranks, or outside it.
    """
    for names in _LAUNCHERS:
        if names[0] in os.environ:
            number, ranks, local = (os.environ.get(name, "0") for name in names)
            if number.isdecimal() and ranks.isdecimal() and int(number) < int(ranks):
                return Rank(int(number), int(ranks), int(local) if local.isdecimal() else 0)
            raise TrainError(
                f"{names[0]}={number} needs {names[1]}, the number of processes, larger than it "
                f"(found: {os.environ.get(names[1], 'nothing')}).",
                code="rank",
            )
    return Rank()


def rank_device(wanted: str, rank: Rank) -> str:
    """Return the device of a rank: where several graphics cards are there and none is named, ranks
    of a machine take them in turn."""
    import torch

    cards = torch.cuda.device_count() if wanted in ("auto", "cuda") else 0
    return f"cuda:{rank.local % cards}" if cards > 1 else wanted


def is_first_rank() -> bool:
    """Tell whether this process is the one that writes files.

    A launcher says so in the rank; where Lightning starts the processes of a machine itself,
    NODE_RANK counts the machines and LOCAL_RANK the processes it has started.
    """
    for name, _, _ in _LAUNCHERS:
        if name in os.environ:
            return os.environ[name] == "0"
    return all(os.environ.get(name, "0") == "0" for name in ("NODE_RANK", "LOCAL_RANK"))


def exit_with_first_rank() -> None:
    """End a helping process when the one that started it is gone: killed, it cannot say so, and
    a process that waits for the others to come together would wait for half an hour."""
    if is_first_rank() or "LOCAL_RANK" not in os.environ:
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
