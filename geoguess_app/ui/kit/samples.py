"""The photos that come with the program, and what each of them shows of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from geoguess_app.paths import resource_dir


@dataclass(frozen=True, slots=True)
class SamplePhoto:
    """A free photo to try the program on; ``resources/samples/samples.csv`` lists them."""

    path: Path
    title: str
    shows: str
    """What becomes of it: "recognised", "only a wide area", "cannot tell"."""


def samples() -> list[SamplePhoto]:
    """List the sample photos in the order in which the empty window shows them."""
    folder = resource_dir() / "samples"
    with (folder / "samples.csv").open(encoding="utf-8", newline="") as stream:
        return [
            SamplePhoto(folder / row["file"], row["title"], row["shows"])
            for row in csv.DictReader(stream)
        ]


def sample_photos() -> list[Path]:
    """List the files of all sample photos."""
    return [sample.path for sample in samples()]
