"""Which of a run's processes this one is, also before Lightning or torch.distributed know."""

from __future__ import annotations

import os


def is_first_rank() -> bool:
    """Whether this process is the one that writes files.

    torchrun and Slurm say so in RANK; where Lightning starts the processes of a machine itself,
    NODE_RANK counts the machines and LOCAL_RANK the processes it has started.
    """
    for name in ("RANK", "SLURM_PROCID"):
        if name in os.environ:
            return os.environ[name] == "0"
    return all(os.environ.get(name, "0") == "0" for name in ("NODE_RANK", "LOCAL_RANK"))
