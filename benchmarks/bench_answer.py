"""From network outputs to the answer on the map: 13,000 cells, look-alikes among a million photos;
and one photo by the starter, warm, stage by stage.

Run as `python -m benchmarks answer`. Outputs of the large model are made up, in its size.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.photos import copies
from benchmarks.results import QUICK, Figures, in_turn
from benchmarks.world_cells import photo_places, world_partitions
from geoguess_app.core.decision.decide import DecisionModel, RawOutputs, decide, scene_probabilities
from geoguess_app.core.decision.model import cell_spread_km
from geoguess_app.core.decision.retrieval import build_bank
from geoguess_app.core.geo.places import PlaceFinder
from geoguess_app.core.geo.sphere import unit_vectors
from geoguess_app.core.matching import describe, verify_candidates
from geoguess_app.core.partition.hierarchy import build_hierarchy
from geoguess_app.core.picture.decode import open_upright
from geoguess_app.core.predictor import load_predictor
from geoguess_app.photos.metadata import read_metadata
from geoguess_app.ui.map.payload import compact, prediction_payload
from geoguess_app.ui.work.map_state import map_state

_ANSWER_MS, _RETRIEVAL_MS = 10.0, 20.0
_BANK, _SIZE = (50_000 if QUICK else 1_000_000), 512
_ROUNDS = 15
_UNIT = "ms of processor"
"""Of all cores together; other programs change it little."""


def main() -> None:
    """Measure the large model's decision, then one photo."""
    figures = Figures(__file__, __doc__)
    bench_decision(figures)
    with tempfile.TemporaryDirectory() as name:
        os.environ["GEOGUESS_CACHE_DIR"] = name
        bench_photo(figures, Path(name))
    figures.save()


def bench_decision(figures: Figures) -> None:
    """Hierarchy, regions, payload of the map; then the same with look-alikes."""
    model = _model()
    cells = model.partitions[-1].size
    rng = np.random.default_rng(2)
    # As sure as networks are: a few hundred cells hold most, the rest is a long tail.
    logits = {p.name: 3.0 * rng.normal(size=(1, p.size)).repeat(3, 0) for p in model.partitions}
    raw = RawOutputs({"base": logits})
    answer_s = in_turn({"": lambda: _shown(raw, model)}, _ROUNDS)[""]
    name = f"{cells:,} cells: hierarchy, regions and the map's payload"
    figures.add(name, 1000 * answer_s, "ms", most=_ANSWER_MS, short=True)
    vectors = rng.standard_normal((_BANK, _SIZE), np.float32)
    latitude, longitude = photo_places(_BANK)
    classes = model.partitions[-1].class_at(latitude, longitude)
    bank = build_bank(vectors, latitude, longitude, classes, cells)
    del vectors
    banked = replace(model, bank=bank)
    asked = replace(raw, embedding=bank.embeddings[:3] + 0.03)
    taken_s = in_turn(
        {"with": lambda: decide(asked, banked), "without": lambda: decide(raw, model)},
        _ROUNDS,
        time.process_time,
    )
    figures.add(
        f"look-alikes among {_BANK:,} photos, in all and in the likeliest cells",
        1000 * (taken_s["with"] - taken_s["without"]),
        _UNIT,
        most=_RETRIEVAL_MS,
        short=True,
    )


def _model() -> DecisionModel:
    from geoguess_app.core.calibration.model import Calibration

    partitions = world_partitions()
    finest = partitions[-1]
    return DecisionModel(
        "World",
        partitions,
        build_hierarchy(partitions),
        unit_vectors(finest.mean_latitude_deg, finest.mean_longitude_deg),
        cell_spread_km(finest),
        tuple(finest.tokens),
        Calibration(hierarchy_exponent=1 / 3),
    )


def _shown(raw: RawOutputs, model: DecisionModel) -> str:
    return compact(prediction_payload(map_state(decide(raw, model))))


def bench_photo(figures: Figures, folder: Path) -> None:
    """Each stage of one photo by the starter; the window's own figure is in `window`."""
    predictor, places = load_predictor(device="cpu"), PlaceFinder()
    predictor.warm_up()
    path = copies(folder / "photos", 1)[0]
    crops = predictor.prepare(path)
    rows, model = np.arange(len(crops)), predictor.decision_model
    raw = predictor.raw_outputs(predictor.engine.run(crops), rows)
    answer = predictor.answer(raw)
    features = describe(open_upright(path, min_side=640))
    stages: dict[str, Callable[[], object]] = {
        "metadata": lambda: read_metadata(path),
        "decode and crop": lambda: predictor.prepare(path),
        "networks": lambda: predictor.raw_outputs(predictor.engine.run(crops), rows),
        "scene": lambda: scene_probabilities(raw, model),
        "cells, look-alikes and radii": lambda: predictor.answer(raw),
        "place names": lambda: places.at_many([c.coordinate for c in answer.candidates]),
        "payload of the map": lambda: compact(prediction_payload(map_state(answer))),
        "compare with ten reference photos": lambda: _compared(features),
    }
    for stage, seconds in in_turn(stages, _ROUNDS).items():
        figures.add(f"one photo, {stage}", 1000 * seconds, "ms")


def _compared(features: object) -> object:
    from geoguess_app.core.cancel import CancelToken
    from geoguess_app.core.matching import LocalFeatures

    assert isinstance(features, LocalFeatures)
    return list(verify_candidates(features, [lambda: features] * 10, CancelToken()))


if __name__ == "__main__":
    main()
