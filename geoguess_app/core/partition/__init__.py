"""Partitions: the table of cells, building one from photos, and its CSV file."""

from geoguess_app.core.partition.build import (
    DEFAULT_REASSIGN_KM,
    FlaggedCell,
    PartitionBuild,
    PartitionReport,
    build_partition,
    build_partitions,
)
from geoguess_app.core.partition.csv import cells_csv_text, read_cells_csv
from geoguess_app.core.partition.photo_places import PartitionRules, PhotoPlaces
from geoguess_app.core.partition.table import Partition

__all__ = [
    "DEFAULT_REASSIGN_KM",
    "FlaggedCell",
    "Partition",
    "PartitionBuild",
    "PartitionReport",
    "PartitionRules",
    "PhotoPlaces",
    "build_partition",
    "build_partitions",
    "cells_csv_text",
    "read_cells_csv",
]
