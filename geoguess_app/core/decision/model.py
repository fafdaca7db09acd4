"""The parts of a bundle that a decision needs: cells as vectors, the bank, the calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from geoguess_app.core.bundle import Bundle
from geoguess_app.core.bundle.manifest import EnsembleMember, Manifest
from geoguess_app.core.calibration.json_form import calibration_from_json
from geoguess_app.core.calibration.model import Calibration
from geoguess_app.core.cells import areas_km2, leaf_ids, range_max, range_min
from geoguess_app.core.decision.decide import DecisionModel
from geoguess_app.core.decision.ensemble import pool_member
from geoguess_app.core.decision.gallery import Gallery, build_gallery
from geoguess_app.core.decision.retrieval import Bank, build_bank
from geoguess_app.core.decision.types import AREA
from geoguess_app.core.errors import BundleError
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.partition import Partition
from geoguess_app.core.partition.hierarchy import Hierarchy, build_hierarchy
from geoguess_app.core.types import Coordinate, FloatArray


def cell_spread_km(partition: Partition) -> FloatArray:
    """Half the radius (km) of a circle of each cell's area: photos lie within about twice it."""
    return np.asarray(np.sqrt(areas_km2(partition.cell_ids) / np.pi) / 2.0)


def decision_model(bundle: Bundle) -> DecisionModel:
    """The decision's view of a bundle of any kind; raises BundleError for a bad calibration."""
    manifest = bundle.manifest
    if manifest.ensemble:
        return _ensemble_model(bundle)
    partitions = tuple(bundle.partitions)
    retrieval = manifest.retrieval
    calibration_json = dict(manifest.calibration)
    if retrieval is not None:
        fitted = {"temperature": retrieval.temperature, "inside_temperature": retrieval.temperature}
        given = calibration_json.get("retrieval", {})
        calibration_json["retrieval"] = {**fitted, **given} if isinstance(given, dict) else given
    finest = partitions[-1] if partitions else None
    calibration = calibration_from_json(calibration_json)
    _check_area(manifest, calibration)
    return DecisionModel(
        name=manifest.title,
        partitions=partitions,
        hierarchy=_hierarchy(partitions),
        cell_vectors=_vectors(finest),
        cell_spread_km=cell_spread_km(finest) if finest else np.zeros(0),
        cell_tokens=tuple(finest.tokens) if finest else (),
        calibration=calibration,
        bank=_bank(bundle, finest.size if finest else 0),
        gallery=_gallery(bundle),
        neighbours=retrieval.neighbours if retrieval else 0,
        neighbour_temperature=retrieval.temperature if retrieval else 0.1,
        scene_network=manifest.scene_network,
        context_networks=dict(manifest.context_networks),
        routing=manifest.routing,
        fusion=manifest.preprocessing.fusion,
    )


def _ensemble_model(bundle: Bundle) -> DecisionModel:
    models = {name: decision_model(member) for name, member in bundle.members.items()}
    return ensemble_model(
        bundle.manifest.title,
        tuple(bundle.partitions),
        bundle.manifest.ensemble,
        models,
        calibration_from_json(dict(bundle.manifest.calibration)),
    )


def ensemble_model(
    name: str,
    partitions: tuple[Partition, ...],
    members: Sequence[EnsembleMember],
    models: Mapping[str, DecisionModel],
    calibration: Calibration,
) -> DecisionModel:
    """The decision's view of several models on common partitions (coarse to fine).

    The first bank among the members' is the ensemble's: its photos are what looks alike.
    """
    finest = partitions[-1]
    pool = tuple(pool_member(m.name, models[m.name], m.bias, m.confidence, finest) for m in members)
    owner = next((models[m.name] for m in members if models[m.name].bank is not None), None)
    return DecisionModel(
        name=name,
        partitions=partitions,
        hierarchy=_hierarchy(partitions),
        cell_vectors=_vectors(finest),
        cell_spread_km=cell_spread_km(finest),
        cell_tokens=tuple(finest.tokens),
        calibration=calibration,
        bank=_moved(owner.bank, finest) if owner is not None and owner.bank is not None else None,
        neighbours=owner.neighbours if owner is not None else 0,
        members=pool,
    )


def _moved(bank: Bank, finest: Partition) -> Bank:
    """A bank whose photos' classes are those of another finest partition."""
    classes = finest.class_of(leaf_ids(bank.latitude_deg, bank.longitude_deg))
    return build_bank(bank.embeddings, bank.latitude_deg, bank.longitude_deg, classes, finest.size)


def gallery_model(
    name: str, partitions: tuple[Partition, ...], gallery: Gallery, calibration: Calibration
) -> DecisionModel:
    """The decision's view of a gallery that is not in a bundle yet."""
    return DecisionModel(
        name=name,
        partitions=partitions,
        hierarchy=_hierarchy(partitions),
        cell_vectors=_vectors(partitions[-1]),
        cell_spread_km=cell_spread_km(partitions[-1]),
        cell_tokens=tuple(partitions[-1].tokens),
        calibration=calibration,
        gallery=gallery,
    )


def _check_area(manifest: Manifest, calibration: Calibration) -> None:
    known = calibration.recognition
    network = manifest.networks.get(AREA)
    asked = known is not None and known.area > 0.0
    if (asked or network is not None) and (network is None or network.heads != {AREA: 1}):
        raise BundleError(
            f"bundle.json: networks.{AREA} must have one head {AREA} of one number.", code="area"
        )


def with_partitions(model: DecisionModel, partitions: tuple[Partition, ...]) -> DecisionModel:
    """The model with only some of its partitions (coarse → fine).

    A bank knows its photos' cells in the finest partition only, so it stays only with that one.
    """
    finest = partitions[-1]
    return replace(
        model,
        partitions=partitions,
        hierarchy=_hierarchy(partitions),
        cell_vectors=_vectors(finest),
        cell_spread_km=cell_spread_km(finest),
        cell_tokens=tuple(finest.tokens),
        bank=model.bank if finest is model.partitions[-1] else None,
        gallery=_regathered(model.gallery, partitions),
    )


def _regathered(gallery: Gallery | None, partitions: tuple[Partition, ...]) -> Gallery | None:
    """The gallery with its points in other partitions."""
    if gallery is None:
        return None
    places = (gallery.latitude_deg, gallery.longitude_deg)
    return build_gallery(gallery.embeddings, *places, gallery.scale, partitions)


def _hierarchy(partitions: tuple[Partition, ...]) -> Hierarchy:
    if partitions:
        return build_hierarchy(partitions)
    return Hierarchy((), np.zeros((0, 0), dtype=np.int64), ())


def _vectors(finest: Partition | None) -> FloatArray:
    if finest is None:
        return np.zeros((0, 3))
    return unit_vectors(finest.mean_latitude_deg, finest.mean_longitude_deg)


def _bank(bundle: Bundle, cells: int) -> Bank | None:
    retrieval = bundle.manifest.retrieval
    if retrieval is None:
        return None
    tensors = bundle.tensors(retrieval.weights)
    return build_bank(
        tensors["embeddings"],
        tensors["latitude_deg"],
        tensors["longitude_deg"],
        tensors["fine_class"],
        cells,
    )


def _gallery(bundle: Bundle) -> Gallery | None:
    config = bundle.manifest.gallery
    if config is None:
        return None
    tensors = bundle.tensors(config.weights)
    return build_gallery(
        tensors["embeddings"],
        tensors["latitude_deg"],
        tensors["longitude_deg"],
        config.scale,
        bundle.partitions,
    )


def cell_at(model: DecisionModel, where: Coordinate) -> tuple[int, str]:
    """Index and token of the finest cell that a point lies in, else of the nearest one."""
    ids = model.partitions[-1].cell_ids
    leaf = leaf_ids([where.latitude_deg], [where.longitude_deg])
    at = int(np.searchsorted(range_min(ids), leaf, side="right")[0]) - 1
    if at < 0 or leaf[0] > range_max(ids)[at]:
        here = unit_vectors(where.latitude_deg, where.longitude_deg)
        at = int((model.cell_vectors @ here).argmax())
    return at, model.cell_tokens[at]
