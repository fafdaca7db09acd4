"""GeoCLIP's two towers out of its files: what a bundle stores, and an encoder of places."""

from __future__ import annotations

import math
import mmap
import pickle
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from geoguess_app.core.bundle.networks import RELU, Layers, TrunkConfig, linear
from geoguess_app.core.bundle.tensors import read_tensors
from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES, VIT_DESIGNS, trunk_shapes
from geoguess_app.core.errors import BundleError
from geoguess_app.core.network.location_encoder import location_encoder_from_geoclip
from geoguess_app.core.network.trunks.clip_vit import clip_from_transformers
from geoguess_app.models.geoclip.files import GeoclipFiles, split_release

TRUNK_FILE = "weights/clip.safetensors"
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Towers:
    """The image tower as a bundle stores it (trunk, its tensors, ``layers`` and theirs), the
    encoder of places, and the factor of the cosine similarities."""

    trunk: TrunkConfig
    trunk_arrays: Arrays
    layers: Layers
    layer_arrays: Arrays
    encode: Callable[[Tensor, Tensor], Tensor]
    """Degrees (n), (n) → embeddings (n, size)."""
    scale: float


def read_towers(files: GeoclipFiles) -> Towers:
    """Read the towers. Raises BundleError naming the file that is not what it should be."""
    assert files.clip is not None
    if files.release is not None:
        named = files.release
        head, places, log_scale = split_release(_safetensors(files.release))
    else:
        assert files.head is not None
        assert files.places is not None
        assert files.scale is not None
        named = files.places
        head, places = _pickled(files.head), _pickled(files.places)
        log_scale = float(_pickled(files.scale)[""].reshape(-1)[0])
    try:
        # Copied: a mapped file's arrays cannot be written to, which torch warns of.
        copied = {name: torch.from_numpy(np.array(a)) for name, a in places.items()}
        encoder = location_encoder_from_geoclip(copied)
        layers, layer_arrays = _head(head)
    except (KeyError, ValueError) as error:
        raise BundleError(f"{named.name} is not GeoCLIP's ({error}).", code="tensors") from None
    trunk, trunk_arrays = _clip(files.clip)
    size, inputs = layers[-1].outputs, layers[0].inputs
    if inputs != trunk.feature_size or size != encoder.size:
        raise BundleError(
            f"{named.name} and {files.clip.name} do not belong together: the image head takes "
            f"{inputs} values and gives {size}, CLIP gives {trunk.feature_size} and the location "
            f"encoder {encoder.size}.",
            code="tensors",
        )
    return Towers(trunk, trunk_arrays, layers, layer_arrays, encoder, math.exp(log_scale))


def _head(state: Mapping[str, np.ndarray]) -> tuple[Layers, Arrays]:
    """The perceptron behind CLIP: ``0.weight``, ``0.bias``, ``2.weight``, ``2.bias``."""
    first, second = state["0.weight"], state["2.weight"]
    layers = (
        linear(first.shape[1], first.shape[0]),
        RELU,
        linear(second.shape[1], second.shape[0]),
    )
    return layers, {f"layers.{name}": array.astype(np.float32) for name, array in state.items()}


def _clip(file: Path) -> tuple[TrunkConfig, Arrays]:
    """CLIP's vision tower, in half precision."""
    state = _safetensors(file) if file.suffix == ".safetensors" else _pickled(file)
    tensors = {name: torch.from_numpy(np.array(a)) for name, a in state.items() if _is_vision(name)}
    for architecture, design in VIT_DESIGNS.items():
        try:
            ours = clip_from_transformers(tensors, design)
        except KeyError:
            continue
        if {n: tuple(t.shape) for n, t in ours.items()} == trunk_shapes(architecture):
            arrays = {name: tensor.half().numpy() for name, tensor in ours.items()}
            size = ARCHITECTURES[architecture].channels
            return TrunkConfig(architecture, "class", size, TRUNK_FILE), arrays
    raise BundleError(
        f"{file.name} is not the vision model of CLIP ViT-L/14 (openai/clip-vit-large-patch14).",
        code="tensors",
    )


def _is_vision(name: str) -> bool:
    return name.startswith(("vision_model.", "visual_projection."))


def _safetensors(file: Path) -> Arrays:
    """Name → array of a safetensors file, which is mapped and not read whole."""
    with file.open("rb") as stream:
        if not file.stat().st_size:
            raise BundleError(f"{file.name} is empty.", code="tensors")
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    return read_tensors(mapped, file.name)


def _pickled(file: Path) -> Arrays:
    """Name → array of a file of torch, of which nothing is executed; a lone tensor has no name."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unusual pickles: what matters is refused anyway
            found = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise BundleError(f"{file.name} cannot be read ({reason}).", code="tensors") from None
    named = {"": found} if isinstance(found, Tensor) else found
    if not isinstance(named, Mapping) or not all(isinstance(v, Tensor) for v in named.values()):
        raise BundleError(f"{file.name} holds something other than tensors.", code="tensors")
    return {str(name): tensor.detach().float().numpy() for name, tensor in named.items()}
