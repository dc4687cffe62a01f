"""What a target of the fuzzer is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

EVENTS = Path(__file__).parents[1] / "events"
"""The recorded events that everything starts from, and where a finding's input is kept."""

Check = Callable[[bytes], None]
"""Takes any bytes; raises if a promise does not hold for them."""


@dataclass(frozen=True)
class Target:
    """One part of the program that takes what it is given."""

    ready: Callable[[], AbstractContextManager[Check]]
    """Sets up what it needs, and takes it away afterwards."""
    seeds: Callable[[], list[bytes]]
    """Inputs to start from."""
    words: tuple[str, ...]
    """Texts that mean something to it."""
