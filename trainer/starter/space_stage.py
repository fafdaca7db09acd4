"""The two spaces made of features: where look-alikes are sought, and where cells are told apart."""

from __future__ import annotations

import numpy as np

from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.bundle_contents import MAIN
from trainer.starter.inputs import BuildInputs
from trainer.starter.pair_learning import pair_matrix, pairs_across_sources
from trainer.starter.place_pairs import place_pairs, place_whitening
from trainer.starter.projection import PrincipalDirections, make_projection, principal_directions
from trainer.starter.space import ProjectedSpace, projected_space

PROJECTION_FILE = "weights/projection.safetensors"


def make_spaces(inputs: BuildInputs, rows: IntArray) -> tuple[ProjectedSpace, ProjectedSpace]:
    """Make the spaces for look-alikes and for cells: the same directions, weighed differently."""
    principal = directions_of(inputs, rows)
    recipe = inputs.recipe
    cells = make_projection(
        principal,
        recipe.retrieval.size,
        recipe.geo.whitening,
        trunk=MAIN,
        weights_file=PROJECTION_FILE,
    )
    look_alikes = look_alike_space(inputs, principal, rows)
    return look_alikes, projected_space(cells, inputs.geo_features)


def directions_of(inputs: BuildInputs, rows: IntArray) -> PrincipalDirections:
    """Directions of everything that may be learned from: the scene photos show more of the world
    than the places do."""
    scenes = inputs.scenes.in_split("train")
    return principal_directions(inputs.geo_features[rows], inputs.scene_features[scenes])


def look_alike_space(
    inputs: BuildInputs, principal: PrincipalDirections, rows: IntArray
) -> ProjectedSpace:
    """The space of the bank, which learns from the places of ``rows`` where the recipe says so."""
    choice = inputs.recipe.retrieval

    def space(after: FloatArray | None) -> ProjectedSpace:
        projection = make_projection(
            principal,
            choice.size,
            choice.whitening,
            trunk=MAIN,
            weights_file=PROJECTION_FILE,
            after=after,
        )
        return projected_space(projection, inputs.geo_features)

    plain = space(None)
    if not choice.place_km:
        return plain
    geo = inputs.geo.take(rows)
    points = unit_vectors(geo.latitude_deg, geo.longitude_deg)
    pairs = place_pairs(points, choice.place_km)
    whitening = place_whitening(plain.photo_vectors()[rows], pairs, choice.place_shrinkage)
    whitened = space(whitening)
    if not choice.pairs.epochs:
        return whitened
    sources = np.unique(geo.source, return_inverse=True)[1]
    across = pairs_across_sources(points, sources, choice.place_km)
    return space(pair_matrix(whitened.vectors[rows], points, across, choice.pairs) @ whitening)
