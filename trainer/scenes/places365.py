"""Networks that the Places365 project published, as models that label scenes.

Zhou, Lapedriza, Khosla, Oliva, Torralba: "Places: A 10 Million Image Database for Scene
Recognition", TPAMI 2018. A file of theirs is what torch.save made of a dictionary: ``state_dict``
with torchvision's ResNet names behind ``module.``, and ``arch``.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from geoguess_app.core.bundle import write_bundle
from geoguess_app.core.bundle.checks import SCENE_CLASSES, SCENE_HEAD
from geoguess_app.core.bundle.manifest import Manifest, Provenance
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.bundle.trunk_designs import ARCHITECTURES, RESNET_LAYERS, Shape, trunk_shapes
from geoguess_app.core.decision.scenes import scene_table
from geoguess_app.core.errors import TableError
from geoguess_app.core.network.trunks.torchvision_trunks import resnet_from_torchvision
from geoguess_app.core.picture.preprocess import Preprocessing
from trainer.common.bundle_contents import CARD_FILE, MAIN
from trainer.common.checkpoint import CheckpointError, read_checkpoint, state_of

PREPROCESSING = Preprocessing(
    size=224,
    mean=(123.675, 116.28, 103.53),
    std=(58.395, 57.12, 57.375),
    resize="square",
    resize_to=256,
    crops=1,
)
"""The project's own: 256 × 256 whatever the shape, of that the middle, ImageNet's mean and std."""
LICENCE = "CC BY, as the Places365 project states for its networks"
_SOURCE = Provenance(
    "Places365-Standard, training photos",
    "not stated; made for research",
    1_803_460,
    "http://places2.csail.mit.edu/",
)
_TRUNK_FILE, _SCENE_FILE = "weights/trunk.safetensors", "weights/scene.safetensors"
_SCENE = "scene"
_CARD = """\
# {title}

Labels photos with the 365 categories of Places365 and their 16 and 3 groups. It cannot say where a
photo was taken. Imported from a published file; its accuracy was not measured during the import.

| | |
|---|---|
| network | {architecture} |
| file | {file} |
| SHA-256 | {digest} |
| licence | {licence} |

The file contains no category names: its rows are assumed to follow the order of the project's
`categories_places365.txt`{checked}. Pictures are prepared as the project does: scaled to 256 × 256,
the middle 224 × 224, ImageNet's mean and standard deviation.

The project states a top-1 accuracy of about 55% and a top-5 accuracy of about 85% on its
validation photos for its ResNet-50. To see what this model does on labelled photos of your own:
`geoguess evaluate --model MODEL --photos TABLE --images DIR --out DIR`, with the columns `file` and
`category`.

Zhou, Lapedriza, Khosla, Oliva, Torralba: Places: A 10 Million Image Database for Scene Recognition.
IEEE TPAMI 40 (6), 2018.
"""


@dataclass(frozen=True, eq=False)
class PlacesNetwork:
    """A network of the project: its architecture and its tensors, float32, in our names."""

    architecture: str
    trunk: Mapping[str, np.ndarray]
    scene: Mapping[str, np.ndarray]


def read_places365(path: Path) -> PlacesNetwork:
    """Read a file of the project; raises CheckpointError for anything else."""
    checkpoint = read_checkpoint(path)
    state = state_of(checkpoint, path)
    architecture = _architecture(state, path)
    said = checkpoint.get("arch")
    if isinstance(said, str) and said.lower() != architecture:
        # "wideresnet18" has the tensors of a ResNet-18 and computes something else with them.
        raise CheckpointError(
            f"{path}: it says that it is {said[:40]!r}, but its tensors are those of "
            f"{architecture}; only plain ResNets can be imported.",
            code="architecture",
        )
    _check_head(state, ARCHITECTURES[architecture].channels, path)
    return PlacesNetwork(
        architecture,
        _arrays(resnet_from_torchvision(architecture, state)),
        _arrays({f"heads.{SCENE_HEAD}.{part}": state[f"fc.{part}"] for part in ("weight", "bias")}),
    )


def _arrays(state: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.float().contiguous().numpy() for name, tensor in state.items()}


def _architecture(state: Mapping[str, Tensor], path: Path) -> str:
    """The ResNet whose tensors these are, by every name and shape."""
    problems: dict[str, list[str]] = {}
    for name in RESNET_LAYERS:
        found = {k: tuple(t.shape) for k, t in resnet_from_torchvision(name, state).items()}
        problems[name] = _differences(trunk_shapes(name), found)
        if not problems[name]:
            return name
    nearest = min(problems, key=lambda name: len(problems[name]))
    raise CheckpointError(
        f"{path}: its weights are not those of {', '.join(RESNET_LAYERS)}; the nearest is "
        f"{nearest}, but {problems[nearest][0]}.",
        code="architecture",
    )


def _differences(expected: Mapping[str, Shape], found: Mapping[str, Shape]) -> list[str]:
    missing = [f"{name} is missing" for name in expected if name not in found]
    extra = [f"{name[:80]} is an unexpected tensor" for name in found if name not in expected]
    other = [
        f"{name} has the shape {found[name]} instead of {expected[name]}"
        for name in expected
        if name in found and found[name] != expected[name]
    ]
    return missing + extra + other


def _check_head(state: Mapping[str, Tensor], features: int, path: Path) -> None:
    weight, bias = state.get("fc.weight"), state.get("fc.bias")
    if weight is None or bias is None:
        raise CheckpointError(f"{path}: its last layer (fc) is missing.", code="classes")
    classes = weight.shape[0] if weight.dim() else 0
    if classes != SCENE_CLASSES:
        raise CheckpointError(
            f"{path}: it has {classes:,} categories instead of the {SCENE_CLASSES} of Places365.",
            code="classes",
        )
    if tuple(weight.shape) != (SCENE_CLASSES, features) or tuple(bias.shape) != (SCENE_CLASSES,):
        raise CheckpointError(
            f"{path}: its last layer (fc) does not fit {features} features.", code="classes"
        )


def check_categories(path: Path) -> None:
    """Raise TableError unless a list of categories (``/a/airfield 0``) has our names and order."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: cannot be read as text ({error}).", code="missing") from error
    names = [_category(line) for line in lines if line.strip()]
    ours = scene_table().categories
    if len(names) != len(ours):
        raise TableError(
            f"{path}: it lists {len(names)} categories, Places365 has {len(ours)}.", code="classes"
        )
    for number, (name, known) in enumerate(zip(names, ours, strict=True)):
        if name != known:
            raise TableError(
                f"{path}: category {number} is {name[:60]!r} there and {known!r} in Places365: the "
                "network was trained with another order.",
                code="classes",
            )


def _category(line: str) -> str:
    """ "/a/airfield 0" as "airfield"."""
    name = line.split()[0]
    return name[3:] if name.startswith("/") and name[2:3] == "/" else name


def scene_manifest(network: PlacesNetwork, name: str, licence: str) -> Manifest:
    """The model's description, without hashes."""
    channels = ARCHITECTURES[network.architecture].channels
    return Manifest(
        kind="scenes",
        name=name,
        version="1",
        license=licence,
        description="Scene labels by a network of the Places365 project; cannot locate photos.",
        intended_area="Scenes anywhere; no places.",
        created=datetime.datetime.now(datetime.UTC).date().isoformat(),
        preprocessing=PREPROCESSING,
        trunks={MAIN: TrunkConfig(network.architecture, "avg", channels, _TRUNK_FILE)},
        networks={_SCENE: NetworkConfig(MAIN, (), {SCENE_HEAD: SCENE_CLASSES}, _SCENE_FILE)},
        provenance=(_SOURCE,),
        scene_network=_SCENE,
    )


def import_places365(
    path: Path,
    target: Path,
    *,
    name: str | None = None,
    licence: str = LICENCE,
    categories: Path | None = None,
) -> tuple[Path, Manifest]:
    """Write the model of a file of the project; returns where it lies and what it says.

    Weights stay in single precision, so its logits are those of the file. Raises CheckpointError,
    TableError for ``categories`` in another order, BundleError where it cannot be written.
    """
    if categories is not None:
        check_categories(categories)
    network = read_places365(path)
    manifest = scene_manifest(network, name or _title(network.architecture), licence)
    card = _CARD.format(
        title=manifest.title,
        architecture=network.architecture,
        file=path.name,
        digest=_digest(path),
        licence=licence,
        checked=", which was compared with ours" if categories else "",
    )
    tensors: dict[str, Mapping[str, np.ndarray]] = {
        _TRUNK_FILE: network.trunk,
        _SCENE_FILE: network.scene,
    }
    return write_bundle(target, manifest, (), tensors, {CARD_FILE: card.encode()}), manifest


def _title(architecture: str) -> str:
    return f"Places365 ResNet-{architecture.removeprefix('resnet')}"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
