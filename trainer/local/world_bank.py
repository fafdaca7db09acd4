"""The starter model's knowledge of the world, for those who train on its trunk."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.bundle import Bundle, open_bundle
from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.network.network import numpy_state
from geoguess_app.core.picture.preprocess import Preprocessing
from geoguess_app.paths import starter_bundle_dir
from trainer.local.spaces import FeatureSpace, WorldBank, unit_length
from trainer.local.trunk_features import LocalTrunk

ELSEWHERE_KM = 100.0
"""Photos at least this far from the area stand for photos from elsewhere."""


def load_world_bank(trunk: LocalTrunk, spec: Preprocessing) -> WorldBank | None:
    """Load the bank from the starter model that comes with the program; None where it has another
    trunk, sees pictures in another way, or is not there."""
    try:
        bundle = open_bundle(starter_bundle_dir())
    except GeoGuessError:
        return None
    return world_bank_of(bundle, trunk, spec)


def world_bank_of(bundle: Bundle, trunk: LocalTrunk, spec: Preprocessing) -> WorldBank | None:
    """Take the bank, as ``load_world_bank`` does, from any bundle with a bank behind one
    projection."""
    manifest = bundle.manifest
    retrieval = manifest.retrieval
    if retrieval is None or retrieval.projection_weights is None or manifest.preprocessing != spec:
        return None
    if [layer.type for layer in retrieval.layers] != ["l2norm", "linear", "l2norm"]:
        return None
    if not _same_trunk(bundle, retrieval.trunk, trunk):
        return None
    projection = bundle.tensors(retrieval.projection_weights)
    bank = bundle.tensors(retrieval.weights)
    latitude, longitude = bank["latitude_deg"], bank["longitude_deg"]
    spot = np.unique(np.stack([latitude, longitude], axis=1), axis=0, return_inverse=True)[1]
    others = spot.ravel() % 2 == 1
    vectors = unit_length(np.asarray(bank["embeddings"], dtype=np.float64))
    matrix, offset = (
        np.asarray(projection[f"layers.1.{name}"], dtype=np.float32) for name in ("weight", "bias")
    )
    return WorldBank(
        FeatureSpace(((matrix, offset),)),
        vectors[~others],
        vectors[others],
        latitude[others],
        longitude[others],
    )


def _same_trunk(bundle: Bundle, name: str, trunk: LocalTrunk) -> bool:
    config = bundle.manifest.trunks[name]
    if (config.architecture, config.pooling) != (trunk.config.architecture, trunk.config.pooling):
        return False
    if config.weights is None or config.shared_blocks is not None:
        return False
    theirs = bundle.tensors(config.weights)
    ours = numpy_state(trunk.trunk)
    return ours.keys() == theirs.keys() and all(
        np.array_equal(ours[key].astype(np.float16), theirs[key].astype(np.float16)) for key in ours
    )


def far_photos(world: WorldBank, latitude_deg: float, longitude_deg: float) -> np.ndarray:
    """Unit vectors (m, d) in the world's space of photos from elsewhere than around a point, in an
    order that has nothing to do with where they were taken."""
    far = (
        great_circle_km(latitude_deg, longitude_deg, world.latitude_deg, world.longitude_deg)
        >= ELSEWHERE_KM
    )
    chosen = np.random.default_rng(1).permutation(np.flatnonzero(far))
    return np.asarray(world.others[chosen])
