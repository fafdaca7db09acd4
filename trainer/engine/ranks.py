"""Ranks: which of a run's processes this one is, also before Lightning or torch.distributed
know."""

from __future__ import annotations

import os
import threading
import time

_LOOK_EVERY_S = 2.0


def is_first_rank() -> bool:
    """Tell whether this process is the one that writes files.

    torchrun and Slurm say so in RANK; where Lightning starts the processes of a machine itself,
    NODE_RANK counts the machines and LOCAL_RANK the processes it has started.
    """
    for name in ("RANK", "SLURM_PROCID"):
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
