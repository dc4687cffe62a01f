"""A process for each measurement: an embedded AWS can be started once in a process, and memory is never given back."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")


def each_apart(measure: Callable[[int], T], sizes: Iterable[int]) -> Iterator[T]:
    """Yield what a function of a module measures for each size, one after the other."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        yield from pool.map(measure, sizes)
