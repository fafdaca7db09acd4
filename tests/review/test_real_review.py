"""A whole review of real photos with the model that comes with the program."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.area.areas import Area, Box, Country, Ring
from geoguess_app.core.area.atlas import Atlas
from geoguess_app.core.bundle import open_bundle
from geoguess_app.core.cells import leaf_ids, range_max, range_min
from geoguess_app.core.errors import SessionError
from geoguess_app.core.geo.sphere import great_circle_km
from geoguess_app.core.predictor import Predictor
from geoguess_app.core.types import FloatArray
from geoguess_app.locating.answer_store import AnswerStore
from geoguess_app.locating.memory import AnswerMemory, model_key
from geoguess_app.locating.posteriors import remembered_posteriors
from geoguess_app.locating.stream import locate
from geoguess_app.paths import starter_bundle_dir
from geoguess_app.photos.journal import Journal, read_runs
from geoguess_app.photos.save import WrittenFile, save
from geoguess_app.photos.undo import last_run, undo
from geoguess_app.photos.write_plan import WriteOptions, make_plan
from geoguess_app.review.accuracy import accuracy
from geoguess_app.review.intake import intake
from geoguess_app.review.narrowing import narrow_answers
from geoguess_app.review.saving import mark_saved, mark_undone, requests
from geoguess_app.review.session import ReviewSession
from geoguess_app.review.trips import TripModel, rescore_trips
from geoguess_app.review.values import Origin, State
from tests.photos.saving import exiftool
from tests.review.samples import PLACES

pytestmark = pytest.mark.skipif(
    not (starter_bundle_dir() / "bundle.json").is_file(), reason="the starter model is not built"
)

BUNDLE = (
    open_bundle(starter_bundle_dir()) if (starter_bundle_dir() / "bundle.json").is_file() else None
)


def locate_waiting(session: ReviewSession, predictor: Predictor, memory: AnswerMemory) -> list[int]:
    """Locate what the session waits for; the numbers of the photos whose result it took."""
    with closing(locate(session.unlocated(), predictor, memory=memory)) as results:
        return [number for result in results for number in session.take([result])]


@pytest.fixture(scope="module")
def model() -> str:
    assert BUNDLE is not None
    return model_key(BUNDLE, 1)


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    assert BUNDLE is not None
    return Predictor(BUNDLE, "cpu", 1)


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    assert BUNDLE is not None
    return Atlas(BUNDLE)


@pytest.fixture(scope="module")
def album(some_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four photos without GPS, two with, one that is damaged."""
    folder = tmp_path_factory.mktemp("album")
    with (some_photos / "world.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["precision"] == "landmark"]
    with (some_photos / "exif.csv").open(newline="", encoding="utf-8") as stream:
        rows_exif = [row for row in csv.DictReader(stream) if row["file"].endswith(".jpg")]
    step = min(150, len(rows) // 6)  # far apart in the set, however large it is
    for files, with_gps, count in ((rows[::step], False, 4), (rows_exif, True, 2)):
        sources = [some_photos / row["file"] for row in files]
        tags = exiftool(sources, "-GPSLatitude", "-n")
        fitting = [s for s in sources if with_gps == bool(tags[s.name].get("GPSLatitude"))]
        for source in fitting[:count]:
            shutil.copyfile(source, folder / source.name)
    (folder / "damaged.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnswerStore]:
    kept = AnswerStore(tmp_path_factory.mktemp("store") / "results.sqlite")
    yield kept
    kept.close()


@pytest.fixture
def session(
    album: Path, model: str, predictor: Predictor, store: AnswerStore, tmp_path: Path
) -> Iterator[ReviewSession]:
    """The album, copied and located; a second time from memory."""
    folder = tmp_path / "album"
    shutil.copytree(album, folder)
    with ReviewSession(tmp_path / "review.sqlite", PLACES) as made:
        made.add(intake([folder]))
        locate_waiting(made, predictor, AnswerMemory(store, model))
        yield made


def test_from_the_folder_to_the_files_and_back(session: ReviewSession, tmp_path: Path) -> None:
    states = [p.state for p in session]
    assert [states.count(s) for s in (State.LOCATED, State.HAS_GPS, State.FAILED)] == [4, 2, 1]
    report = accuracy(session)
    assert report.count == 2
    with_gps = [p.path for p in session if p.known is not None]
    read = exiftool(with_gps, "-GPSLatitude", "-GPSLongitude", "-n")
    for photo in session:
        if photo.known is not None:
            theirs = read[photo.path.name]
            assert photo.known.latitude_deg == pytest.approx(theirs["GPSLatitude"], abs=1e-6)
            assert photo.known.longitude_deg == pytest.approx(theirs["GPSLongitude"], abs=1e-6)

    located = [p.id for p in session if p.state is State.LOCATED]
    session.accept(located[:2], unsure=True)
    session.choose(located[2:3], 2)
    session.accept(located[2:3])
    session.place([p.id for p in session if p.known is not None], "48.8584, 2.2945")
    plan = make_plan(requests(session), WriteOptions())
    assert plan.summary() == "3 JPEG embedded, 2 skipped: already have GPS"
    journal = tmp_path / "journal.jsonl"
    with Journal(journal, {}) as kept:
        results = list(save(plan, kept))
    assert all(isinstance(result, WrittenFile) for result in results), results
    mark_saved(session, results)
    assert [session[n].state for n in located] == [State.SAVED] * 3 + [State.LOCATED]
    for photo in (session[n] for n in located[:3]):
        written = exiftool([photo.path], "-n")[photo.path.name]
        assert photo.decision.chosen is not None
        assert written["GPSLatitude"] == pytest.approx(
            photo.decision.chosen.coordinate.latitude_deg, abs=1e-6
        )
        by = "MANUAL" if photo.id == located[2] else "ML-ESTIMATE Starter"
        assert written["GPSProcessingMethod"].startswith(by)
    assert session.add(intake(p.path for p in session)) == [], "what we wrote is no news"

    session.place(located[:1], "48.8584, 2.2945")
    plan = make_plan(requests(session), WriteOptions())
    assert [w.request.path for w in plan.writes] == [session[located[0]].path]
    run = last_run(read_runs(journal))
    assert run is not None
    mark_undone(session, undo(run))
    assert [session[n].state for n in located[:3]] == [
        State.PLACED,
        State.ACCEPTED,
        State.PLACED,
    ]
    assert not exiftool([session[located[1]].path], "-GPSLatitude")[
        session[located[1]].path.name
    ].get("GPSLatitude")


def test_an_trip_hears_what_the_model_said_of_every_cell(
    session: ReviewSession, model: str, store: AnswerStore
) -> None:
    assert BUNDLE is not None
    start = datetime(2024, 7, 1, 12)
    photos = [p for p in session if p.state is State.LOCATED]
    session.update(
        replace(p, taken=start + timedelta(minutes=5 * at)) for at, p in enumerate(photos)
    )
    placed = session.place([photos[0].id], "-33.8568, 151.2153")
    trips, asked = TripModel(BUNDLE), []
    look_up = remembered_posteriors(store, model)

    def posteriors(path: Path) -> FloatArray | None:
        asked.append(path)
        found = look_up(path)
        assert found is not None
        return found

    for answers in rescore_trips(list(session), trips, posteriors, PLACES, placed):
        session.support(answers)
    assert asked == [p.path for p in photos[1:]]
    moved = [session[p.id].trip for p in photos[1:] if session[p.id].trip is not None]
    assert moved
    for answer in moved:
        assert answer is not None
        here = answer.coordinate
        assert great_circle_km(here.latitude_deg, here.longitude_deg, -33.8568, 151.2153) < 50
        assert answer.place.country_code == "AU"
        assert photos[0].id in answer.supporters


def test_failed_photos_are_tried_again(
    session: ReviewSession, model: str, predictor: Predictor, store: AnswerStore
) -> None:
    (failed,) = (p for p in session if p.state is State.FAILED)
    assert failed.failure is not None
    assert "damaged.jpg" in failed.failure.message
    good = next(p.path for p in session if p.state is State.LOCATED)
    shutil.copyfile(good, failed.path)
    session.retry()
    assert locate_waiting(session, predictor, AnswerMemory(store, model)) == [failed.id]
    assert session[failed.id].state is State.LOCATED


def test_the_summary_holds_what_the_model_said(
    session: ReviewSession, model: str, store: AnswerStore
) -> None:
    for photo in session:
        if photo.answer is None:
            continue
        picture = store.picture(photo.path, photo.path.stat())
        assert picture is not None
        found = store.answer(picture.key, model)
        assert isinstance(found, tuple)
        assert photo.answer.candidates == found[0].candidates
        assert photo.answer.radii == found[0].radii
        assert photo.answer.place == found[1]


BELGIUM_BOX = Box(49.5, 2.5, 51.5, 6.4)


@pytest.mark.parametrize("area", [BELGIUM_BOX, BELGIUM_BOX.ring(), Box(-50, 160, 10, -120)])
def test_inside_an_area(
    session: ReviewSession, atlas: Atlas, model: str, store: AnswerStore, area: Area
) -> None:
    look_up = remembered_posteriors(store, model)
    located = [p for p in session if p.answer is not None]
    answers, nothing = narrow_answers(located, area, atlas, look_up, PLACES)
    assert answers
    assert sorted([*answers, *nothing]) == [p.id for p in located]
    session.narrow(answers, area)
    for number, answer in answers.items():
        box = BELGIUM_BOX if not isinstance(area, Box) else area
        for candidate in answer.candidates:
            here = candidate.coordinate
            assert box.south_deg - 1e-9 <= here.latitude_deg <= box.north_deg + 1e-9
            east = (here.longitude_deg - box.west_deg + 1e-9) % 360
            assert east <= (box.east_deg - box.west_deg) % 360 + 2e-9
        assert sum(c.probability for c in answer.candidates) <= 1 + 1e-9
        whole = look_up(session[number].path)
        assert whole is not None
        # Inside, every cell that lies there wholly has its old probability over the area's sum.
        cover = atlas.cover(area)
        total = float((whole * cover.share).sum())
        for candidate in answer.candidates:
            cell = candidate.cell_index
            expected = whole[cell] * cover.share[cell] / total
            assert candidate.weight == pytest.approx(expected)
        shown = session[number].proposed
        assert shown is not None
        assert shown.origin is Origin.AREA
        assert shown.place == answer.place


def test_inside_a_country(
    session: ReviewSession, atlas: Atlas, model: str, store: AnswerStore
) -> None:
    located = [p for p in session if p.answer is not None]
    answers, _ = narrow_answers(
        located, Country("jp"), atlas, remembered_posteriors(store, model), PLACES
    )
    assert {answer.place.country_code for answer in answers.values()} == {"JP"}
    with pytest.raises(SessionError, match="XQ"):
        atlas.cover(Country("XQ"))


def test_a_court_yard_in_a_large_cell(
    session: ReviewSession, atlas: Atlas, model: str, store: AnswerStore
) -> None:
    """An area far smaller than any cell: the answer lies in it."""
    here = next(p.answer for p in session if p.answer is not None).coordinate
    lat, lon = here.latitude_deg + 0.0011, here.longitude_deg + 0.0007
    yard = Box(lat, lon, lat + 0.0004, lon + 0.0004)
    located = [p for p in session if p.answer is not None]
    answers, _ = narrow_answers(located, yard, atlas, remembered_posteriors(store, model), PLACES)
    assert answers
    for answer in answers.values():
        spot = answer.coordinate
        km = great_circle_km(lat, lon, spot.latitude_deg, spot.longitude_deg)
        assert km < 0.1


def test_without_memory_the_candidates_stand_in(session: ReviewSession, atlas: Atlas) -> None:
    photo = next(p for p in session if p.answer is not None)
    assert photo.answer is not None
    second = photo.answer.candidates[1].coordinate
    lat, lon = second.latitude_deg, second.longitude_deg
    around = Box(lat - 0.01, lon - 0.01, lat + 0.01, lon + 0.01)
    answers, _ = narrow_answers([photo], around, atlas, lambda path: None, PLACES)
    assert answers[photo.id].coordinate.latitude_deg == pytest.approx(lat)
    ocean = Ring(((-50.0, -130.0), (-50.0, -120.0), (-45.0, -120.0)))
    assert narrow_answers([photo], ocean, atlas, lambda path: None, PLACES) == ({}, [photo.id])


def test_shares_against_points_thrown_at_random(atlas: Atlas) -> None:
    """The covered share of cells, by random points of the box and s2's leaf ids."""
    area = Box(40, -10, 60, 20)
    cover = atlas.cover(area)
    chance = np.random.default_rng(3)
    z = chance.uniform(np.sin(np.radians(35)), np.sin(np.radians(65)), 400_000)
    lat, lon = np.degrees(np.arcsin(z)), chance.uniform(-20, 30, 400_000)
    leaves = leaf_ids(lat, lon)
    inside = (lat > 40) & (lat < 60) & (lon > -10) & (lon < 20)
    ids = atlas.partition.cell_ids
    compared = 0
    for number in np.flatnonzero(cover.share > 0):
        here = (leaves >= range_min(ids)[number]) & (leaves <= range_max(ids)[number])
        if here.sum() > 500:
            compared += 1
            assert cover.share[number] == pytest.approx(inside[here].mean(), abs=0.12)
    assert compared > 5
