"""Work in processes, some of which die."""

from __future__ import annotations

import os

import pytest

from trainer.data.workers import WorkerPool


def double(number: int) -> int:
    """Dies on 13, as a decoder fed with a hostile file may."""
    if number == 13:
        os._exit(3)
    if number == 99:
        raise ValueError("99 is not liked")
    return 2 * number


def test_one_item_that_kills_its_process_costs_only_itself() -> None:
    with WorkerPool(2) as crew:
        items = crew.map(double, iter(range(40)), lambda number: -number, together=4)
        results = dict(items)
    assert results == {n: -13 if n == 13 else 2 * n for n in range(40)}


@pytest.mark.parametrize("workers", [0, 1])
def test_an_exception_ends_the_work(workers: int) -> None:
    with WorkerPool(workers) as crew, pytest.raises(ValueError, match="not liked"):
        list(crew.map(double, [1, 99, 2], lambda number: -number))
