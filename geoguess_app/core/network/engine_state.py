"""The state of an engine: its device, the memory taken, and how fast it computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from geoguess_app.core.network.device import sensible_threads

if TYPE_CHECKING:
    from geoguess_app.core.network.backend import TorchEngine


@dataclass(frozen=True, slots=True)
class EngineState:
    """A moment of an engine; what cannot be told is None."""

    device_name: str
    threads: int | None
    """How many threads compute; None on graphics, which has thousands."""
    is_half: bool
    """Trunks run in half precision."""
    model_bytes: int
    """Weights of the networks that are loaded; others are loaded when a photo needs them."""
    memory_bytes: tuple[int, int] | None
    """Of the graphics: used by all programs, and all there is."""
    crops_per_s: float | None
    """The pace since the model was loaded; None before the first photo."""
    engine_name: str = "PyTorch"
    """What runs the trunks."""


def engine_state(engine: TorchEngine) -> EngineState:
    """Look at an engine now; quick, and safe while it is at work."""
    on_cpu = engine.device.type == "cpu"
    return EngineState(
        device_name=engine.device_name,
        threads=sensible_threads() if on_cpu else None,
        is_half=engine.half,
        model_bytes=engine.model_bytes(),
        memory_bytes=_graphics_memory(engine.device),
        crops_per_s=engine.pace.crops_per_s,
        engine_name=engine.engine_name,
    )


def _graphics_memory(device: torch.device) -> tuple[int, int] | None:
    try:
        if device.type == "cuda":
            free, total = torch.cuda.mem_get_info(device)
            return total - free, total
        if device.type == "mps":
            used = torch.mps.driver_allocated_memory()
            return used, torch.mps.recommended_max_memory()
    except (RuntimeError, AttributeError):  # a driver or a version that does not tell
        return None
    return None
