"""Train without a window: what is read from the trainer's files, suggested, and drawn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from geoguess_app.core.types import Coordinate
from geoguess_app.models.trainer_command import find_trainer
from geoguess_app.ui.kit.theme import Theme
from geoguess_app.ui.train import on_map, runs
from geoguess_app.ui.train.arguments import build
from geoguess_app.ui.train.chart import Curve, CurveChart, ticks
from geoguess_app.ui.train.effort import read_dry_run
from geoguess_app.ui.train.events import FAILED, PAUSED, RUNNING, TrainingProgress
from geoguess_app.ui.train.follower import Follower
from geoguess_app.ui.train.recipes import read_facts, suggest
from geoguess_app.ui.train.report import FEWEST_PHOTOS, FEWEST_SPOTS, DataReport, Spread
from trainer import cli
from trainer.common.progress import ProgressLog as Written
from trainer.local.usable_photos import FEWEST_PHOTOS as TRAINERS_FEWEST


def report(latitude_deg: list[float], longitude_deg: list[float]) -> DataReport:
    names = tuple(f"{number}.jpg" for number in range(len(latitude_deg)))
    lat, lon = np.array(latitude_deg), np.array(longitude_deg)
    return DataReport(len(names), {}, names, lat, lon, Path("/photos"), Path("/report"))


def test_the_window_and_the_trainer_agree_on_the_fewest_photos() -> None:
    assert FEWEST_PHOTOS == TRAINERS_FEWEST


def test_a_set_across_the_antimeridian_is_as_small_as_it_is() -> None:
    found = report([-16.8] * 5, [179.8, 179.9, 180.0, -179.9, -179.8])
    # 0.4° of longitude at 16.8° south: 0.4 × 111.2 km × cos 16.8° = 42.6 km.
    assert found.spread.width_km == pytest.approx(42.6, abs=0.2)
    assert found.spread.height_km == 0
    assert found.spread.most_km < 32
    assert found.within(1.0) == 1


def test_photos_of_one_spot_are_counted() -> None:
    # 0.0001° of latitude are 11 m.
    found = report([50.0, 50.0001, 50.01], [8.0, 8.0, 8.0])
    assert found.beside_another == 2
    assert "2 of them were taken within 25\N{NO-BREAK SPACE}m" in found.notes[0]


def test_a_model_may_lie_anywhere_but_among_the_photos(tmp_path: Path) -> None:
    names = ("Pictures/a.jpg", "Pictures/trip/b.jpg")
    degrees = np.zeros(2)
    home = DataReport(2, {}, names, degrees, degrees, tmp_path, tmp_path / "report")
    assert home.has_beside_photos(tmp_path / "Pictures" / "m.geomodel")
    assert home.has_beside_photos(tmp_path / "Pictures" / "trip" / "m.geomodel")
    assert not home.has_beside_photos(tmp_path / ".local" / "share" / "m.geomodel")
    assert not home.has_beside_photos(tmp_path / "m.geomodel")


def test_an_area_gets_the_town_recipe_and_the_world_the_worlds() -> None:
    town, wide = Spread(0.3, 0.6, 1.0, 1.0), Spread(900.0, 5000.0, 9000.0, 4000.0)
    assert suggest(60, town).recipe == "campus-auto"
    assert suggest(60, town).within_km == 0
    assert suggest(400, wide).recipe == "campus-auto"
    assert suggest(400, wide).within_km == 50
    assert suggest(80_000, wide).recipe == "world"


def test_lines_of_the_trainer_become_progress(tmp_path: Path) -> None:
    """Written by the trainer's own hand, read through a file that grows."""
    progress, told = TrainingProgress(), Written(tmp_path)
    follower = Follower([tmp_path / "progress.jsonl"])
    follower.lines.connect(lambda lines: [progress.take_line(line) for line in lines])
    told.write("start", stages=["reading", "features"])
    told.write("stage", name="features", total=60)
    told.write("step", stage="features", done=20, total=60, remaining_s=12)
    follower.look()
    assert (progress.stage, progress.done, progress.total) == ("features", 20, 60)
    assert progress.remaining_s == 12
    told.write("paused")
    follower.look()
    assert progress.state == PAUSED
    told.write("continued")
    told.write("tried", stage="candidates", photos=12, median_m={"coordinates": 80.0}, floor_m=90.0)
    told.write("tried", stage="other-split", photos=9, median_m={"coordinates": 1.0}, floor_m=2.0)
    with (tmp_path / "progress.jsonl").open("a") as stream:
        stream.write('{"event": "failed", "mess')  # half a line
    follower.look()
    assert progress.state == RUNNING
    assert progress.tried["coordinates"] == [(12.0, 80.0)]
    with (tmp_path / "progress.jsonl").open("a") as stream:
        stream.write('age": "No room."}\nnonsense\n[]\n')
    follower.look()
    assert (progress.state, progress.message) == (FAILED, "No room.")
    told.write("start", stages=["reading"])
    follower.look()
    assert (progress.state, progress.tried, progress.stage) == (RUNNING, {}, "")


def test_a_network_that_goes_on_forgets_what_came_after_its_checkpoint() -> None:
    progress = TrainingProgress()
    progress.take({"event": "start", "step": 0, "steps": 40})
    for step in (10, 20, 30):
        progress.take({"event": "step", "step": step, "steps": 40, "loss": 1.0 / step})
    progress.take({"event": "epoch", "step": 20, "val_loss": 0.5, "val_median_km": 1.2})
    # A build that goes on begins anew; the network does not.
    progress.take({"event": "start", "stages": ["reading", "training"]})
    assert (progress.state, progress.stage) == (RUNNING, "")
    progress.take({"event": "start", "step": 20, "steps": 40, "epochs": 4, "floor_km": 0.3})
    assert (progress.steps_per_epoch, progress.floor_km) == (10, 0.3)
    assert [step for step, _ in progress.loss] == [10, 20]
    assert progress.validation["val_median_km"] == [(20, 1.2)]
    assert progress.stage == "training"


def test_the_trainers_own_words_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["recipes", "--json"]) == 0
    facts = read_facts(capsys.readouterr().out)
    assert {"campus-auto", "world"} <= {recipe.id for recipe in facts.recipes}
    with pytest.raises(ValueError, match="Expecting"):
        read_facts("hello")
    with pytest.raises(ValueError, match="recipes"):
        read_facts("{}")


def test_a_dry_run_becomes_rows_in_plain_words_and_what_is_missing() -> None:
    told = read_dry_run(
        "World 1.0: cells\n"
        "trunk       resnet50, from ImageNet weights that are missing\n"
        "photos      52 train, 7 validation, 7 test\n"
        "parameters  23,508,032 (23,508,032 trunk, 0 heads)\n"
        "steps       6 an epoch of 8 photos, 36 in 6 epochs\n"
        "devices     1 × cpu, 8 photos at once, 32-true\n"
        "time        about 2.0 h (31 ms a photo, measured on 2 small steps)\n"
        "missing     The weights are not here; use --weights scratch.\n"
    )
    assert dict(told.rows) == {
        "Network": "resnet50",
        "Photos": "52 for training, 7 for validation, 7 for testing",
        "Size": "23,508,032 trainable parameters",
        "Steps": "6 epochs (36 steps of 8 photos)",
        "Device": "processor, batches of 8 photos",
        "Time": "about 2.0 h for training, plus a little for testing",
    }
    assert told.missing == "The weights are not here; use --weights scratch."
    assert not told.can_download
    offered = read_dry_run("missing     No.\ndownload    r.pth from example.org, 45 MB\n")
    assert "r.pth from example.org, 45 MB" in offered.missing
    assert offered.can_download


def test_texts_reach_the_recipe_as_they_are(tmp_path: Path) -> None:
    from trainer.common.fields import with_changes

    plan = runs.TrainingPlan(
        "/photos", recipe="r.toml", name='A "B" \\ C = 3', license="not chosen"
    )
    line = build(runs.TrainingFolder(tmp_path, plan))
    changes = [line[at + 1] for at, word in enumerate(line) if word == "--set"]
    model = with_changes({"model": {}}, changes)["model"]
    assert model["name"] == plan.name
    assert model["license"] == plan.license


def test_runs_are_remembered_and_foreign_files_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOGUESS_DATA_DIR", str(tmp_path))
    run = runs.new_run(Path("/somewhere/Grüße & co")).changed(state=runs.STOPPED, name="Grüße")
    for name, text in (("broken", "{"), ("list", "[]"), ("other", '{"colour": 1}')):
        (runs.trainings_dir() / name).mkdir()
        (runs.trainings_dir() / name / "plan.json").write_text(text)
    (found,) = runs.runs()
    assert found == run
    later = json.loads((run.folder / "plan.json").read_text(encoding="utf-8")) | {"new": 1}
    (run.folder / "plan.json").write_text(json.dumps(later))
    assert next(runs.runs()).plan == run.plan
    first = runs.model_path("Grüße")
    first.parent.mkdir(parents=True)
    first.touch()
    assert runs.model_path("Grüße") != first


def test_the_map_gets_at_most_so_many_points_and_a_circle_around_them() -> None:
    many = report([50.0 + 1e-5 * i for i in range(9000)], [8.0] * 9000)
    shown = on_map.report_payload(many)
    assert len(shown["points"][0]["names"]) == on_map.MOST_POINTS
    assert "5,000 of 9,000" in shown["points"][0]["text"]
    middle, radius_km = on_map.region(many.latitude_deg, many.longitude_deg)
    assert middle.latitude_deg == pytest.approx(50.045, abs=0.001)
    assert isinstance(middle, Coordinate)
    # Half of 0.09° of latitude is 5.0 km; nearly all of that, and some room.
    assert radius_km == pytest.approx(1.25 * 0.98 * 5.0, rel=0.02)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0, 400.0, [0, 100, 200, 300, 400]), (0.0, 1.0, [0, 0.5, 1.0]), (23.0, 29.0, [24, 26, 28])],
)
def test_ticks_are_round_and_few(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high, 4) == pytest.approx(expected)


def _pixels(drawn: QImage, colour: QColor) -> list[tuple[int, int]]:
    return [
        (x, y)
        for x in range(drawn.width())
        for y in range(drawn.height())
        if drawn.pixelColor(x, y) == colour
    ]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_chart_draws_its_curves_and_says_them(
    name: str, qapp: QApplication, qtbot: QtBot
) -> None:
    theme = Theme(qapp, name)
    chart = CurveChart(theme, "photos")
    qtbot.addWidget(chart)
    chart.resize(320, 176)
    points = [(10.0, 300.0), (20.0, 280.0), (30.0, 260.0)]
    chart.show_curves("Median error", [Curve("coordinates", points), Curve("gone", [])])
    assert chart.accessibleDescription() == "coordinates 260"
    drawn, accent = chart.grab().toImage(), QColor(theme.tokens.accent)
    found = _pixels(drawn, accent)
    left, right = min(found), max(x for x, _ in found if x < 200)
    assert left[0] < right - 50
    assert min(y for x, y in found if x == left[0]) < min(y for x, y in found if x == right)
    # A wild beginning is cut off: half of the height is left to the rest.
    wild = [(0.0, 90_000.0), (10.0, 400.0), (20.0, 200.0)]
    chart.show_curves("Median error", [Curve("this", wild)], most=400.0)
    drawn = chart.grab().toImage()
    rows = [y for x, y in _pixels(drawn, accent) if x > 120]
    assert max(rows) - min(rows) > 50
    assert chart.accessibleDescription() == "this 200"
    chart.show_curves("Nothing yet", [])
    chart.grab()
    chart.show_curves("One", [Curve("loss", [(1.0, 0.4)])])
    chart.grab()


def test_the_trainer_of_this_installation_is_found(tmp_path: Path) -> None:
    own = find_trainer()
    assert own.before == ("-m", "trainer")
    assert find_trainer(str(tmp_path / "gone")) == own
    chosen = tmp_path / "geoguess-train"
    chosen.touch()
    assert find_trainer(str(chosen)).program == str(chosen)


def test_what_photos_lack_for_any_training() -> None:
    """The window says before what the trainer would refuse."""
    enough = [48.0 + spot / 1000 for spot in range(FEWEST_SPOTS)] * FEWEST_PHOTOS
    assert report(enough, [11.0] * len(enough)).shortage == ""
    few = report(enough[:20], [11.0] * 20)
    assert few.shortage == "At least 30 usable photos are needed; see the report."
    two = report([48.0, 48.1] * 20, [11.0] * 40)
    assert two.shortage == "The photos were taken at 2 spots; at least 5 are needed."
    one = report([48.0, 48.0001] * 20, [11.0] * 40)
    assert one.shortage == "The photos were taken at 1 spot; at least 5 are needed."
