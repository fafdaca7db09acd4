"""A progress bar over photos whose label is the step that is being done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def photo_steps(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function to tell the step, and how many of how many photos are done (0: unknown)."""
    from tqdm import tqdm

    with tqdm(unit="photo", disable=quiet) as bar:

        def report(step: str, done: int, total: int) -> None:
            bar.set_description_str(step)
            bar.total, bar.n = total or None, done
            bar.refresh()

        yield report
