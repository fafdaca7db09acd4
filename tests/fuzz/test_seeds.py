"""What fuzzing found stays mended: every input that was once answered wrongly, and sound ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.harnesses import HARNESSES

SEEDS = Path(__file__).with_name("seeds")
FOUND = sorted(path.relative_to(SEEDS).as_posix() for path in SEEDS.glob("*/*"))

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("name", HARNESSES)
def test_sound_and_cut_inputs(name: str) -> None:
    harness = HARNESSES[name]
    for data in harness.beginnings():
        for end in (len(data), len(data) // 2, 9, 0):
            harness(data[:end])


@pytest.mark.parametrize("name", HARNESSES)
def test_what_is_nested_without_end(name: str) -> None:
    for nested in (b'{"a":' + b"[" * 9000, b"<a>" * 9000, b"(" * 9000):
        HARNESSES[name](nested)


@pytest.mark.parametrize("seed", FOUND)
def test_inputs_that_fuzzing_found(seed: str) -> None:
    HARNESSES[Path(seed).parent.name]((SEEDS / seed).read_bytes())
