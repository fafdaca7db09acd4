"""One report of odd photos: poles, both sides of 180°, a crowd at one spot, sparse cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.partition import PartitionRules, PhotoPlaces, build_partitions
from geoguess_app.core.types import FloatArray
from trainer.partitions.points import PhotoPoints
from trainer.partitions.report import write_partition_report
from trainer.partitions.statistics import PartitionStatistics, partition_statistics

STRANGE_NAME = "</script><b onclick=alert(1)>.csv"


@dataclass(frozen=True)
class Made:
    """What the report was made of, and where it lies."""

    latitude_deg: FloatArray
    longitude_deg: FloatArray
    account: PartitionStatistics
    folder: Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two partitions of 3,000 photos; the coarse one drops cells that the fine one keeps."""
    rng = np.random.default_rng(11)
    spots = [[89.5, 10], [-89.6, 0], [-16.8, 179.95], [65, -179.9], [48.9, 2.4], [0, 0], [-34, 151]]
    points = np.array(spots)[rng.integers(len(spots), size=3000)]
    points += rng.normal(0, 1, (3000, 2)) * rng.exponential(1.5, (3000, 1))
    points[:400] = [48.8566, 2.3522]
    lat, lon = np.clip(points[:, 0], -90, 90), (points[:, 1] + 180) % 360 - 180
    places = PhotoPlaces(lat, lon)
    rules = [PartitionRules("cells_40_300", 40, 300), PartitionRules("cells_8_60", 8, 60)]
    builds = build_partitions(places, rules, reassign_within_km=60.0)
    account = partition_statistics(
        PhotoPoints(Path(STRANGE_NAME), lat, lon, 3100, "train"), places, builds
    )
    folder = tmp_path_factory.mktemp("partition-report")
    write_partition_report(folder, account, created=datetime(2026, 7, 1))
    return Made(lat, lon, account, folder)
