"""The space that places are told apart in: one projection shared by cells and bank.

Heads are trained on its unit vectors, scaled to a length that suits the optimiser; the scale
moves into the heads' weights when a network is assembled for the bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from geoguess_app.core.bundle.networks import NetworkConfig
from geoguess_app.core.network.network import Network
from trainer.starter.heads import embeddings_of


@dataclass(frozen=True, eq=False)
class ProjectedSpace:
    """A projection, and the unit vectors (n, crops, d) float32 of all photos in it."""

    projection: Network
    vectors: np.ndarray
    trunk_size: int

    @property
    def scale(self) -> float:
        """√d: the length at which each coordinate has a variance of about 1."""
        return float(np.sqrt(self.vectors.shape[-1]))

    @property
    def scaled(self) -> np.ndarray:
        """Return what heads are trained on."""
        return self.vectors * np.float32(self.scale)

    def photo_vectors(self) -> np.ndarray:
        """One unit vector (n, d) per photo: the mean of its crops', as the program does it."""
        mean = self.vectors.mean(axis=1)
        return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12))

    def assemble(self, heads: Network, name: str) -> Network:
        """The projection's layers with heads trained on ``scaled``, as one network on the
        trunk."""
        config = NetworkConfig(
            self.projection.config.trunk,
            self.projection.config.layers,
            dict(heads.config.heads),
            f"weights/{name}.safetensors",
        )
        network = Network(config, self.trunk_size)
        state: dict[str, torch.Tensor] = dict(self.projection.state_dict())
        for key, tensor in heads.state_dict().items():
            state[key] = tensor * self.scale if key.endswith(".weight") else tensor
        network.load_state_dict(state)
        return network.eval().requires_grad_(False)


def head_config(heads: Mapping[str, int]) -> NetworkConfig:
    """Heads only, on vectors of the space."""
    return NetworkConfig("main", (), dict(heads), "weights/heads.safetensors")


def projected_space(projection: Network, features: np.ndarray) -> ProjectedSpace:
    """Project all photos' features (n, crops, F)."""
    return ProjectedSpace(projection, embeddings_of(projection, features), features.shape[-1])
