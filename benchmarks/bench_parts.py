"""Photos of shards located and labelled by one process, and what a photo costs beside the network:
what plans for millions of photos are made from.

Run as `python -m benchmarks.bench_parts [TABLE IMAGES]`: the photos of a table, or made ones.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.bench_shards import read_or_make_table
from benchmarks.results import QUICK, Figures
from geoguess_app.core.picture.decode import PhotoBytes
from geoguess_app.core.predictor import load_predictor
from trainer import cli
from trainer.common.ranks import Rank
from trainer.data.shard_index import ShardIndex, read_index
from trainer.data.shard_stream import read_shard
from trainer.parts.answering import Answering, LocateAnswering, SceneAnswering
from trainer.parts.manifest import PartsManifest
from trainer.parts.merge import merge_parts
from trainer.parts.work import PartsTask

_PHOTOS = 80 if QUICK else 200
_SIDE_PX = "320"


def main(arguments: list[str]) -> None:
    """Pack, locate, label, say."""
    figures = Figures(__file__, __doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, images = read_or_make_table(folder, arguments, _PHOTOS)
        line = ["shards", str(table), "--images", str(images), "--out", str(folder / "shards")]
        cli.main([*line, "--per-shard", "100", "--short-side", _SIDE_PX, "--quiet"])
        index = read_index(folder / "shards")
        photos = sum(shard.photos for shard in index.shards)
        figures.add(
            "a photo in a shard, 320 px",
            sum(shard.bytes for shard in index.shards) / photos / 1000,
            "kB",
        )
        predictor = load_predictor(None, "cpu")
        predictor.warm_up()
        for answering in (LocateAnswering(predictor), SceneAnswering(predictor)):
            kind = answering.kind
            taken_s, _ = _run(folder / kind, index, answering)
            figures.add(f"starter, {kind}", photos / taken_s, "photos/s")
            merged = folder / f"{kind}.parquet"
            merge_parts([folder / kind], merged)
            figures.add(f"a row of {kind}", merged.stat().st_size / photos / 1000, "kB")
        # The features of one photo for all: what remains is done by the processor on any machine.
        photo = next(read_shard(index.folder, index.shards[0])).photo
        run = predictor.engine.run(predictor.prepare(PhotoBytes(Path("photo"), photo)))
        predictor.raw_outputs(run, np.arange(predictor.crops), every_network=True)
        predictor.engine.run = lambda _crops: run  # type: ignore[method-assign]
        taken_s, busy_s = _run(folder / "beside", index, LocateAnswering(predictor))
        figures.add("starter, locate without its trunk", 1000 * busy_s / photos, "ms of processor")
        figures.add("the same in one process", photos / taken_s, "photos/s")
    figures.save()


def _run(folder: Path, index: ShardIndex, answering: Answering) -> tuple[float, float]:
    """Seconds, and seconds of processor, of answering every shard."""
    manifest = PartsManifest(answering.kind, "starter", "", 0, "", index.shards)
    task = PartsTask(index.folder, folder, manifest, answering, "CPU")
    begun_s, busy_s = time.perf_counter(), time.process_time()
    task.run(Rank(), lambda _photos: None)
    return time.perf_counter() - begun_s, time.process_time() - busy_s


if __name__ == "__main__":
    main(sys.argv[1:])
