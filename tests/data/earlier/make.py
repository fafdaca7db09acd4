"""Makes the files of this folder with the program of revision 662cce6.

In a checkout of that revision: ``PYTHONPATH=. python …/make.py FOLDER TABLE IMAGES``, where the
table is `tests/data/monuments.csv` and its images lie in `tests/data`. Nothing of today's program
is used. `tests/test_earlier_files.py` says what today's program makes of these files.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

TRUNK = "weights/trunk.safetensors"
PHOTOS = Path("/photos/holiday")
PARIS, LYON, OSLO = (48.8566, 2.3522), (45.76, 4.84), (59.91, 10.75)

STATES: dict[str, dict[str, Any]] = {
    "locate": {"area": {"box": [10.0, -20.0, 80.0, 170.0]}},
    "explore": {
        "level": "fine",
        "measure": "density",
        "logarithmic": False,
        "least_photos": 5,
        "country": "FR",
        "training_photos": True,
        "spot": {"latitude": 1.5, "longitude": -2.5, "label": "A spot", "cell": "47e67"},
    },
    "review": {
        "states": ["located", "placed by hand"],
        "order": "by time",
        "least_confidence": 0.25,
        "most_confidence": 0.75,
        "country": None,
        "gps": "without",
        "text": "beach",
        "selected": ["photos/a.jpg", "photos/b.jpg"],
    },
    "compare": {
        "sides": [
            {"photo": "photos/a.jpg", "model": "", "model_name": "", "way": "complete model"},
            {"photo": "", "model": "town.geomodel", "model_name": "Town 1", "way": ""},
        ],
        "shown": "difference",
    },
    "accuracy": {
        "source": "evaluation",
        "filters": {
            "scene": "urban",
            "continent": "",
            "error": 2,
            "confidence": 0,
            "text": "a",
            "sure_and_wrong": True,
            "outside_radius": False,
            "without_seen": False,
        },
        "photo": "photos/a.jpg",
    },
    "train": {
        "step": "recipe",
        "source": "photos",
        "images": "",
        "run": "photos-2024-07-01-0800-abcd",
        "recipe": "campus-auto",
        "recipe_file": "",
        "within_km": 12.5,
    },
}
"""What the modes of that revision wrote when their views were saved."""


def old(module: str) -> Any:
    """A module of the earlier program, which type checkers of today's do not know."""
    return import_module(f"geoguess_app.{module}")


def write_bundles(folder: Path) -> None:
    """One bundle of each kind, with random weights of 16 bits."""
    manifest, networks = old("core.manifest"), old("core.manifest_networks")
    plain = manifest.Manifest(
        kind="scenes",
        name="Earlier",
        version="0.9",
        license="CC0-1.0",
        description="Random weights.\nOf revision 662cce6.",
        intended_area="nowhere — “Ænd”",
        created="2030-01-31",
        preprocessing=old("core.preprocess").Preprocessing(
            size=64, mean=(127, 127, 127), std=(128, 128, 128), crops=1, interpolation="bicubic"
        ),
        trunks={"main": networks.TrunkConfig("efficientnet_lite_tiny", "avg", 64, TRUNK)},
        networks={},
        provenance=(
            manifest.Provenance("dice", "CC0-1.0", 408, "https://example.org/"),
            manifest.Provenance("coins", "CC0-1.0", 3),
        ),
        evaluation={"accuracy": [0.1, None, {"note": "measured never"}]},
    )
    layers = (networks.linear(64, 8), networks.batchnorm(8), networks.RELU, networks.dropout(0.25))
    scene = networks.NetworkConfig("main", layers, {"places365": 365}, "weights/scene.safetensors")
    head = networks.NetworkConfig("main", (), {"coordinates": 2}, "weights/base.safetensors")
    bank = manifest.RetrievalConfig(
        "weights/bank.safetensors", 12, 64, "main", neighbours=5, temperature=0.05
    )
    scenes = replace(plain, networks={"scene": scene}, scene_network="scene")
    regression = replace(
        plain,
        kind="regression",
        networks={"base": head},
        regression=manifest.RegressionConfig((48.0, 11.0), (0.01, 0.02)),
        calibration=calibrated(regression_radii_km=(0.1, 0.2, 0.5)),
    )
    write_bundle(folder / "scenes.geomodel", scenes)
    write_bundle(folder / "regression.geomodel", regression)
    write_bundle(folder / "retrieval.geomodel", replace(plain, kind="retrieval", retrieval=bank))
    write_bundle(folder / "cells.geomodel", cells(plain), partitions())


def cells(plain: Any) -> Any:
    """A model of cells with blocks shared by a second trunk, pooled in another way."""
    manifest, networks = old("core.manifest"), old("core.manifest_networks")
    heads = {part.name: part.size for part in partitions()}
    shared = networks.SharedBlocks("main", 6)
    pooled = networks.TrunkConfig("efficientnet_lite_tiny", "gem", 64, None, 4.5, shared)
    base = networks.NetworkConfig("pooled", (networks.L2NORM,), heads, "weights/base.safetensors")
    layers = (networks.linear(64, 8),)
    return replace(
        plain,
        kind="cells",
        trunks={**plain.trunks, "pooled": pooled},
        networks={"base": base},
        partitions=tuple(
            manifest.PartitionEntry(name, f"partitions/{name}.csv", size)
            for name, size in heads.items()
        ),
        retrieval=manifest.RetrievalConfig(
            "weights/bank.safetensors", 12, 8, "main", layers, "weights/projection.safetensors"
        ),
        calibration=calibrated(temperatures={"coarse": 1.5, "fine": 1.25}, answer="score"),
    )


def calibrated(**changes: Any) -> Any:
    """All parts of a calibration, as that program wrote them."""
    model = old("core.calibration")
    full = model.Calibration(
        retrieval=model.RetrievalWeights(0.05, 0.04, -2.0, 9.0, 3.0),
        within=(model.WithinPoint(1.0, -0.5, 0.9, 2.0), model.WithinPoint(2500.0, 0.1, 1.1)),
        recognition=model.Recognition(-10.0, 20.0, 0.5),
        radius_shares=(0.5, 0.85, 0.99),
        **changes,
    )
    return old("core.calibration_json").calibration_to_json(full)


def partitions() -> tuple[Any, ...]:
    """Two nested ones around three cities."""
    random = np.random.default_rng(5)
    points = np.concatenate([random.normal(city, 0.4, (30, 2)) for city in (PARIS, LYON, OSLO)])
    build = old("core.partition").build_partition
    return tuple(
        build(points[:, 0], points[:, 1], name=name, tau_min=3, tau_max=most).partition
        for name, most in (("coarse", 40), ("fine", 15))
    )


def write_bundle(target: Path, manifest: Any, parts: tuple[Any, ...] = ()) -> None:
    """A bundle with weights for everything that the manifest names."""
    random = np.random.default_rng(1)

    def arrays(shapes: Any) -> dict[str, np.ndarray]:
        return {name: random.normal(0.5, 0.1, shape).astype("f2") for name, shape in shapes.items()}

    tensors = {TRUNK: arrays(manifest.trunks["main"].shapes())}
    bank = manifest.retrieval
    configs = [*manifest.networks.values(), *([bank.projection] if bank else [])]
    tensors |= {config.weights: arrays(config.shapes(64)) for config in configs if config.weights}
    if bank is not None:
        tensors[bank.weights] = {
            "embeddings": np.eye(bank.size, dtype="f2")[np.arange(bank.count) % bank.size],
            "latitude_deg": np.linspace(45.0, 60.0, bank.count),
            "longitude_deg": np.linspace(2.0, 11.0, bank.count),
            "fine_class": np.full(bank.count, 0 if parts else -1, np.int32),
        }
    card = {"card.md": b"# Earlier\n"}
    old("core.bundle_writer").write_bundle(target, manifest, parts, tensors, card)


def write_settings(folder: Path) -> None:
    """Settings that are none of the defaults, and one of a program still to come."""
    module = old("settings")
    settings = module.Settings(
        model="/models/town.geomodel",
        device="cuda:1",
        crops=5,
        theme="dark",
        coordinate_format="dms",
        sidecar_naming="adobe",
        precision="city",
        unknown={"later": [1, {"a": None}]},
    )
    module.save_settings(settings, folder / "settings.json")


def write_review(folder: Path) -> None:
    """Ten photos with answers; some decided in every way, one step undone."""
    types, values = old("core.types"), old("review.values")
    finder = old("core.places").PlaceFinder()
    session = old("review.session").Session(folder / "holiday.georeview", finder)
    start = datetime(2024, 7, 1, 8)
    facts = old("review.intake").Facts
    session.add(
        facts(
            PHOTOS / f"IMG_{n}.jpg",
            values.Identity(1000 + n, 10**18 + n),
            start + timedelta(hours=n),
            types.Coordinate(*LYON) if n == 9 else None,
        )
        for n in range(10)
    )
    paris = types.Coordinate(*PARIS)
    listed = tuple(
        types.Candidate(rank, "47e67", 7, types.Coordinate(*city), 0.6 / rank)
        for rank, city in enumerate((PARIS, LYON, OSLO), start=1)
    )
    answer = values.Answer(
        paris,
        types.Radii(5.0, 12.5, 80.0),
        0.5,
        types.Level.FINE,
        types.Place("Paris", "Île-de-France", "France", "FR", 1.5),
        "Earlier 0.9",
        ("tower", "plaza"),
        0.75,
        values.pack(listed),
    )
    session.update(
        replace(
            photo, answer=replace(answer, confidence=photo.id / 20), utc_offset=timedelta(hours=2)
        )
        for photo in session
    )
    decide(session)
    session.close()


def decide(session: Any) -> None:
    """Accept, reject, place and search in areas of every kind; the last step is taken back."""
    areas = old("review.areas")
    first, *others = [photo.id for photo in session]
    session.accept([first])
    session.reject(others[:1])
    session.place(others[1:2], "59.91, 10.75")
    for number, area in zip(
        others[2:],
        (
            areas.Country("FR"),
            areas.Countries(("NO", "SE")),
            areas.Box(40.0, -5.0, 52.0, 9.0),
            areas.Ring(((40.0, 170.0), (52.0, 170.0), (52.0, 190.0))),
        ),
        strict=False,
    ):
        session.narrow({number: session[first].answer}, area)
    session.remove(others[-1:])
    session.reject([first])
    session.undo()


def write_journal(folder: Path) -> None:
    """Two saves, the second of which was taken back."""
    module, edit = old("photos.journal"), old("photos.formats.edits").Edit
    file = folder / "saves.jsonl"
    for name, before in (("a.jpg", "1" * 64), ("b.jpg", None)):
        target = PHOTOS / name
        entry = module.Entry(
            target, target, before, "2" * 64, (edit(3, b"\0\xff", b"x"),), {"how": "metadata"}
        )
        with module.Journal(file, {"command": "tag", "photos": 1}) as journal:
            journal.written(entry)
    module.note_undone(module.read_runs(file)[-1], PHOTOS / "b.jpg")


def write_evaluation(folder: Path, table: Path, images: Path) -> None:
    """The answers of the starter model of that revision to some photos; figures are left out."""
    made = folder / "evaluation-whole"
    command = [
        sys.executable,
        "-m",
        "geoguess_app",
        "evaluate",
        "--photos",
        table,
        "--images",
        images,
    ]
    subprocess.run([*command, "--crops", "1", "--out", made], check=True)
    (folder / "evaluation").mkdir(exist_ok=True)
    for name in ("metrics.json", "predictions.csv", "run.json"):
        shutil.copy(made / name, folder / "evaluation" / name)
    shutil.rmtree(made)


def write_views(folder: Path) -> None:
    """Where each mode was looked at; the choices of a mode are those that it captured then."""
    module, types = old("ui.views.view_file"), old("core.types")
    views = folder / "views"
    views.mkdir(exist_ok=True)
    beside = views / "photos"
    for mode, state in STATES.items():
        view = module.ViewFile(
            mode,
            types.Coordinate(-16.9, 179.4),
            5.5,
            "fine",
            (800, 600),
            {"scale": "linear", "least": 0.25, "top": 10, "region": 80},
            "Earlier 0.9",
            (beside / "a.jpg", beside / "b.jpg"),
            beside / "a.jpg",
            state,
        )
        module.write_view(views / f"{mode}.geoview", view)


if __name__ == "__main__":
    into = Path(sys.argv[1])
    write_bundles(into)
    write_settings(into)
    write_review(into)
    write_journal(into)
    write_views(into)
    write_evaluation(into, *map(Path, sys.argv[2:]))
