"""Python's collector of garbage, told to look less often: what is deployed lives to the end, and was looked through."""

import gc

from embedded_aws.server import EmbeddedAws

THRESHOLDS = (50_000, 50, 100)
"""Allocations between two looks at what is new, such looks between two at what has lived on, and those between two at
all: Python's own are 700, 10 and 10, with which a deployment spends a quarter of its time on them."""


def install(_: EmbeddedAws) -> None:
    """Set it for the whole process, which has one embedded AWS; leave out what was imported before."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
