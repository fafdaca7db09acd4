"""A position reads the same in every part of the program, in whatever form and place it stands.

``evaluate`` takes positions from tables alone; ``tests/trainer/data/test_one_reader.py`` has those.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from tqdm import tqdm

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.geo.coordinates import decimal
from geoguess_app.core.types import Coordinate, LocatedPhoto
from geoguess_app.evaluation.accuracy.own_photos import own_photo
from geoguess_app.export.writers import make_writer
from geoguess_app.locating.stream import locate
from geoguess_app.photos.file_position import PositionState
from geoguess_app.photos.known_position import photo_position
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.photos.sidecars import Sidecars
from geoguess_app.photos.write_plan import HAS_ESTIMATE, HAS_GPS, WriteMode, WriteOptions, make_plan
from geoguess_app.review.intake import intake
from geoguess_app.ui.privacy.work import opening_work
from tests.locating.predictors import ColourPredictor
from tests.photos.position_forms import (
    ESTIMATE,
    OTHERWISE_IN_EXIFTOOL,
    Written,
    read_exiftool,
    write_positions,
    write_unusable,
)
from tests.photos.saving import requests
from trainer.data.measure_cache import MeasureCache
from trainer.data.source import open_photo_source
from trainer.data.survey import survey
from trainer.data.workers import WorkerPool

NEAR = 2e-6


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Written]:
    """Photos with positions in every form."""
    return write_positions(tmp_path_factory.mktemp("forms") / "photos", seed=20261130)


def wanted(case: Written) -> tuple[PositionState, float, float]:
    state = PositionState.ESTIMATE if case.method == ESTIMATE else PositionState.KNOWN
    return (
        state,
        pytest.approx(case.latitude_deg, abs=NEAR),
        pytest.approx(case.longitude_deg, abs=NEAR),
    )


def told(state: PositionState, here: Coordinate | None) -> tuple[object, ...]:
    return (state, here.latitude_deg, here.longitude_deg) if here is not None else (state,)


def label(case: Written) -> str:
    return f"{case.photo.name} {case.where} {case.form} {case.latitude_deg} {case.longitude_deg}"


def test_scan_and_tag_read_it_as_it_was_written(written: list[Written]) -> None:
    sidecars = Sidecars()
    plan = make_plan(requests([case.photo for case in written], replace_gps=False), WriteOptions())
    for case, item in zip(written, plan.items, strict=True):
        found = photo_position(case.photo, case.photo, read_metadata(case.photo), sidecars)
        for one in (found, item.known):
            assert one is not None, label(case)
            assert told(one.state, one.coordinate) == wanted(case), label(case)
        estimated = case.method == ESTIMATE
        assert (item.how, item.reason) == (
            WriteMode.SKIP,
            HAS_ESTIMATE if estimated else HAS_GPS,
        ), label(case)


def test_the_review_and_the_privacy_check_say_the_same(written: list[Written]) -> None:
    folder = written[0].photo.parent
    facts = {one.path: one for one in intake([folder])}
    for case in written:
        one = facts[case.photo]
        state, _, _ = wanted(case)
        assert one.carries_estimate == (state is PositionState.ESTIMATE), label(case)
        assert (one.known is None) == (state is not PositionState.KNOWN), label(case)
        if one.known is not None:
            assert told(state, one.known) == wanted(case), label(case)
        assert one.position_problem == ""
        (opened,) = opening_work(case.photo)(CancelToken())
        assert opened.position is not None
        assert told(opened.position.state, opened.position.coordinate) == wanted(case), label(case)


def test_what_accuracy_trips_and_exports_go_by_is_the_same(written: list[Written]) -> None:
    results = locate([case.photo for case in written], ColourPredictor())
    for case, result in zip(written, results, strict=True):
        assert isinstance(result, LocatedPhoto)
        assert (result.known is None) == (case.method == ESTIMATE), label(case)
        if result.known is not None:
            assert told(PositionState.KNOWN, result.known) == wanted(case), label(case)
            mine = own_photo(result)
            assert mine is not None
            assert mine.known == result.known
            # CSV, JSON lines and the map formats hold answers alone; the text says both.
            stream = io.StringIO()
            make_writer("text", stream, 1, []).write(result)
            assert f"GPS position in the file: {decimal(result.known)}," in stream.getvalue()


def test_the_trainer_measures_the_same(written: list[Written], tmp_path: Path) -> None:
    source = open_photo_source(written[0].photo.parent)
    with MeasureCache(tmp_path / "cache.sqlite") as cache, tqdm(disable=True) as bar:
        batches = list(survey(source, cache, WorkerPool(0), bar))
    rows = {row["_photo"]: row for batch in batches for row in batch.to_pylist()}
    assert len(rows) == len(written)
    for case in written:
        row = rows[case.photo.name]
        found = PositionState.ESTIMATE if row["_position_estimate"] else PositionState.KNOWN
        assert not row["_position_unusable"], label(case)
        here = (found, row["_latitude_deg"], row["_longitude_deg"])
        assert here == wanted(case), label(case)


def test_exiftool_reads_the_same_but_for_what_is_listed(written: list[Written]) -> None:
    """Where it differs, it is always so, and the reason stands with the form."""
    theirs = read_exiftool([case.file for case in written if case.where != "takeout"])
    for case in written:
        if case.where == "takeout":
            continue
        row = theirs[case.file]
        group = "Composite" if case.where == "exif" else "XMP"
        read = tuple(row.get(f"{group}:GPS{axis}") for axis in ("Latitude", "Longitude"))
        same = (PositionState.KNOWN, *read) == (PositionState.KNOWN, *wanted(case)[1:])
        if case.form in OTHERWISE_IN_EXIFTOOL:
            assert same == (case.form == "ref" and min(case.latitude_deg, case.longitude_deg) >= 0)
        else:
            assert same, f"{label(case)}: exiftool reads {read}"


def test_a_position_that_is_none_is_so_everywhere(tmp_path: Path) -> None:
    found = write_unusable(tmp_path / "photos")
    photos = list(found)
    facts = {one.path: one for one in intake([photos[0].parent])}
    plan = make_plan(requests(photos, replace_gps=False), WriteOptions())
    results = list(locate(photos, ColourPredictor()))
    with MeasureCache(tmp_path / "cache.sqlite") as cache, tqdm(disable=True) as bar:
        batches = survey(open_photo_source(photos[0].parent), cache, WorkerPool(0), bar)
        rows = {row["_photo"]: row for batch in batches for row in batch.to_pylist()}
    for photo, item, result in zip(photos, plan.items, results, strict=True):
        about = f"{photo.name}: {found[photo]}"
        assert item.known is not None, about
        assert item.known.state is PositionState.UNUSABLE, about
        assert found[photo] in item.known.problem, about
        assert item.how is not WriteMode.SKIP, about
        assert (facts[photo].known, facts[photo].position_problem) == (None, item.known.problem)
        assert isinstance(result, LocatedPhoto)
        assert result.known is None
        assert rows[photo.name]["_position_unusable"], about
        (opened,) = opening_work(photo)(CancelToken())
        assert opened.position is not None
        assert opened.position.coordinate is None
