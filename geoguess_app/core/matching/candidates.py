"""A photo against several candidates, two at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from geoguess_app.core.cancel import CancelToken
from geoguess_app.core.matching.features import LocalFeatures
from geoguess_app.core.matching.verification import Match, verify

_THREADS = 2


def verify_candidates(
    query: LocalFeatures,
    candidates: Sequence[Callable[[], LocalFeatures | None]],
    token: CancelToken,
) -> Iterator[Match | None]:
    """Yield a match for each candidate, in their order, or None where there are no features.

    A candidate is a function that gives its features, from a cache or from its picture; it runs in
    a thread of its own, and what it raises is raised here. Ends early where ``token`` is cancelled.
    """

    def compare(features: Callable[[], LocalFeatures | None]) -> Match | None:
        if token.cancelled:
            return None
        found = features()
        return None if found is None else verify(query, found)

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="matching") as pool:
        for match in pool.map(compare, candidates):
            if token.cancelled:
                return
            yield match
