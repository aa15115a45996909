"""Many runs, some of them at once: in order, told one by one, ended early by a fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event, Lock
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[str, int, int], None]
"""Is told what begins, as the how-manieth, of how many."""


def side_by_side(
    plan: Sequence[T],
    work: Callable[[T], R],
    jobs: int,
    *,
    name: Callable[[T], str],
    is_last: Callable[[R], bool],
    tell: Progress | None = None,
) -> list[tuple[T, R]]:
    """Do all the work, `jobs` at a time; results in the plan's order.

    After a result that `is_last` says is the last, nothing begins any more.
    """
    stop, telling, begun = Event(), Lock(), count()

    def one(item: T) -> list[R]:
        if stop.is_set():
            return []
        if tell:
            with telling:
                tell(name(item), next(begun), len(plan))
        try:
            result = work(item)
        except BaseException:
            stop.set()
            raise
        if is_last(result):
            stop.set()
        return [result]

    with ThreadPoolExecutor(jobs) as pool:
        try:
            results = list(pool.map(one, plan))
        except BaseException:  # an interrupt too: nothing else is to begin
            stop.set()
            raise
    return [(item, r) for item, found in zip(plan, results, strict=True) for r in found]
