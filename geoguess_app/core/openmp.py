"""Waiting of the numeric libraries' threads for each other."""

import os


def set_passive_openmp_wait() -> None:
    """Let idle threads sleep instead of spinning; to be called before torch is first imported.

    OpenMP threads spin while they wait for their siblings. Beside any other busy program that
    burns the very time the siblings need: on two shared cores a photo took 3.5 s of waiting
    instead of 0.25 s. What the user has set in the environment stands.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # GNU and LLVM runtimes
    os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's and LLVM's own word for it
