"""The linear projection between trunk and bank: PCA with shrunken eigenvalues (whitening), and
what photos of the same places teach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from geoguess_app.core.bundle.networks import L2NORM, NetworkConfig, linear
from geoguess_app.core.network.network import Network


@dataclass(frozen=True, eq=False)
class PrincipalDirections:
    """Directions of normalised features: ``mean`` (F), variances (F) falling, ``vectors`` (F, F)
    as columns."""

    mean: np.ndarray
    values: np.ndarray
    vectors: np.ndarray


def principal_directions(*features: np.ndarray) -> PrincipalDirections:
    """Principal components of l2-normalised features (n, views, F), of one or more sets taken
    together; no label is looked at."""
    flat = np.concatenate([part.reshape(-1, part.shape[-1]) for part in features])
    flat = flat.astype(np.float64)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    mean = flat.mean(axis=0)
    centred = flat - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(flat))
    return PrincipalDirections(mean, values[::-1], vectors[:, ::-1])


def make_projection(
    principal: PrincipalDirections,
    size: int,
    whitening: float,
    *,
    trunk: str,
    weights_file: str,
    after: np.ndarray | None = None,
) -> Network:
    """l2norm → linear → l2norm: the ``size`` directions of the largest variance, each divided by
    its standard deviation to the power ``whitening``, then the matrix ``after`` (size, size).

    Jégou and Chum, "Negative evidences and co-occurrences in image retrieval", ECCV 2012: common
    directions say little about a place.
    """
    values, vectors = principal.values[:size], principal.vectors[:, :size]
    scale = np.maximum(values, values[0] * 1e-9) ** (-whitening / 2.0)
    matrix = (vectors * scale).T
    if after is not None:
        matrix = after @ matrix
    # Overall scale has no meaning after the norm; keep the numbers small enough for float16.
    return _network(principal.mean, matrix / np.linalg.norm(matrix[0]), trunk, weights_file)


def _network(mean: np.ndarray, matrix: np.ndarray, trunk: str, weights_file: str) -> Network:
    """x ↦ matrix (x - mean) between two norms, for ``matrix`` (size, F)."""
    size, inputs = matrix.shape
    config = NetworkConfig(trunk, (L2NORM, linear(inputs, size), L2NORM), {}, weights_file)
    network = Network(config, inputs)
    # Rounded as the bundle will store it: weak directions feel the last bits, and bank, heads and
    # program must all live in the same space.
    stored = matrix.astype(np.float16).astype(np.float64)
    offset = (-stored @ mean).astype(np.float16)
    network.load_state_dict(
        {
            "layers.1.weight": torch.from_numpy(np.float32(stored)),
            "layers.1.bias": torch.from_numpy(np.float32(offset)),
        }
    )
    return network.eval().requires_grad_(False)
