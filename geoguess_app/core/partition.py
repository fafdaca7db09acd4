"""Partitions: the table of cells, building one from photos, and its CSV file."""

from geoguess_app.core.partition_build import (
    DEFAULT_REASSIGN_KM,
    FlaggedCell,
    PartitionBuild,
    PartitionReport,
    build_partition,
)
from geoguess_app.core.partition_csv import cells_csv_text, read_cells_csv, write_cells_csv
from geoguess_app.core.partition_table import Partition

__all__ = [
    "DEFAULT_REASSIGN_KM",
    "FlaggedCell",
    "Partition",
    "PartitionBuild",
    "PartitionReport",
    "build_partition",
    "cells_csv_text",
    "read_cells_csv",
    "write_cells_csv",
]
