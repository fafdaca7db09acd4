"""Waiting of the numeric libraries' threads for work and for each other."""

import os


def let_idle_threads_sleep() -> None:
    """Let idle threads of OpenMP and OpenBLAS sleep instead of spinning; to be called before torch
    and numpy are first imported.

    They spin while they wait, beside any other busy thread that burns the very time which the
    others need: on two shared cores a photo took 3.5 s of waiting instead of 0.25 s, and half of
    the processor's time of a folder went into OpenBLAS's thread. What the user has set in the
    environment stands.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # GNU and LLVM runtimes
    os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's and LLVM's own word for it
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # 2⁴ cycles; it takes no less
