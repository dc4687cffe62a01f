"""Work that is done at once: in order, by so many threads, and of no more items than that."""

import threading
from collections.abc import Iterator

import pytest

from billing.at_once import at_once


def test_results_come_in_the_items_order_though_so_many_are_worked_at_at_once() -> None:
    together = threading.Barrier(3, timeout=10)
    threads = set()

    def work(item: int) -> int:
        together.wait()  # it goes on only if three are here
        threads.add(threading.get_ident())
        return item * item

    assert list(at_once(work, range(9), 3)) == [(item, item * item) for item in range(9)]
    assert (len(threads), threading.get_ident() in threads) == (3, False)


def test_items_are_made_as_they_are_needed_and_no_more_are_held() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10**9):
            made.append(item)
            yield item

    results = at_once(str, items(), 4)
    for number in range(20):
        assert (next(results), len(made)) == ((number, str(number)), number + 4)


def test_what_is_raised_ends_it_when_what_was_begun_is_done() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 5:
            raise ValueError("no five")
        done.append(item)

    results = at_once(work, range(100), 3)
    with pytest.raises(ValueError, match="no five"):
        list(results)
    assert sorted(done) == [0, 1, 2, 3, 4, 6, 7]


def test_without_items_nothing_is_done() -> None:
    assert list(at_once(str, [], 3)) == []
