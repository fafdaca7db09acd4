"""Modules that Lightning trains: a trunk with heads for cells, or with one for coordinates."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics.aggregation import CatMetric, MeanMetric

from geoguess_app.core.bundle.checks import COORDINATES_HEAD
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig, dropout
from geoguess_app.core.geo.sphere import EARTH_RADIUS_KM, unit_vectors
from geoguess_app.core.network.network import Network, build_trunk
from trainer.common.bundle_contents import MAIN
from trainer.common.trunk_stage import trunk_config
from trainer.engine.dataset import Batch
from trainer.engine.errors import loss_not_a_number
from trainer.engine.recipe import TrainRecipe
from trainer.engine.schedule import rate_factor
from trainer.engine.stopping import StopRequest
from trainer.engine.targets import Targets
from trainer.engine.unreadable import UnreadablePhotos

BASE_FILE = "weights/base.safetensors"


def network_config(recipe: TrainRecipe, heads: dict[str, int]) -> NetworkConfig:
    """The heads on the trunk, as the bundle will describe them."""
    section = recipe.regression if recipe.task == "regression" else recipe.cells
    rate = section.head_dropout
    layers = (dropout(rate),) if rate > 0.0 else ()
    return NetworkConfig(MAIN, layers, heads, BASE_FILE)


class GeoModule(pl.LightningModule, ABC):
    """Trunk, heads, optimiser and schedule of a recipe; sub-classes say what the loss is."""

    def __init__(self, recipe: TrainRecipe, heads: dict[str, int]) -> None:
        super().__init__()
        # Not the global seed: what a model starts from must not depend on what ran before.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.training.seed)
            self.config: TrunkConfig = trunk_config(recipe.trunk.architecture, recipe.trunk.pooling)
            self.trunk = build_trunk(self.config)
            self.network = Network(network_config(recipe, heads), self.trunk.feature_size)
        self.recipe = recipe
        self.broken: UnreadablePhotos | None = None
        self.stop = StopRequest()
        self.stopping = False
        """Whether the processes of the run have agreed to stop."""
        self.latest_loss = math.nan
        self.val_loss = MeanMetric()
        self.val_errors_km = CatMetric()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Images (B, 3, s, s) to head → (B, outputs)."""
        if self.frozen:
            with torch.no_grad():
                features = self.trunk(images)
        else:
            features = self.trunk(images)
        out: dict[str, Tensor] = self.network(features)
        return out

    @property
    def frozen(self) -> bool:
        """Tell whether only the head learns in this epoch."""
        return self.training and self.current_epoch < self.recipe.frozen_epochs

    @abstractmethod
    def loss(self, outputs: dict[str, Tensor], batch: Batch) -> Tensor:
        """The loss of a batch; photos that could not be read count nothing."""

    @abstractmethod
    def errors_km(self, outputs: dict[str, Tensor], batch: Batch) -> Tensor:
        """(B) how far the plain answer lies from the truth."""

    def on_train_epoch_start(self) -> None:
        """Tell the data which epoch comes."""
        start = getattr(self.trainer.datamodule, "start_epoch", None)  # type: ignore[attr-defined]
        if start is not None:
            start(self.current_epoch)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Draw dropout from the step's own seed, so that a resumed run goes on as if never cut."""
        position = (self.current_epoch << 32) + (batch_idx << 8) + self.global_rank
        torch.manual_seed(self.recipe.training.seed * 1_000_003 + position)
        frozen = self.frozen
        if self.trunk.training is frozen:
            self.trunk.train(not frozen)  # a frozen trunk's batch norms rest, too

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note how many photos a micro-batch has, and the recipe's learning rate."""
        checkpoint["micro_batch"] = self._micro_batch()
        checkpoint["learning_rate"] = self.recipe.optimizer.learning_rate

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on in smaller parts or with another learning rate, if the recipe says so now: what
        stopped the run may have been a lack of memory, or a loss that was no number."""
        _change_rate(checkpoint, self.recipe.optimizer.learning_rate)
        before, now = checkpoint.get("micro_batch", 0), self._micro_batch()
        loops = checkpoint.get("loops", {}).get("fit_loop", {})
        progress = loops.get("epoch_loop.batch_progress")
        if not before or not now or before == now or progress is None:
            return
        for counts in (progress["current"], progress["total"]):
            # Finished micro-batches but the one whose end was being handled: see Lightning's
            # restart stages, which compare these four.
            ready = counts["ready"] * before // now
            counts.update(ready=ready, started=ready, processed=ready)
            counts["completed"] = ready - (counts["completed"] < counts["processed"])

    def _micro_batch(self) -> int:
        data = getattr(self.trainer, "datamodule", None) if self._trainer is not None else None
        portions = getattr(data, "portions", None)
        return int(portions.micro) if portions is not None else 0

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss; raises TrainError when it is no number."""
        self._note_broken(batch)
        loss = self.loss(self(batch.images), batch)
        mean, asked = self._over_ranks(loss.detach())
        if not math.isfinite(mean):
            raise loss_not_a_number(self.global_step)
        self.latest_loss, self.stopping = mean, asked
        # All ranks' mean, so that the curve is the same for any number of them.
        self.log("train_loss", mean, prog_bar=True, batch_size=len(batch))
        return loss

    def _over_ranks(self, loss: Tensor) -> tuple[float, bool]:
        """The mean loss, and whether any rank was asked to stop: all must know both alike, or
        some would wait for others that are gone."""
        if self.trainer.world_size == 1:
            return float(loss), self.stop.asked
        both = torch.stack([loss.float(), loss.new_tensor(float(self.stop.asked)).float()])
        mean = self.trainer.strategy.reduce(both, reduce_op="mean")
        assert isinstance(mean, Tensor)
        return float(mean[0]), float(mean[1]) > 0.0

    def asked_to_stop(self) -> bool:
        """Tell whether any rank was; to be asked by all of them."""
        return self._over_ranks(torch.zeros((), device=self.device))[1]

    def _note_broken(self, batch: Batch) -> None:
        if self.broken is not None and not bool(batch.weights.all()):
            weights = batch.weights.tolist()
            self.broken.note(n for n, w in zip(batch.names, weights, strict=True) if not w)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Collect the loss and the errors in kilometres."""
        self._note_broken(batch)
        outputs = self(batch.images)
        good = batch.weights > 0
        if not good.any():
            return
        loss = self.loss(outputs, batch)
        self.val_loss.update(loss, weight=batch.weights.sum())
        self.val_errors_km.update(self.errors_km(outputs, batch)[good])

    def on_validation_epoch_end(self) -> None:
        """Log the loss, and the errors as Report A and Report B count them."""
        errors = self.val_errors_km.compute()
        errors = errors if isinstance(errors, Tensor) else torch.zeros(0)
        values: dict[str, Tensor] = {"val_loss": self.val_loss.compute()}
        if errors.numel():
            errors = errors.float().flatten()
            values["val_median_km"] = errors.median()
            values["val_mean_km"] = errors.mean()
            values["val_rmse_m"] = errors.square().mean().sqrt() * 1000.0
            for km in (1, 25, 200, 750, 2500):
                values[f"val_within_{km}km"] = (errors <= km).float().mean()
        # Already gathered from all ranks by the metrics themselves.
        self.log_dict(values, rank_zero_only=False, sync_dist=False)
        self.log("val_km", values.get("val_median_km", errors.sum()), prog_bar=True, logger=False)
        self.val_loss.reset()
        self.val_errors_km.reset()

    def configure_optimizers(self) -> Any:
        """The recipe's optimiser with its learning rate per epoch."""
        choice = self.recipe.optimizer
        # Batch norms' own parameters included, as in both reports.
        parameters = [*self.trunk.parameters(), *self.network.parameters()]
        rate, decay = choice.learning_rate, choice.weight_decay
        optimizer: torch.optim.Optimizer
        if choice.name == "sgd":
            optimizer = torch.optim.SGD(
                parameters, rate, momentum=choice.momentum, weight_decay=decay
            )
        elif choice.name == "adam":
            optimizer = torch.optim.Adam(parameters, rate, weight_decay=decay)
        else:
            optimizer = torch.optim.AdamW(parameters, rate, weight_decay=decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda epoch: rate_factor(self.recipe, epoch)
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule}}


class CellsModule(GeoModule):
    """One linear head per partition; the loss is the mean of their cross-entropies."""

    def __init__(self, recipe: TrainRecipe, targets: Targets) -> None:
        super().__init__(recipe, {p.name: p.size for p in targets.partitions})
        self.names = [p.name for p in targets.partitions]
        for partition in targets.partitions:
            means = unit_vectors(partition.mean_latitude_deg, partition.mean_longitude_deg)
            self.register_buffer(
                f"means_{partition.name}", torch.from_numpy(means).float(), persistent=False
            )

    def means(self, name: str) -> Tensor:
        """(cells, 3) unit vectors of a partition's mean locations."""
        return self.get_buffer(f"means_{name}")

    def loss(self, outputs: dict[str, Tensor], batch: Batch) -> Tensor:
        """Photos without a class in a partition take no part in its head."""
        losses = []
        for column, name in enumerate(self.names):
            classes = batch.classes[:, column]
            known = (classes >= 0).float() * batch.weights
            per_photo = self._cross_entropy(outputs[name].float(), classes, batch, name)
            losses.append((per_photo * known).sum() / known.sum().clamp(min=1.0))
        return torch.stack(losses).mean()

    def _cross_entropy(self, logits: Tensor, classes: Tensor, batch: Batch, name: str) -> Tensor:
        choice, own = self.recipe.cells, classes.clamp(min=0)
        if choice.smoothing_km <= 0.0:
            return functional.cross_entropy(
                logits, own, reduction="none", label_smoothing=choice.label_smoothing
            )
        distance = chord_km(unit_points(batch.points)[:, None], self.means(name)[None])
        beyond = distance - distance.gather(1, own[:, None])
        shares = torch.exp(-beyond.clamp(min=0.0) / choice.smoothing_km)
        shares = shares / shares.sum(dim=1, keepdim=True)
        even = choice.label_smoothing
        shares = (1.0 - even) * shares + even / logits.shape[1]
        return functional.cross_entropy(logits, shares, reduction="none")

    def errors_km(self, outputs: dict[str, Tensor], batch: Batch) -> Tensor:
        """Measure errors (km) from the mean location of the likeliest finest cell."""
        name = self.names[-1]
        return chord_km(self.means(name)[outputs[name].argmax(dim=1)], unit_points(batch.points))


class RegressionModule(GeoModule):
    """Latitude and longitude, standardised over the training photos."""

    def __init__(
        self, recipe: TrainRecipe, mean: tuple[float, float], std: tuple[float, float]
    ) -> None:
        super().__init__(recipe, {COORDINATES_HEAD: 2})
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float64), persistent=False)
        self.register_buffer("std", torch.tensor(std, dtype=torch.float64), persistent=False)

    def loss(self, outputs: dict[str, Tensor], batch: Batch) -> Tensor:
        """Mean squared or Huber error in standard deviations."""
        wanted = ((batch.points - self.get_buffer("mean")) / self.get_buffer("std")).float()
        given, choice = outputs[COORDINATES_HEAD].float(), self.recipe.regression
        if choice.loss == "huber":
            each = functional.huber_loss(given, wanted, reduction="none", delta=choice.huber_delta)
        else:
            each = functional.mse_loss(given, wanted, reduction="none")
        return (each.mean(dim=1) * batch.weights).sum() / batch.weights.sum().clamp(min=1.0)

    def errors_km(self, outputs: dict[str, Tensor], batch: Batch) -> Tensor:
        """Measure errors (km) from the coordinates given."""
        given = outputs[COORDINATES_HEAD].to(batch.points.dtype)
        degrees = given * self.get_buffer("std") + self.get_buffer("mean")
        return chord_km(unit_points(degrees), unit_points(batch.points))


def _change_rate(checkpoint: dict[str, Any], rate: float) -> None:
    """Scale every learning rate that a checkpoint holds to the recipe's."""
    before = checkpoint.get("learning_rate", rate)
    if before == rate:
        return
    for state in checkpoint.get("optimizer_states", []):
        for group in state["param_groups"]:
            group.update({k: group[k] * rate / before for k in ("lr", "initial_lr")})
    for state in checkpoint.get("lr_schedulers", []):
        for key in ("base_lrs", "_last_lr"):
            state[key] = [value * rate / before for value in state[key]]


def unit_points(degrees: Tensor) -> Tensor:
    """(B, 2) latitude and longitude in degrees to unit vectors (B, 3)."""
    latitude, longitude = torch.deg2rad(degrees).unbind(dim=1)
    across = latitude.cos()
    parts = [across * longitude.cos(), across * longitude.sin(), latitude.sin()]
    return torch.stack(parts, dim=1)


def chord_km(first: Tensor, second: Tensor) -> Tensor:
    """Great-circle distance of unit vectors (…, 3); by the chord, which keeps metres exact."""
    chord = (first - second).norm(dim=-1)
    return 2.0 * EARTH_RADIUS_KM * torch.asin((chord / 2.0).clamp(max=1.0))


def start_from(module: GeoModule, trunk: dict[str, Tensor], network: nn.Module | None) -> None:
    """Fill a module with a trunk's tensors and, if given, a network's, heads included."""
    module.trunk.load_state_dict(trunk, strict=True)
    if network is not None:
        module.network.load_state_dict(network.state_dict(), strict=True)
