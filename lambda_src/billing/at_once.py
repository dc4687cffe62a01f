"""Work that waits for a service, several pieces of it at once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def at_once(work: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[tuple[T, R]]:
    """Yield items in their order, each with what came of it.

    So many are worked at at once, and no more are held. The items are made by whoever asks for the results.

    Args:
        work: what is done with an item, in a thread of its own. What it raises is raised here; items that were begun
            are done by then, and no other is.
        items: made as they are needed.
        threads: how many.
    """
    waiting: deque[tuple[T, Future[R]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) == threads:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()
