"""Work on thousands of objects, several at a time, that ends soon when it is stopped."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = 12
"""How many objects are worked at at once."""

Progress = Callable[[str, int, int | None], None]
"""What is done, how much of it, of how much (None: not known): called from one thread only."""


class StoppedError(RuntimeError):
    """The work was stopped from outside before it came to its end; it can be done again."""


def no_progress(_what: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


def at_once(
    work: Callable[[T], R], items: Iterable[T], stop: Event, threads: int = THREADS
) -> Generator[R, None, None]:
    """Yield what comes of items, in their order; twice as many as are worked at are held.

    Args:
        work: what is done with an item, in a thread of its own. What it raises is raised here.
        items: made as they are needed, by whoever asks for the results.
        stop: set as soon as something is raised, or nobody asks any more: what is under way may look at it, and is
            waited for; what is not begun is left.
        threads: how many.
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) == 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
