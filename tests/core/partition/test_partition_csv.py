"""The field's cells table: read as others write it, written so that nothing is lost."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoguess_app.core import cells
from geoguess_app.core.errors import PartitionError
from geoguess_app.core.partition import (
    Partition,
    build_partition,
    cells_csv_text,
    read_cells_csv,
)

HEADER = "class_label,hex_id,imgs_per_cell,latitude_mean,longitude_mean\n"
ROWS = "0,0945,61,-10.5,-54.25\n1,478e4,52,47.125,9.5\n2,89e3774,1645,48.856612345678901,2.3522\n"
PREAMBLE = "num_images: 4723695\nmin_concept_probability: 0.0\n"


def assert_same(a: Partition, b: Partition) -> None:
    for name in ("cell_ids", "photo_counts", "mean_latitude_deg", "mean_longitude_deg"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROWS,
        PREAMBLE + HEADER + ROWS,
        "\ufeff" + HEADER + ROWS,
        (HEADER + ROWS).replace("\n", "\r\n"),
        HEADER + ROWS + "\n\n",
        HEADER.upper() + ROWS,
        HEADER + ROWS.replace("89e3774", "89E3774").replace("478e4", "478e400000000000"),
        HEADER + "".join(f'{r.split(",", 1)[0]},"{r.split(",")[1]}",{r.split(",", 2)[2]}\n'
                         for r in ROWS.split()),
    ],
)  # fmt: skip
def test_reads_what_the_field_writes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cells.csv"
    path.write_bytes(text.encode())
    partition = read_cells_csv(path, "fine", ordered=True)
    assert partition.name == "fine"
    assert partition.tokens == ("0945", "478e4", "89e3774")
    assert partition.photo_counts.tolist() == [61, 52, 1645]
    assert partition.mean_latitude_deg.tolist() == [-10.5, 47.125, 48.856612345678901]
    assert_same(partition, read_cells_csv(io.StringIO(text.lstrip("\ufeff")), "fine"))


def test_columns_are_found_by_name() -> None:
    text = "hex_id,note,longitude_mean,latitude_mean,imgs_per_cell\n478e4,x,9.5,47.125,52.0\n"
    partition = read_cells_csv(io.StringIO(text), "x")
    assert (partition.mean_latitude_deg[0], partition.photo_counts[0]) == (47.125, 52)


def test_foreign_class_labels_are_renumbered_unless_order_matters() -> None:
    first, second, third = ROWS.splitlines(keepends=True)
    text = HEADER + third.replace("2,", "0,", 1) + first.replace("0,", "1,", 1) + second
    partition = read_cells_csv(io.StringIO(text), "published")
    assert partition.tokens == ("0945", "478e4", "89e3774")
    assert partition.photo_counts.tolist() == [61, 52, 1645]
    with pytest.raises(PartitionError, match=r"cell 0945 must have class_label 0.*but has 1"):
        read_cells_csv(io.StringIO(text), "bundle", ordered=True)


def test_a_written_table_reads_back_bit_for_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    build = build_partition(
        np.degrees(np.arcsin(rng.uniform(-1, 1, 5000))),
        rng.uniform(-180, 180, 5000),
        name="x",
        tau_min=2,
        tau_max=5,
    )
    path = tmp_path / "x.csv"
    path.write_text(cells_csv_text(build.partition), encoding="utf-8", newline="")
    assert_same(build.partition, read_cells_csv(path, "x", ordered=True))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] + "\n" == HEADER
    assert lines[1].split(",")[:2] == ["0", build.partition.tokens[0]]


@given(
    st.integers(0, 5),
    st.integers(0, (1 << 61) - 1),
    st.integers(0, 30),
    st.integers(0, 2**53),
    st.floats(-90, 90),
    st.floats(-180, 180),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_row_reads_back(
    face: int, position: int, level: int, photos: int, lat: float, lon: float
) -> None:
    leaf = np.array([(face << 61) | position | 1], dtype=np.uint64)
    one = Partition("x", cells.parents(leaf, level), np.array([photos]), [lat], [lon])  # type: ignore[arg-type]
    assert_same(one, read_cells_csv(io.StringIO(cells_csv_text(one)), "x", ordered=True))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, "no header"),
        ("\n" * 40, 11, "no header"),
        ("a,b,c\n1,2,3\n", 2, "no header"),
        ("hex_id,latitude_mean,longitude_mean\n", 1, "lacks the column imgs_per_cell"),
        (HEADER, 1, "the table has no cells"),
        (HEADER + "0,4.78E+04,5,1,2\n", 2, "“4.78E+04” is not the token"),
        (HEADER + "0,inf,5,1,2\n", 2, "“inf” is not the token"),
        (HEADER + "0,,5,1,2\n", 2, "“” is not the token"),
        (HEADER + ROWS + "3,=cmd(),5,1,2\n", 5, "“=cmd()” is not the token"),
        (HEADER + "0,478e4,5\n", 2, "3 columns are too few"),
        (HEADER + "0,478e4,many,1,2\n", 2, "imgs_per_cell “many” is not a number"),
        (HEADER + "0,478e4,-5,1,2\n", 2, "imgs_per_cell “-5” is not a whole number"),
        (HEADER + "0,478e4,5.5,1,2\n", 2, "imgs_per_cell “5.5” is not a whole number"),
        (HEADER + "0,478e4,1e400,1,2\n", 2, "imgs_per_cell “1e400” is not a number"),
        (HEADER + "0,478e4,1e30,1,2\n", 2, "imgs_per_cell “1e30” is not a whole number"),
        (HEADER + "0.5,478e4,5,1,2\n", 2, "class_label “0.5” is not a whole number"),
        (HEADER + "0,478e4,5,nan,2\n", 2, "latitude_mean “nan” is not a number"),
        (HEADER + "0,478e4,5,95,2\n", 2, "95, 2 is not a valid position"),
        (HEADER + "0,478e4,5,45,200\n", 2, "45, 200 is not a valid position"),
        (HEADER + ROWS + "3,478e4,5,1,2\n", 5, "478e4 is listed again (first in line 3)"),
        (HEADER + ROWS + "3,478e40,5,1,2\n", 5, "478e40 is listed again"),
        (HEADER + '0,"' + "x" * 200_000 + '",5,1,2\n', 2, "field larger than"),
        (HEADER + "0,478e4\x00,5,1,2\n", 2, ""),
        (HEADER + '0,"47\n\x1b[2Je4",5,1,2\n', 3, "“47��[2Je4” is not the token"),
    ],
)
def test_a_broken_table_gives_one_sentence(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PartitionError) as caught:
        read_cells_csv(path, "x")
    message = str(caught.value)
    assert message.startswith(f"{path}, line {line}: ")
    assert words in message
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 400


def test_overlapping_cells_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "overlap.csv"
    path.write_text(HEADER + "0,478e4,5,1,2\n1,478e1,5,1,2\n", encoding="utf-8")
    with pytest.raises(PartitionError, match=r"overlap\.csv: .*478e1 and 478e4 overlap"):
        read_cells_csv(path, "x")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    with pytest.raises(PartitionError, match=r"photo\.csv: not UTF-8 text"):
        read_cells_csv(path, "x")
    with pytest.raises(PartitionError, match=r"absent\.csv: cannot be read"):
        read_cells_csv(tmp_path / "absent.csv", "x")
