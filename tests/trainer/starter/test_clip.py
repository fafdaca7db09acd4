"""CLIP's features as a trunk: out of the installed GeoCLIP model, for the world and for a town."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.predictor import Predictor
from geoguess_app.files.user_data import models_dir
from geoguess_app.models.geoclip.build import build_geoclip
from tests.models.geoclip_files import write_release
from tests.trainer.small_recipe import RECIPE, small_folder
from trainer.common.cache import StageCache
from trainer.common.errors import TrainError
from trainer.common.initial_weights import find_initial_weights
from trainer.common.recipe_sections import PretrainedTrunk
from trainer.local.recipe import read_local_recipe
from trainer.local.trunk_features import load_local_trunk
from trainer.starter.bundle_stage import write_starter
from trainer.starter.pipeline import parts_of, train_starter
from trainer.starter.recipe import read_starter_recipe

RECIPES = Path(__file__).parents[3] / "trainer" / "recipes"
TINY = PretrainedTrunk("clip_vit_tiny", "class", weights="geoclip")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny GeoCLIP among the models of this machine."""
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path / "data"))
    models_dir().mkdir(parents=True)
    write_release(tmp_path / "files")
    return build_geoclip(tmp_path / "files", models_dir() / "geoclip.geomodel")


def test_a_model_of_the_world_is_built_on_the_installed_models_features(
    installed: Path, some_photos: Path, tmp_path: Path
) -> None:
    folder = small_folder(some_photos, tmp_path / "photos")
    text = RECIPE.replace('architecture = "efficientnet_lite_tiny"\npooling = "avg+gem"', _TRUNK)
    recipe = tmp_path / "clip.toml"
    recipe.write_text(text.replace("size = 64", "size = 56"), encoding="utf-8")
    finished = train_starter(read_starter_recipe(recipe), folder, StageCache(tmp_path / "cache"))
    write_starter(parts_of(finished, {}), tmp_path / "world.geomodel")
    bundle = open_bundle(tmp_path / "world.geomodel")
    trunk = next(iter(bundle.manifest.trunks.values()))
    assert trunk.architecture == "clip_vit_tiny"
    theirs = open_bundle(installed)
    ours, own = bundle.tensors(str(trunk.weights)), theirs.tensors("weights/clip.safetensors")
    np.testing.assert_array_equal(
        ours["blocks.1.attention.qkv.weight"], own["blocks.1.attention.qkv.weight"]
    )
    photo = folder / finished.inputs.geo.files[0]
    answer = Predictor(bundle, device="cpu").predict_paths([photo])[0]
    assert answer.neighbours[0].similarity > 0.9, "its own photo is in the bank"
    assert answer.scene is not None


_TRUNK = 'architecture = "clip_vit_tiny"\npooling = "class"\nweights = "geoclip"'


def test_a_town_takes_the_same_trunk(installed: Path) -> None:
    recipe = read_local_recipe(RECIPES / "campus-clip.toml")
    assert (recipe.trunk.architecture, recipe.trunk.weights) == ("clip_vit_l14", "geoclip")
    assert recipe.pictures.size == 224
    small = replace(recipe, trunk=TINY)
    trunk = load_local_trunk(small)
    assert trunk.origin == "the model GeoCLIP 1 (not calibrated)"
    assert not trunk.scratch


def test_without_the_model_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path))
    with pytest.raises(TrainError, match="geoguess models get geoclip --variant official"):
        find_initial_weights(TINY)


def test_the_recipe_for_the_world_is_sound() -> None:
    recipe = read_starter_recipe(RECIPES / "world-clip.toml")
    assert (recipe.trunk.architecture, recipe.trunk.weights) == ("clip_vit_l14", "geoclip")
    assert recipe.preprocessing.size == 224
