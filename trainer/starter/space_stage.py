"""From features to the two spaces: where look-alikes are sought, and where cells are told apart."""

from __future__ import annotations

from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.types import FloatArray, IntArray
from trainer.common.bundle_contents import MAIN
from trainer.starter.material import Material
from trainer.starter.place_pairs import place_pairs, place_whitening
from trainer.starter.projection import Principal, make_projection, principal_directions
from trainer.starter.space import Space, make_space

PROJECTION_FILE = "weights/projection.safetensors"


def make_spaces(material: Material, rows: IntArray) -> tuple[Space, Space]:
    """For look-alikes and for cells: the same directions, weighed differently."""
    principal = directions_of(material, rows)
    recipe = material.recipe
    cells = make_projection(
        principal,
        recipe.retrieval.size,
        recipe.geo.whitening,
        trunk=MAIN,
        weights_file=PROJECTION_FILE,
    )
    look_alikes = look_alike_space(material, principal, rows)
    return look_alikes, make_space(cells, material.geo_features)


def directions_of(material: Material, rows: IntArray) -> Principal:
    """Directions of everything that may be learned from: the scene photos show more of the world
    than the places do."""
    scenes = material.scenes.in_split("train")
    return principal_directions(material.geo_features[rows], material.scene_features[scenes])


def look_alike_space(material: Material, principal: Principal, rows: IntArray) -> Space:
    """The space of the bank, which learns from the places of ``rows`` where the recipe says so."""
    choice = material.recipe.retrieval

    def space(after: FloatArray | None) -> Space:
        projection = make_projection(
            principal,
            choice.size,
            choice.whitening,
            trunk=MAIN,
            weights_file=PROJECTION_FILE,
            after=after,
        )
        return make_space(projection, material.geo_features)

    plain = space(None)
    if not choice.place_km:
        return plain
    geo = material.geo.take(rows)
    pairs = place_pairs(unit_vectors(geo.latitude_deg, geo.longitude_deg), choice.place_km)
    return space(place_whitening(plain.photo_vectors()[rows], pairs, choice.place_shrinkage))
