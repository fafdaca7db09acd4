"""``geoguess-train ensemble``: two models that know different places answer together."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.cli import main as geoguess
from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.cells import leaf_ids
from geoguess_app.core.decision.ensemble import log_shares, pool_member, pooled, say, view_of
from geoguess_app.core.errors import BundleError
from geoguess_app.core.explain.ensemble import explainer_of
from geoguess_app.core.explain.types import CellTarget, SceneTarget
from geoguess_app.core.predictor import EnsemblePredictor, Predictor, load_predictor
from geoguess_app.core.types import COMBINED
from geoguess_app.evaluation.answers.collect import PredictionWithVariants
from geoguess_app.evaluation.answers.variant_predictor import variant_predictor
from geoguess_app.evaluation.answers.variants import COMPLETE
from geoguess_app.locating.stream import locate
from tests.trainer.published.sets import PHOTOS, answers_to, gallery_of, look_alike_photos
from trainer.cli import main
from trainer.fitting.pool import PhotoViews, choose_pool
from trainer.published.pool import make_ensemble


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return look_alike_photos(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def members(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One knows the even photos, in cells of three sizes; the other the odd ones, in two."""
    first = gallery_of(
        photos, tmp_path_factory.mktemp("even"), lambda n: n % 2 == 0 and n % 4 > 0, name="Even"
    )
    second = gallery_of(
        photos, tmp_path_factory.mktemp("odd"), lambda n: n % 2 == 1, levels=2, name="Odd"
    )
    return first, second


@pytest.fixture(scope="module")
def ensemble(
    members: tuple[Path, Path], photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[EnsemblePredictor, str]:
    out = tmp_path_factory.mktemp("pool") / "both.geomodel"
    said = io.StringIO()
    arguments = ["ensemble", *map(str, members), "--photos", str(photos), "--out", str(out)]
    with redirect_stdout(said):
        assert main([*arguments, "--name", "Both", "--device", "cpu", "--quiet"]) == 0
    predictor = load_predictor(out, "cpu")
    assert isinstance(predictor, EnsemblePredictor)
    return predictor, said.getvalue()


def share_right(predictor: Predictor, photos: Path) -> float:
    return float(np.mean(answers_to(predictor, photos, PHOTOS // 2)[0]))


def test_together_they_know_more_than_the_better_one(
    ensemble: tuple[EnsemblePredictor, str], members: tuple[Path, Path], photos: Path
) -> None:
    together = share_right(ensemble[0], photos)
    alone = [share_right(load_predictor(path, "cpu"), photos) for path in members]
    assert together > max(alone) + 0.1


def test_an_answer_says_which_member_spoke_and_has_everything_else(
    ensemble: tuple[EnsemblePredictor, str], photos: Path
) -> None:
    predictor, _ = ensemble
    even, odd = predictor.predict_paths([photos.parent / "2.png", photos.parent / "3.png"])
    assert (even.network, odd.network) == ("member even", "member odd")
    for answer in (even, odd):
        assert answer.cell_probabilities[COMBINED].sum() == pytest.approx(1.0)
        for partition in predictor.decision_model.partitions:
            assert answer.cell_probabilities[partition.name].sum() == pytest.approx(1.0)
        assert answer.radii.r50_km <= answer.radii.r80_km <= answer.radii.r95_km
        assert sum(c.probability for c in answer.candidates) <= 1.0 + 1e-9
    located = next(locate([photos.parent / "2.png"], predictor))
    assert located.prediction.coordinate == even.coordinate  # type: ignore[union-attr]


def test_the_card_shows_each_member_alone_and_together(
    ensemble: tuple[EnsemblePredictor, str],
) -> None:
    predictor, said = ensemble
    card = predictor.bundle.read_file("MODEL_CARD.md").decode()
    for line in ("| Even 0.1 |", "| Odd 0.1 |", "| together |"):
        assert line in card
    assert "  even: " in said
    assert "  together: " in said
    assert set(predictor.bundle.manifest.evaluation["alone"]) == {"even", "odd"}
    assert set(predictor.bundle.members) == {"even", "odd"}


def test_never_worse_than_the_best_member(ensemble: tuple[EnsemblePredictor, str]) -> None:
    """One member is right and as sure of it as the other, which is always wrong."""
    model = ensemble[0].decision_model
    random = np.random.default_rng(0)
    size = model.partitions[-1].size
    views = []
    for number in range(40):
        truth, wrong = random.choice(size, 2, replace=False)
        right, lost = np.full(size, 0.1 / size), np.full(size, 0.1 / size)
        right[truth] += 0.9
        lost[wrong] += 0.9
        rings = np.where(np.arange(size) == truth, 0, 5)
        views.append(PhotoViews((right, lost), (0.8, 0.8), rings, number % 4))
    choice = choose_pool(views, model)
    assert choice.together >= max(choice.alone)
    assert choice.alone[0] > choice.alone[1] + 0.5
    wise, blind = choice.members
    assert say(blind.bias, blind.confidence, 0.8) < 0.1 < say(wise.bias, wise.confidence, 0.8)


def test_larger_cells_are_divided_among_the_common_ones(
    ensemble: tuple[EnsemblePredictor, str], photos: Path
) -> None:
    predictor, _ = ensemble
    model = predictor.decision_model
    finest = model.partitions[-1]
    odd = next(member for member in model.members if member.name == "odd")
    assert odd.model.partitions[-1].size < finest.size
    again = pool_member("odd", odd.model, 0.0, 0.0, finest)
    for cell in np.flatnonzero(again.inside < 0):
        some = slice(again.part_starts[cell], again.part_starts[cell + 1])
        if some.start < some.stop:
            assert again.part_shares[some].sum() == pytest.approx(1.0)
    raw = predictor.outputs(photos.parent / "3.png")
    view = view_of(odd, raw.members["odd"], finest)
    assert view.cells.sum() == pytest.approx(1.0)


def test_a_silent_pool_is_flat_and_one_voice_is_its_own(
    ensemble: tuple[EnsemblePredictor, str],
) -> None:
    finest = ensemble[0].decision_model.partitions[-1]
    one = np.random.default_rng(0).dirichlet(np.ones(finest.size))
    other = np.random.default_rng(1).dirichlet(np.ones(finest.size))
    logs = log_shares([one, other], finest)
    np.testing.assert_allclose(pooled(logs, np.zeros(2)), 1 / finest.size)
    alone = pooled(logs, np.array([1.0, 0.0]))
    assert np.corrcoef(alone, one)[0, 1] > 0.999


def test_the_member_that_spoke_explains_the_answer(
    ensemble: tuple[EnsemblePredictor, str], photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    predictor, _ = ensemble
    for number, spoke in ((2, "Even 0.1"), (3, "Odd 0.1")):
        photo = photos.parent / f"{number}.png"
        looks = explainer_of(predictor, photo)
        (answer,) = predictor.predict_paths([photo])
        assert looks.prediction.coordinate == answer.coordinate
        look, target = looks.asked()
        assert look.predictor.model_name == spoke
        assert isinstance(target, CellTarget)
        place = answer.candidates[0].coordinate
        inside = look.decision_model.partitions[-1].class_of(
            leaf_ids(np.array([place.latitude_deg]), np.array([place.longitude_deg]))
        )
        assert target.index == inside[0]
        np.testing.assert_array_equal(looks.activation().values, look.activation(target).values)
        again = CellTarget(COMBINED, answer.candidates[0].cell_index)
        assert looks.asked(again) == (look, target)
    with pytest.raises(ValueError, match="has no"):
        looks.activation(CellTarget(COMBINED, predictor.decision_model.partitions[-1].size))
    with pytest.raises(ValueError, match="has no"):
        looks.activation(SceneTarget("s3", 0))
    arguments = ["explain", str(photo), "--model", str(predictor.bundle.path), "--device", "cpu"]
    assert geoguess(arguments) == 0
    assert "as Odd 0.1 sees it, which contributes most to it" in capsys.readouterr().out


def test_the_ablation_shows_every_member_alone(
    ensemble: tuple[EnsemblePredictor, str], members: tuple[Path, Path], photos: Path
) -> None:
    varied = variant_predictor(ensemble[0])
    picture = photos.parent / "3.png"
    (answer,) = varied.predict([varied.prepare(picture)])
    assert isinstance(answer, PredictionWithVariants)
    assert answer.coordinate == ensemble[0].predict_paths([picture])[0].coordinate
    assert set(answer.variants) == {COMPLETE, "even alone", "odd alone", "all members heard alike"}
    for name, member in zip(("even", "odd"), members, strict=True):
        (alone,) = load_predictor(member, "cpu").predict_paths([picture])
        assert answer.variants[f"{name} alone"] == alone.coordinate


def test_ensembles_of_ensembles_and_of_one_are_refused(
    ensemble: tuple[EnsemblePredictor, str],
    members: tuple[Path, Path],
    photos: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "m.geomodel"
    with pytest.raises(BundleError, match="has 2 to 4 models, not 1"):
        make_ensemble(members[:1], photos, out)
    with pytest.raises(BundleError, match="only models of kinds cells and gallery can be pooled"):
        make_ensemble([members[0], ensemble[0].bundle.path], photos, out)
    assert not out.exists()


def test_a_damaged_member_is_noticed(
    ensemble: tuple[EnsemblePredictor, str], tmp_path: Path
) -> None:
    whole = ensemble[0].bundle.path.read_bytes()
    weights = ensemble[0].bundle.members["odd"].tensors("weights/gallery.safetensors")
    needle = np.ascontiguousarray(weights["embeddings"][0]).tobytes()
    at = whole.rindex(needle)
    broken = tmp_path / "broken.geomodel"
    broken.write_bytes(whole[:at] + bytes(len(needle)) + whole[at + len(needle) :])
    with pytest.raises(BundleError, match=r"gallery\.safetensors"):
        open_bundle(broken)
