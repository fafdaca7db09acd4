"""The engine's parts, each against figures worked out in another way."""

from __future__ import annotations

import errno
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from geoguess_app.core.bundle.trunk_designs import VIT_DESIGNS
from geoguess_app.core.errors import PhotoError, TableError
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.network.network import build_trunk
from geoguess_app.core.partition import build_partition
from geoguess_app.core.picture.preprocess import Preprocessing, load_crops
from tests.core.network.test_clip_vit import their_tower
from tests.trainer.engine.sets import RECIPE
from trainer.common.errors import TrainError
from trainer.common.initial_weights import find_initial_weights, load_initial
from trainer.common.recipe_sections import PretrainedTrunk
from trainer.common.trunk_stage import trunk_config
from trainer.engine.augmentation import augmented_picture, centre_picture, random_box
from trainer.engine.dataset import Batch, EpochBatches, EpochPortions, SamplePreparer
from trainer.engine.errors import explain_failure
from trainer.engine.modules import CellsModule, RegressionModule, chord_km, unit_points
from trainer.engine.recipe import Augmentation, TrainRecipe, read_train_recipe
from trainer.engine.schedule import rate_factor
from trainer.engine.targets import Targets

RECIPES = Path(__file__).parents[3] / "trainer" / "recipes"
SHIPPED = (
    "world",
    "world-basic",
    "world-7",
    "csn",
    "campus-resnet18",
    "campus-resnet18-refined",
    "campus-resnet50",
    "campus-resnet50-freeze-unfreeze",
    "campus-convnext-knn",
)
SPEC = Preprocessing(64, (127.0,) * 3, (128.0,) * 3, crops=1)


def recipe_of(tmp_path: Path, *changes: str) -> TrainRecipe:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return read_train_recipe(path, changes)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_is_read(name: str) -> None:
    assert read_train_recipe(RECIPES / f"{name}.toml").model.uses


def test_the_world_recipe_is_that_of_the_report() -> None:
    recipe = read_train_recipe(RECIPES / "world.toml")
    taus = [(p.tau_min, p.tau_max) for p in recipe.partitions]
    assert taus == [(50, 5000), (50, 2000), (50, 1000)]
    optimizer, training = recipe.optimizer, recipe.training
    assert (optimizer.name, optimizer.learning_rate) == ("sgd", 0.01)
    assert (optimizer.momentum, optimizer.weight_decay) == (0.9, 1e-4)
    assert (training.batch, training.epochs, training.validation_photos) == (128, 15, 25600)
    factors = [rate_factor(recipe, epoch) for epoch in range(15)]
    assert factors == [1] * 4 + [0.5] * 4 + [0.25] * 4 + [0.125, 0.0625, 0.03125]


def test_head_only_epochs_come_first_with_a_rate_of_their_own() -> None:
    recipe = read_train_recipe(RECIPES / "campus-resnet50-freeze-unfreeze.toml")
    rates = [recipe.optimizer.learning_rate * rate_factor(recipe, epoch) for epoch in range(12)]
    assert rates == pytest.approx([5e-4] * 4 + [3e-4] * 8)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("training.batches=3", "batches"),
        ("training.batch=many", "batch"),
        ("training.batch=0", "batch"),
        ("optimizer=3", r"optimizer must be a table, not 3\."),
        ("augmentation.flip=1", r"augmentation\.flip must be true or false, not 1\."),
        ("optimizer.name=magic", "sgd, adam, adamw"),
        ("trunk.architecture=vgg", "vgg"),
        ("trunk.architecture=clip_vit_tiny", "cannot be pooled by avg: use class"),
        ("trunk={architecture='clip_vit_tiny', pooling='class'}", "takes crops of size 56, not 64"),
        ("nothing", "equals sign"),
        ("training.batch.size=3", "not a table"),
        ("partitions.finest.tau_max=3", "coarse, fine"),
        ("partitions.fine=3", "coarse, fine"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, change: str, word: str) -> None:
    with pytest.raises(TableError, match=word):
        recipe_of(tmp_path, change)


def test_one_of_several_partitions_is_changed_by_its_name(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, "partitions.coarse.tau_min=3", "partitions.coarse.tau_max=30")
    assert [(p.name, p.tau_min, p.tau_max) for p in recipe.partitions] == [
        ("coarse", 3, 30),
        ("fine", 1, 6),
    ]


def test_random_boxes_keep_inside_and_to_their_shares() -> None:
    random, choice = np.random.default_rng(0), Augmentation()
    shares = []
    for _ in range(2000):
        width, height = (int(n) for n in random.integers(40, 500, 2))
        left, top, right, bottom = random_box(width, height, choice, random)
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        ratio = (right - left) / (bottom - top)
        assert 0.75 - 1e-9 <= ratio <= 4 / 3 + 1e-9
        if 0.75 <= width / height <= 4 / 3:
            shares.append((right - left) * (bottom - top) / (width * height))
    assert min(shares) >= 0.66 - 1e-9
    # Large parts fit less often than small ones, so the mean lies below the middle of the range.
    assert 0.75 < np.mean(shares) < 0.83
    assert max(shares) > 0.97


def test_pictures_are_prepared_as_the_program_prepares_them(photo_sets: Path) -> None:
    photo = next((photo_sets / "local" / "campus").iterdir())
    assert np.array_equal(centre_picture(photo, SPEC), load_crops(photo, SPEC, 1)[0])
    preparer = SamplePreparer(SPEC, Augmentation(jitter=0.2), seed=1)
    first, again = (
        preparer.sample(photo, "a", np.zeros(0, np.int64), np.zeros(2)).image for _ in range(2)
    )
    preparer.set_epoch(1)
    later = preparer.sample(photo, "a", np.zeros(0, np.int64), np.zeros(2)).image
    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)


def test_mirroring_happens_only_where_it_is_wanted(photo_sets: Path) -> None:
    photo = next((photo_sets / "local" / "campus").iterdir())
    for flip, kinds in ((True, 2), (False, 1)):
        choice = Augmentation(crop_scale=(1.0, 1.0), crop_ratio=(1.0, 1.0), flip=flip)
        pictures = {
            augmented_picture(photo, SPEC, choice, np.random.default_rng(seed))
            .mean(axis=(0, 1))
            .tobytes()
            for seed in range(12)
        }
        # A square inside a wide photo is cut where it fits: the centre.
        assert len(pictures) == kinds


def test_a_broken_photo_weighs_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "a.jpg"
    broken.write_bytes(b"\xff\xd8 no photo")
    with pytest.raises(PhotoError):
        centre_picture(broken, SPEC)
    sample = SamplePreparer(SPEC).sample(broken, "a", np.zeros(0, np.int64), np.zeros(2))
    assert sample.weight == 0
    assert not sample.image.any()


@pytest.mark.parametrize(("ranks", "accumulate"), [(1, 1), (2, 1), (1, 4), (2, 2)])
def test_steps_hold_the_same_photos_however_they_are_shared(ranks: int, accumulate: int) -> None:
    one = list(EpochBatches(EpochPortions(51, 8), 0, seed=3))
    assert len(one) == 6
    shared = [
        list(EpochBatches(EpochPortions(51, 8, accumulate, ranks), rank, seed=3))
        for rank in range(ranks)
    ]
    for step, photos in enumerate(one):
        parts = [
            number
            for batches in shared
            for batch in batches[step * accumulate : (step + 1) * accumulate]
            for number in batch
        ]
        assert sorted(parts) == sorted(photos)


def test_an_epoch_goes_on_where_it_was_and_the_next_is_another() -> None:
    order = EpochBatches(EpochPortions(20, 4), 0, seed=3)
    whole = list(order)
    order.start(0, 2)
    assert list(order) == whole[2:]
    assert len(order) == 5
    order.start(1)
    assert list(order) != whole


def partitions_of(points: np.ndarray) -> Targets:
    builds = [
        build_partition(points[:, 0], points[:, 1], name=name, tau_min=1, tau_max=most)
        for name, most in (("coarse", 20), ("fine", 4))
    ]
    return Targets(tuple(build.partition for build in builds), 100.0)


def batch_of(targets: Targets, points: np.ndarray, weights: list[float]) -> Batch:
    return Batch(
        torch.zeros(len(points), 3, 64, 64),
        torch.from_numpy(targets.classes(points[:, 0], points[:, 1])),
        torch.from_numpy(points),
        torch.tensor(weights),
        tuple(str(n) for n in range(len(points))),
    )


def test_the_loss_of_cells_is_the_mean_of_the_cross_entropies(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    points = random.uniform((-60, -170), (60, 170), (40, 2))
    targets = partitions_of(points)
    batch = batch_of(targets, points[:5], [1, 1, 0, 1, 1])
    batch.classes[1, 1] = -1  # outside all fine cells, or so
    sizes = {p.name: p.size for p in targets.partitions}
    logits = {name: random.normal(size=(5, size)) for name, size in sizes.items()}
    outputs = {name: torch.from_numpy(values) for name, values in logits.items()}
    for km in (0.0, 700.0):
        module = CellsModule(recipe_of(tmp_path, f"cells.smoothing_km={km}"), targets)
        expected = []
        for column, partition in enumerate(targets.partitions):
            losses = []
            for row in range(5):
                own = int(batch.classes[row, column])
                if own < 0 or not batch.weights[row]:
                    continue
                values = logits[partition.name][row]
                log_p = values - math.log(np.exp(values).sum())
                distance = great_circle_km(
                    *points[row], partition.mean_latitude_deg, partition.mean_longitude_deg
                )
                label = np.eye(partition.size)[own]
                if km:
                    label = np.exp(-np.maximum(distance - distance[own], 0) / km)
                losses.append(-(label / label.sum() * log_p).sum())
            expected.append(np.mean(losses))
        assert float(module.loss(outputs, batch)) == pytest.approx(np.mean(expected), rel=1e-4)


def test_the_loss_of_coordinates_is_in_standard_deviations(tmp_path: Path) -> None:
    points = np.array([[34.02, -118.28], [34.03, -118.29]])
    batch = batch_of(Targets((), 1.0), points, [1, 1])
    module = RegressionModule(recipe_of(tmp_path, "task=regression"), (34.0, -118.3), (0.01, 0.02))
    given = torch.tensor([[2.0, 1.0], [3.0, 1.5]])
    expected = np.mean([0, 0, 0, 1.0])
    assert float(module.loss({"coordinates": given}, batch)) == pytest.approx(expected, abs=1e-4)
    errors = module.errors_km({"coordinates": given}, batch)
    assert errors[0] == pytest.approx(0, abs=1e-4)
    assert errors[1] == pytest.approx(great_circle_km(34.03, -118.29, 34.03, -118.27), rel=1e-4)


def test_distances_keep_metres() -> None:
    first = torch.tensor([[10.0, 20.0]], dtype=torch.float64)
    second = first + torch.tensor([[0.0, 1e-5]], dtype=torch.float64)
    found = float(chord_km(unit_points(first), unit_points(second)))
    assert found == pytest.approx(float(great_circle_km(10, 20, 10, 20.00001)), rel=1e-4)


def test_a_torchvision_file_fills_the_trunk(tmp_path: Path) -> None:
    torch.manual_seed(5)
    network = models.resnet18(weights=None).eval()
    path = tmp_path / "resnet18.pth"
    torch.save({"state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}, path)
    recipe = recipe_of(tmp_path, "trunk.architecture=resnet18", f"trunk.weights={path}")
    start = find_initial_weights(recipe.trunk)
    module = RegressionModule(recipe, (0, 0), (1, 1))
    module.trunk.load_state_dict(dict(start.state or {}))
    network.fc = torch.nn.Identity()
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(module.trunk.eval()(image), network(image), atol=1e-5)
    assert "resnet18.pth" in start.origin
    with pytest.raises(TrainError, match="are not those of resnet50"):
        find_initial_weights(
            recipe_of(tmp_path, "trunk.architecture=resnet50", f"trunk.weights={path}").trunk
        )


def test_weights_of_clip_are_read_from_a_file_of_transformers(tmp_path: Path) -> None:
    design = VIT_DESIGNS["clip_vit_tiny"]
    tower = their_tower(design)
    save_file(dict(tower.state_dict()), tmp_path / "model.safetensors")
    trunk = {"architecture": "clip_vit_tiny", "pooling": "class"}
    start = find_initial_weights(
        PretrainedTrunk(**trunk, weights=str(tmp_path / "model.safetensors"))
    )
    built = build_trunk(trunk_config(**trunk)).eval()
    load_initial(start, built)
    images = torch.rand(1, 3, 56, 56)
    with torch.inference_mode():
        assert torch.allclose(built(images), tower(images).image_embeds, atol=1e-5)
    with pytest.raises(TrainError, match="give a file with --weights FILE"):
        find_initial_weights(PretrainedTrunk(**trunk), ask=False)


def test_the_cache_of_torchvision_is_used_and_nothing_is_downloaded_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    recipe = recipe_of(tmp_path, "trunk.architecture=resnet18", "trunk.weights=imagenet")
    with pytest.raises(TrainError) as caught:
        find_initial_weights(recipe.trunk)
    for word in ("download.pytorch.org", "MB", "BSD-3-Clause", "--download", "--weights scratch"):
        assert word in str(caught.value)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    name = models.ResNet18_Weights.IMAGENET1K_V1.url.rpartition("/")[2]
    torch.save(models.resnet18(weights=None).state_dict(), folder / name)
    assert "ImageNet" in find_initial_weights(recipe.trunk).origin


def test_the_installed_package_is_used(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, "trunk.architecture=efficientnet_lite2", "trunk.weights=imagenet")
    start = find_initial_weights(recipe.trunk)
    assert "Apache-2.0" in start.origin
    assert not start.scratch


def test_a_file_that_would_run_something_is_refused(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(tmp_path / "ran"),)

    path = tmp_path / "hostile.pth"
    path.write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(TrainError, match=r"not loaded|torch.save did not write it"):
        find_initial_weights(recipe_of(tmp_path, f"trunk.weights={path}").trunk)
    assert not (tmp_path / "ran").exists()


def test_failures_are_told_in_one_sentence() -> None:
    memory = explain_failure(torch.OutOfMemoryError("CUDA out of memory"), 2)
    assert memory is not None
    assert "training.accumulate=4" in str(memory)
    full = OSError(errno.ENOSPC, "No space left on device")
    try:
        raise RuntimeError("checkpoint") from full
    except RuntimeError as error:
        told = explain_failure(error, 1)
    assert told is not None
    assert "disk is full" in str(told)
    assert explain_failure(ValueError("a fault of ours"), 1) is None
