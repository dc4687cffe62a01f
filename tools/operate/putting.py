"""Put records on a stream until it has them all."""

from collections.abc import Sequence
from threading import Event
from typing import Protocol

from events.delivery import Delivery
from tools.operate.at_once import StoppedError


class StreamRefusesError(RuntimeError):
    """A stream takes none of the records that it is given, for as long as it is asked; names the stream and why."""


class Putting(Protocol):
    """A stream, as of `events.delivery`."""

    def put(self, records: Sequence[bytes]) -> Delivery:
        """Put records; tell of each whether it is stored."""
        ...


def put_all(stream: Putting, name: str, records: Sequence[bytes], stop: Event) -> None:
    """Put records as they are; what is refused is put again, and nothing else, as long as some of it is taken.

    Args:
        stream: on which they are put.
        name: its name, for the error.
        records: a portion that the stream takes in a few calls.
        stop: nothing more is put once it is set.

    Raises:
        StreamRefusesError: the stream takes nothing any more. What it took before stays there.
        StoppedError: `stop` was set.
    """
    left = records
    while left:
        if stop.is_set():
            raise StoppedError(f"stream {name}: stopped with {len(left)} records of a portion to go")
        delivery = stream.put(left)
        refused = [record for record, stored in zip(left, delivery.stored, strict=True) if not stored]
        if len(refused) == len(left):
            codes = ", ".join(f"{code} ({count} times)" for code, count in sorted(delivery.refusals.items()))
            raise StreamRefusesError(f"stream {name}: none of {len(left)} records is taken: {codes}")
        left = refused
