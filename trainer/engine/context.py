"""Context-Specific Networks: the multi-scale network, heads included, taught on each scene."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoguess_app.core.bundle import Bundle, open_bundle
from geoguess_app.core.bundle.networks import NetworkConfig, TrunkConfig
from geoguess_app.core.decision.decide import BASE
from geoguess_app.core.decision.scenes import S3_NAMES
from geoguess_app.core.network.network import load_network, load_trunk, numpy_state
from geoguess_app.core.picture.preprocess import Preprocessing
from trainer.common.bundle_contents import (
    MAIN,
    BundleContents,
    Tensors,
    bundle_manifest,
    half_if_possible,
    network_on_trunk,
    partition_entries,
)
from trainer.common.errors import TrainError
from trainer.common.initial_weights import InitialWeights
from trainer.common.trunk_stage import WEIGHTS_FILE
from trainer.data.training_photos import TrainingPhotos
from trainer.engine.data_module import PhotoData
from trainer.engine.export import load_best
from trainer.engine.fit import fit_module
from trainer.engine.modules import BASE_FILE, CellsModule, start_from
from trainer.engine.progress import ProgressLog
from trainer.engine.recipe import TrainRecipe
from trainer.engine.scene_shares import labels_origin, scene_shares
from trainer.engine.targets import Targets

if TYPE_CHECKING:
    from trainer.engine.run import RunOptions, TrainingRun

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ParentModels:
    """The bundles that Context-Specific Networks come from."""

    base: Bundle
    scenes: Bundle


def open_parents(recipe: TrainRecipe, options: RunOptions) -> ParentModels:
    """The multi-scale model and the one that labels scenes; raises TrainError for misfits."""
    labeller = options.scenes or (Path(recipe.context.scenes) if recipe.context.scenes else None)
    if options.base is None or labeller is None:
        raise TrainError(
            "Context-Specific Networks need --base MODEL (the multi-scale network) and --scenes "
            "MODEL (one that labels scenes).",
            code="option",
        )
    base, scenes = open_bundle(options.base), open_bundle(labeller)
    own = base.manifest.networks.get(BASE)
    # Dropout is for training: nothing of it is in the weights.
    layers = [] if own is None else [layer for layer in own.layers if layer.type != "dropout"]
    if base.manifest.kind != "cells" or own is None or layers or own.trunk != MAIN:
        raise TrainError(
            f"{options.base}: not a multi-scale model made by geoguess-train train.",
            code="base",
        )
    trunk = base.manifest.trunks[MAIN]
    wanted = (recipe.trunk.architecture, recipe.trunk.pooling)
    if (trunk.architecture, trunk.pooling) != wanted:
        raise TrainError(
            f"{options.base} has the trunk {trunk.architecture} ({trunk.pooling}), the recipe "
            f"{wanted[0]} ({wanted[1]}); use the same with --set trunk.architecture=….",
            code="base",
        )
    if (
        scenes.manifest.scene_network is None
        or scenes.manifest.trunks[
            scenes.manifest.networks[scenes.manifest.scene_network].trunk
        ].shared_blocks
    ):
        raise TrainError(f"{labeller}: this model does not label scenes on its own.", code="scenes")
    for path, bundle in ((options.base, base), (labeller, scenes)):
        if not _alike(bundle.manifest.preprocessing, recipe.preprocessing):
            raise TrainError(
                f"{path} prepares pictures differently from the recipe (size, mean or std), but "
                "a model can have only one; use the same values in both.",
                code="preprocessing",
            )
    return ParentModels(base, scenes)


def _alike(first: Preprocessing, second: Preprocessing) -> bool:
    return (first.size, first.mean, first.std) == (second.size, second.mean, second.std)


def start_of(parents: ParentModels) -> InitialWeights:
    """The base model's trunk."""
    trunk = load_trunk(parents.base, MAIN)
    return InitialWeights(
        trunk.state_dict(), f"the model {parents.base.manifest.title}, heads included"
    )


def targets_of(parents: ParentModels, recipe: TrainRecipe) -> Targets:
    """The base model's partitions."""
    return Targets(tuple(parents.base.partitions), recipe.cells.reassign_km)


def context_contents(prepared: TrainingRun) -> BundleContents:
    """Train the network of each scene; one with too few photos stays the base network."""
    assert prepared.parents is not None
    photos, recipe = prepared.photos, prepared.recipe
    likely = scene_shares(prepared)
    networks: dict[str, CellsModule] = {}
    facts = dict(prepared.facts) | {
        "scene_labels": labels_origin(prepared, prepared.parents.scenes)
    }
    for column, scene in enumerate(S3_NAMES):
        chosen = likely[:, column] > recipe.context.threshold
        kept = np.flatnonzero(chosen | (photos.split == "test"))
        part = photos.take(kept)
        facts[f"photos_{scene}"] = int(part.rows("train").size)
        if part.rows("train").size < recipe.training.batch:
            log.warning("%s: too few photos; the base network will answer for this scene.", scene)
            continue
        log.info("%s: %d photos …", scene, part.rows("train").size)
        networks[scene] = _fine_tuned(prepared, part, scene)
    return _assemble(prepared, networks, facts)


def _fine_tuned(prepared: TrainingRun, photos: TrainingPhotos, scene: str) -> CellsModule:
    assert prepared.parents is not None
    options = prepared.options
    module = CellsModule(prepared.recipe, prepared.targets)
    assert prepared.start.state is not None
    start_from(module, dict(prepared.start.state), load_network(prepared.parents.base, BASE))
    module.requires_grad_(True)
    data = PhotoData(prepared.recipe, photos, prepared.targets, ranks=options.machine.ranks)
    best = fit_module(
        module,
        data,
        options.out / scene,
        options.machine,
        resume=options.resume,
        progress=ProgressLog(options.out, scene),
    )
    load_best(module, best)
    return module


def _assemble(
    prepared: TrainingRun, modules: dict[str, CellsModule], facts: dict[str, object]
) -> BundleContents:
    """Base, scene and Context-Specific Networks in one bundle."""
    assert prepared.parents is not None
    base, scenes = prepared.parents.base, prepared.parents.scenes
    trunks = {MAIN: replace(base.manifest.trunks[MAIN], weights=WEIGHTS_FILE)}
    networks = {BASE: network_on_trunk(base.manifest.networks[BASE], MAIN, BASE_FILE)}
    tensors: dict[str, Tensors] = {
        WEIGHTS_FILE: base.tensors(base.manifest.trunks[MAIN].weights or ""),
        BASE_FILE: base.tensors(base.manifest.networks[BASE].weights or ""),
    }
    _add_scene_network(scenes, trunks, networks, tensors)
    for scene, module in modules.items():
        trunk_file, file = f"weights/trunk-{scene}.safetensors", f"weights/{scene}.safetensors"
        trunks[scene] = replace(module.config, weights=trunk_file)
        networks[scene] = network_on_trunk(module.network.config, scene, file)
        tensors[trunk_file] = half_if_possible(module.trunk)
        tensors[file] = numpy_state(module.network)
    temperature = scenes.manifest.calibration.get("scene_temperature", 1.0)
    manifest = bundle_manifest(
        prepared.recipe.model,
        prepared.recipe.preprocessing,
        prepared.photos.provenance(),
        kind="cells",
        trunks=trunks,
        networks=networks,
        partitions=partition_entries(prepared.targets.partitions),
        scene_network="scene",
        context_networks={scene: scene if scene in modules else BASE for scene in S3_NAMES},
        routing=prepared.recipe.context.routing,
        calibration={"scene_temperature": temperature},
    )
    return BundleContents(manifest, prepared.targets.partitions, tensors, facts)


def _add_scene_network(
    scenes: Bundle,
    trunks: dict[str, TrunkConfig],
    networks: dict[str, NetworkConfig],
    tensors: dict[str, Tensors],
) -> None:
    config = scenes.manifest.networks[scenes.manifest.scene_network or ""]
    trunk = scenes.manifest.trunks[config.trunk]
    trunk_file, file = "weights/trunk-scene.safetensors", "weights/scene.safetensors"
    trunks["scene"] = replace(trunk, weights=trunk_file)
    networks["scene"] = network_on_trunk(config, "scene", file)
    tensors[trunk_file] = scenes.tensors(trunk.weights or "")
    tensors[file] = scenes.tensors(config.weights or "")
