"""Train the small part of a network, its layers and heads, on cached trunk features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from geoguess_app.core.bundle.networks import NetworkConfig
from geoguess_app.core.network.network import Network
from geoguess_app.core.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class HeadSchedule:
    """The schedule of a network's training: AdamW with a cosine learning rate that falls to
    zero."""

    epochs: int
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    seed: int = 0


def train_network(
    config: NetworkConfig,
    features: np.ndarray,
    targets: Mapping[str, np.ndarray],
    schedule: HeadSchedule,
    *,
    weights: FloatArray | None = None,
    start: Network | None = None,
    title: str = "",
) -> Network:
    """Fit layers and heads; the loss is the mean of the heads' cross-entropies.

    ``features`` (n, views, F): each photo shows a random view (crop, mirrored or not) each epoch.
    ``targets`` per head (n, classes) probabilities; a row of zeros takes no part in that head.
    ``weights`` (n) says how much a photo counts. ``start``: begin with its parameters, heads
    included. Returns the network in evaluation mode.
    """
    torch.manual_seed(schedule.seed)
    network = Network(config, features.shape[-1])
    if start is not None:
        network.load_state_dict(start.state_dict())
    inputs = torch.from_numpy(np.ascontiguousarray(features))
    wanted = {name: torch.from_numpy(np.float32(rows)) for name, rows in targets.items()}
    counts = np.ones(len(features)) if weights is None else weights
    per_photo = torch.from_numpy(np.float32(counts))
    optimizer = torch.optim.AdamW(
        network.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay
    )
    steps = schedule.epochs * (-(-len(inputs) // schedule.batch))
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
    shuffled = torch.Generator().manual_seed(schedule.seed)
    network.train()
    for _ in tqdm(range(schedule.epochs), desc=title, unit="epoch", disable=not title):
        for batch in torch.split(torch.randperm(len(inputs), generator=shuffled), schedule.batch):
            view = torch.randint(inputs.shape[1], (len(batch),), generator=shuffled)
            logits = network(inputs[batch, view].float())
            loss = _loss(logits, {k: v[batch] for k, v in wanted.items()}, per_photo[batch])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            falling.step()
    return network.eval().requires_grad_(False)


def _loss(logits: Mapping[str, Tensor], targets: Mapping[str, Tensor], weights: Tensor) -> Tensor:
    losses = []
    for name, rows in targets.items():
        per_photo = -(rows * functional.log_softmax(logits[name], dim=1)).sum(dim=1)
        counted = weights * (rows.sum(dim=1) > 0)
        losses.append((per_photo * weights).sum() / counted.sum().clamp(min=1e-6))
    return torch.stack(losses).mean()


@torch.inference_mode()
def logits_of(network: Network, features: np.ndarray) -> dict[str, np.ndarray]:
    """Head → logits (n, views, classes) float32 of cached features (n, views, F)."""
    photos, views = features.shape[:2]
    flat = torch.from_numpy(np.ascontiguousarray(features)).flatten(0, 1).float()
    return {
        head: values.reshape(photos, views, -1).numpy() for head, values in network(flat).items()
    }


@torch.inference_mode()
def embeddings_of(network: Network, features: np.ndarray) -> np.ndarray:
    """Return what the layers give, (n, views, d) float32, of cached features (n, views, F)."""
    photos, views = features.shape[:2]
    flat = torch.from_numpy(np.ascontiguousarray(features)).flatten(0, 1).float()
    return np.asarray(network.embed(flat).reshape(photos, views, -1).numpy())


def one_hot(labels: IntArray, classes: int) -> FloatArray:
    """(n, classes); rows of zeros for label -1."""
    rows = np.zeros((len(labels), classes))
    known = np.flatnonzero(labels >= 0)
    rows[known, labels[known]] = 1.0
    return rows
