"""A finished evaluation read back, its parts counted anew, and what is no evaluation."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.errors import GeoGuessError
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import Coordinate, LocatedPhoto, Place
from geoguess_app.evaluation.accuracy import own_photos
from geoguess_app.evaluation.accuracy.finished import open_evaluation
from geoguess_app.evaluation.accuracy.part import PhotoChoice, confident_errors, figures
from geoguess_app.evaluation.accuracy.photos import (
    EvaluationOrigin,
    JudgedPhotos,
    JudgedRow,
    judged_photos,
)
from geoguess_app.evaluation.accuracy.sniff import holds_evaluation
from geoguess_app.evaluation.study.evaluation import Evaluation
from geoguess_app.review.values import AnswerSummary, ReviewPhoto
from tests.evaluation.conftest import PHOTOS


@pytest.fixture(scope="module")
def opened(result: tuple[Evaluation, Path]) -> JudgedPhotos:
    return open_evaluation(result[1])


@pytest.fixture
def copied(result: tuple[Evaluation, Path], tmp_path: Path) -> Path:
    """The tables of the evaluation, to be spoiled."""
    for name in ("metrics.json", "predictions.csv", "run.json"):
        shutil.copy(result[1] / name, tmp_path / name)
    return tmp_path


def test_what_was_written_comes_back(
    opened: JudgedPhotos, result: tuple[Evaluation, Path], album: Path
) -> None:
    evaluation, _ = result
    assert len(opened) == PHOTOS
    assert list(opened.files) == [answer.row.file for answer in evaluation.answers]
    assert opened.error_km == pytest.approx(evaluation.metrics.distance_km, abs=1e-4)
    assert opened.confidence == pytest.approx([a.confidence for a in evaluation.answers], abs=1e-6)
    assert list(opened.continent) == list(evaluation.labels["continent"])
    assert opened.about.model == evaluation.model.name
    assert opened.about.set_name == "table.csv"
    assert opened.about.failed == 2
    assert opened.about.images == album
    assert all(opened.path(index).is_file() for index in range(len(opened)))
    assert opened.about.finished is not None
    assert opened.about.finished.tzinfo is not None
    assert all(len(labels) == 3 for labels in opened.scene_labels)
    best = [answer.scene_labels[0] for answer in evaluation.answers]
    assert [labels[0][0] for labels in opened.scene_labels] == [label for label, _ in best]


def test_the_whole_counts_as_the_evaluation_did(
    opened: JudgedPhotos, result: tuple[Evaluation, Path]
) -> None:
    evaluation, _ = result
    whole = figures(opened, np.ones(len(opened), dtype=bool))
    assert whole.summary.accuracy == evaluation.metrics.overall.accuracy
    assert whole.spots == evaluation.spots
    assert evaluation.metrics.calibration is not None
    assert whole.coverage == evaluation.metrics.calibration.coverage
    assert evaluation.floor is not None
    assert whole.floor == pytest.approx(evaluation.floor.accuracy, abs=1e-6)
    assert evaluation.ceiling is not None
    assert whole.ceiling == {
        km: share.value for km, share in evaluation.ceiling.summary.accuracy.items()
    }
    assert whole.few


def test_a_part_counts_as_its_group_did(
    opened: JudgedPhotos, result: tuple[Evaluation, Path]
) -> None:
    for continent, group in result[0].metrics.by["continent"].items():
        chosen = PhotoChoice(continent=continent).mask(opened)
        part = figures(opened, chosen)
        assert part.photos == group.summary.photos
        counted, once = part.summary.to_json(), group.summary.to_json()  # NaN is null there
        assert counted["accuracy"] == once["accuracy"]
        assert counted["median_km"] == pytest.approx(once["median_km"], abs=1e-4)
        assert part.coverage[80] == group.within_80_radius


def invented(*rows: tuple[float, float, float], **others: object) -> JudgedPhotos:
    """Photos from the equator: error in degrees eastwards, confidence, 80% radius."""
    return judged_photos(
        EvaluationOrigin("invented"),
        [
            JudgedRow(
                f"{number}.jpg",
                (0.0, 10.0),
                (0.0, 10.0 + degrees),
                radii_km=(radius / 2, radius, radius * 2),
                confidence=sure,
                **others,  # type: ignore[arg-type]
            )
            for number, (degrees, sure, radius) in enumerate(rows)
        ],
    )


def test_sure_and_wrong_is_sure_and_farther_than_25_km() -> None:
    # One degree of the equator is 111.19 km.
    photos = invented((0.1, 0.9, 50), (1.0, 0.9, 500), (1.0, 0.49, 50), (90.0, 0.5, 100))
    assert confident_errors(photos).mask(photos).tolist() == [False, True, False, True]
    assert photos.error_km[1] == pytest.approx(111.19, abs=0.01)
    assert photos.inside.tolist() == [True, True, False, False]
    assert PhotoChoice(outside_radius=True).mask(photos).tolist() == [False, False, True, True]


def test_errors_are_chosen_from_above_one_distance_up_to_another() -> None:
    photos = invented((0.1, 0.9, 50), (1.0, 0.9, 500), (90.0, 0.5, 100))
    wanted = PhotoChoice(error_above_km=25.0, error_up_to_km=200.0)
    assert wanted.mask(photos).tolist() == [False, True, False]
    assert PhotoChoice(text="2.JPG").mask(photos).tolist() == [False, False, True]
    part = figures(photos, PhotoChoice(text="nothing").mask(photos))
    assert part.photos == 0
    assert part.ceiling is None
    assert part.coverage == {}


def test_photos_of_the_training_can_be_left_out() -> None:
    photos = invented((0.1, 0.9, 50), (1.0, 0.9, 500), similarity=0.99)
    assert figures(photos, PhotoChoice().mask(photos)).seen == 2
    assert not PhotoChoice(without_seen=True).mask(photos).any()


def test_a_table_of_another_program_will_do(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text(
        "IMG_ID;pred_lat;pred_lng;true_lat;true_lon\na.jpg;0;179.5;0;-179.5\n", encoding="utf-8"
    )
    assert holds_evaluation(path)
    photos = open_evaluation(path)
    assert photos.error_km[0] == pytest.approx(111.19, abs=0.01)
    assert photos.about.model == ""
    assert photos.path(0) == tmp_path / "a.jpg"
    whole = figures(photos, PhotoChoice().mask(photos))
    assert whole.coverage == {}
    assert whole.floor is None


def test_photos_may_have_moved(opened: JudgedPhotos, tmp_path: Path) -> None:
    moved = opened.moved_to(tmp_path)
    assert moved.path(0) == tmp_path / opened.files[0]
    assert (moved.error_km == opened.error_km).all()


def change(name: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def lose_a_line(folder: Path) -> None:
    path = folder / "predictions.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def move_an_answer(folder: Path) -> None:
    path = folder / "predictions.csv"
    header, first, *rest = path.read_text().splitlines()
    cells = first.split(",")
    cells[1] = "-12.0"
    path.write_text("\n".join([header, ",".join(cells), *rest]) + "\n")


SPOILED = {
    "a photo less": (lose_a_line, "from different evaluations"),
    "an answer moved": (move_an_answer, "line 2: the stated distance is"),
    "no JSON": (change("metrics.json", "{", "<"), "cannot be read as JSON"),
    "another JSON": (change("metrics.json", "geoguess-evaluation", "x"), "not the figures"),
    "a later version": (change("metrics.json", '"format_version": 1', '"format_version": 9'), "9"),
    "other distances": (change("metrics.json", '"25": {', '"near": {'), "five distances"),
    "a column less": (change("predictions.csv", "true_lat", "guess"), "true latitude (true_lat)"),
    "a latitude of 95": (change("predictions.csv", ".jpg,", ".jpg,95,"), "line 2"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_broken_evaluation_is_refused_in_one_sentence(copied: Path, name: str) -> None:
    spoil, words = SPOILED[name]
    spoil(copied)
    with pytest.raises(GeoGuessError) as refused:
        open_evaluation(copied)
    assert words in str(refused.value)
    assert str(copied) in str(refused.value)


def test_a_spoiled_run_file_costs_nothing_but_its_facts(copied: Path) -> None:
    (copied / "run.json").write_bytes(b"\xff[")
    photos = open_evaluation(copied / "metrics.json")
    assert photos.about.finished is None
    assert photos.about.images == copied


def test_no_name_leads_to_another_machine(copied: Path) -> None:
    for name in ("//evil.example/share/a.jpg", "\\\\evil.example\\share\\a.jpg"):
        photos = judged_photos(
            EvaluationOrigin("set", images=copied), [JudgedRow(name, (1.0, 2.0), (3.0, 4.0))]
        )
        assert photos.path(0).is_relative_to(copied)
    change("run.json", '"images": "', '"images": "//evil.example/')(copied)
    assert open_evaluation(copied).about.images == copied


def test_what_is_no_evaluation_is_told_apart(tmp_path: Path, album: Path) -> None:
    assert not holds_evaluation(album)
    assert not holds_evaluation(album / "table.csv")
    assert not holds_evaluation(tmp_path / "nothing.csv")
    with pytest.raises(GeoGuessError, match="no evaluation found"):
        open_evaluation(album)
    (tmp_path / "scenes.json").write_text("{}")
    with pytest.raises(GeoGuessError, match="scene labels"):
        open_evaluation(tmp_path)
    (tmp_path / "predictions.csv").write_text("img_id,pred_lat,pred_lng,true_lat,true_lng\n")
    with pytest.raises(GeoGuessError, match="contains no photos"):
        open_evaluation(tmp_path)


def test_own_photos_are_judged_by_their_gps(predictor: Predictor, album: Path) -> None:
    path = next((album / "world").glob("[0-9]*.jpg"))
    (answer,) = predictor.predict_paths([path])
    place = Place("Paris", "", "France", "FR")
    sydney = Coordinate(-33.87, 151.21)
    found = own_photos.own_photo_of_answer(LocatedPhoto(path, answer, place, sydney))
    assert found is not None
    assert own_photos.own_photo_of_answer(LocatedPhoto(path, answer, place, None)) is None
    photos = own_photos.judge_own_photos([found], "My photos", places=PlaceFinder())
    assert photos.continent == ("OC",)
    assert photos.path(0) == path
    assert photos.answer_deg[0].tolist() == [
        answer.coordinate.latitude_deg,
        answer.coordinate.longitude_deg,
    ]
    assert photos.radii_km[0, 1] == answer.radii.r80_km
    assert photos.said_scene[0] in {"indoor", "natural", "urban"}


def test_a_review_gives_the_models_own_answers(predictor: Predictor, album: Path) -> None:
    path = next((album / "world").glob("[0-9]*.jpg"))
    (found,) = predictor.predict_paths([path])
    answer = AnswerSummary(
        found.coordinate,
        found.radii,
        found.confidence,
        found.level,
        Place("", "", "", ""),
        found.model,
    )
    known = Coordinate(48.0, 2.0)
    own = own_photos.own_photo_of_review(ReviewPhoto(1, path, known=known, answer=answer))
    assert own is not None
    assert own.answer == found.coordinate
    assert np.isnan(own.similarity)
    assert own_photos.own_photo_of_review(ReviewPhoto(1, path, answer=answer)) is None
