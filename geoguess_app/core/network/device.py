"""The device on which torch computes: the one asked for or the best, its name, CPU threads."""

from __future__ import annotations

import logging
import os
from functools import cache

import torch

from geoguess_app.core.errors import DeviceError

log = logging.getLogger(__name__)

MOST_THREADS = 8
"""More threads than this make single small crops slower, not faster."""


def choose_device(wanted: str = "auto") -> torch.device:
    """The device for "auto" (CUDA, then Apple's MPS, then CPU), "cpu", "cuda", "cuda:1" or "mps".

    Raises DeviceError when the one asked for by name is not there or does not work; "auto" then
    goes on to the next.
    """
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wanted == "auto":
        present = [kind for kind, there in (("cuda", has_cuda), ("mps", has_mps)) if there]
        return next((d for d in map(torch.device, present) if _works(d)), torch.device("cpu"))
    kind, _, index = wanted.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and not (kind == "cuda" and index.isdecimal())):
        raise DeviceError(
            f'"{wanted}" is not a device: use auto, cpu, cuda, cuda:N or mps.',
            code="unknown-device",
        )
    if kind == "cuda" and not has_cuda:
        raise DeviceError(
            "No CUDA graphics card that this PyTorch can use was found: choose auto or cpu.",
            code="no-device",
        )
    if kind == "cuda" and index and int(index) >= torch.cuda.device_count():
        raise DeviceError(
            f"There is no CUDA device {index}: this computer has {torch.cuda.device_count()}, "
            "counted from 0.",
            code="no-device",
        )
    if kind == "mps" and not has_mps:
        raise DeviceError(
            "Apple's graphics (MPS) are not available on this computer: choose auto or cpu.",
            code="no-device",
        )
    if not _works(torch.device(wanted)):
        raise DeviceError(
            f"{wanted} is present, but this PyTorch version cannot use it: choose auto or cpu.",
            code="no-device",
        )
    return torch.device(wanted)


def _works(device: torch.device) -> bool:
    """True when the device computes: PyTorch also lists cards too old for its own kernels."""
    if device.type == "cpu":
        return True
    try:
        return bool(torch.ones(2, device=device).add(1).sum().item() == 4)
    except RuntimeError as error:
        log.warning("%s cannot be used: %s", device, error)
        return False


def device_name(device: torch.device) -> str:
    """Return what to call the device in the window: "CPU", "NVIDIA H100", "Apple GPU"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else "CPU"


@cache
def sensible_threads() -> int:
    """Threads for CPU work: the cores this process may use, one left free from four on.

    Decided once, since it starts from the number that torch chose for itself.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    # torch counts physical cores and honours OMP_NUM_THREADS: never go beyond what it chose.
    cores = min(cores, torch.get_num_threads())
    return min(MOST_THREADS, cores - 1 if cores >= 4 else cores)
