"""GeoCLIP's location encoder: coordinates → embeddings that pictures are compared with.

Vivanco Cepeda, Nayak and Shah, "GeoCLIP: Clip-Inspired Alignment between Locations and Images for
Effective Worldwide Geo-localization" (NeurIPS 2023), §3.2: the Equal Earth projection (Šavrič,
Patterson and Jenny, 2018), then for each of three scales random Fourier features (Tancik et al.,
NeurIPS 2020) and a perceptron, added up. The matrices of the Fourier features are part of the
weights.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoguess_app.core.types import FloatArray

_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
"""Coefficients of the Equal Earth projection."""
_SCALE = 66.50336 / 180.0
"""GeoCLIP's own scale of the projected coordinates."""
_STEP = 2048


def equal_earth(latitude_deg: Tensor, longitude_deg: Tensor) -> Tensor:
    """Project degrees (n), (n) to GeoCLIP's plane: (n, 2), x first."""
    theta = torch.asin(math.sqrt(3.0) / 2.0 * torch.sin(torch.deg2rad(latitude_deg)))
    rise = 9.0 * _A4 * theta**8 + 7.0 * _A3 * theta**6 + 3.0 * _A2 * theta**2 + _A1
    x = 2.0 * math.sqrt(3.0) * torch.deg2rad(longitude_deg) * torch.cos(theta) / (3.0 * rise)
    y = _A4 * theta**9 + _A3 * theta**7 + _A2 * theta**3 + _A1 * theta
    return torch.stack([x, y], dim=1) * _SCALE


class LocationCapsule(nn.Module):
    """One scale: Fourier features (n, 2 × rows of ``frequencies``), then a perceptron."""

    def __init__(self, frequencies: Tensor, layers: list[nn.Linear]) -> None:
        super().__init__()
        self.frequencies = nn.Parameter(frequencies, requires_grad=False)
        self.layers = nn.ModuleList(layers)
        self.size = layers[-1].out_features

    def forward(self, plane: Tensor) -> Tensor:
        """(n, 2) → (n, size of the embedding)."""
        angles = 2.0 * math.pi * plane @ self.frequencies.T
        values = torch.cat([torch.cos(angles), torch.sin(angles)], dim=1)
        *hidden, last = self.layers
        for layer in hidden:
            values = functional.relu(layer(values))
        out: Tensor = last(values)
        return out


class LocationEncoder(nn.Module):
    """Coordinates in degrees → embeddings, not normalised: the sum over the scales."""

    def __init__(self, capsules: list[LocationCapsule]) -> None:
        super().__init__()
        self.capsules = nn.ModuleList(capsules)
        self._size = capsules[0].size

    @property
    def size(self) -> int:
        """Return how many numbers an embedding has."""
        return self._size

    def forward(self, latitude_deg: Tensor, longitude_deg: Tensor) -> Tensor:
        """(n), (n) → (n, size)."""
        plane = equal_earth(latitude_deg, longitude_deg)
        return torch.stack([capsule(plane) for capsule in self.capsules]).sum(dim=0)


def location_encoder_from_geoclip(state: Mapping[str, Tensor]) -> LocationEncoder:
    """The encoder out of GeoCLIP's own state dict (``LocEnc0.capsule.0.b`` …), of any sizes.

    Raises KeyError for a tensor that is missing, ValueError for one that is not known or whose
    shape does not fit.
    """
    numbers = sorted(
        {int(found[1]) for name in state if (found := re.match(r"LocEnc(\d+)\.", name))}
    )
    used: set[str] = set()

    def tensor(name: str) -> Tensor:
        used.add(name)
        return state[name].detach().float()

    def capsule(number: int) -> LocationCapsule:
        prefix = f"LocEnc{number}."
        inner = {n for n in state if re.fullmatch(rf"{prefix}capsule\.[1-9]\d*\.weight", n)}
        names = [*sorted(inner, key=lambda n: int(n.split(".")[2])), f"{prefix}head.0.weight"]
        layers = [_linear(tensor(n), tensor(n.removesuffix("weight") + "bias"), n) for n in names]
        return LocationCapsule(tensor(f"{prefix}capsule.0.b"), layers)

    capsules = [capsule(number) for number in numbers]
    if not capsules:
        raise KeyError("LocEnc0.capsule.0.b")
    if unknown := set(state) - used:
        raise ValueError(f"{min(unknown)} is not part of a location encoder")
    return LocationEncoder(capsules).eval().requires_grad_(False)


def _linear(weight: Tensor, bias: Tensor, name: str) -> nn.Linear:
    if weight.ndim != 2 or bias.shape != weight.shape[:1]:
        raise ValueError(f"{name} has the shape {tuple(weight.shape)}")
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


@torch.inference_mode()
def encode_places(
    encoder: Callable[[Tensor, Tensor], Tensor],
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    done: Callable[[int], None] = lambda _: None,
) -> np.ndarray:
    """Embeddings (n, size) float32 of length 1 of places in degrees (n).

    ``done`` is told how many are made before each step; what it raises ends the work.
    """
    parts = []
    for start in range(0, len(latitude_deg), _STEP):
        done(start)
        some = slice(start, start + _STEP)
        latitude = torch.from_numpy(np.float32(latitude_deg[some]))
        longitude = torch.from_numpy(np.float32(longitude_deg[some]))
        parts.append(functional.normalize(encoder(latitude, longitude), dim=1).numpy())
    return np.concatenate(parts)
