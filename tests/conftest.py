"""What holds for every test, in whatever process it runs."""

import gc

OFTEN, SELDOM = 50_000, 50
"""Allocations between two looks for garbage among what is new; such looks between two among all that has lived on."""


def pytest_collection_finish() -> None:
    """Look for garbage less often: a quarter of the time of programs and of the embedded AWS went into it.

    All that was imported and collected lives to the end, and is left out.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OFTEN, SELDOM, SELDOM)
