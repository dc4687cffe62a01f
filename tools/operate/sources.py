"""The kinds of records, each with its stream, its error bucket and its table."""

from dataclasses import dataclass

from metering.records import API_REQUESTS, TABLES, USAGE_EVENTS, RecordTable
from rating.exact import show
from tools.outputs import StackOutputs


class UnknownSourceError(ValueError):
    """There is no source of that name; the message names those that there are."""


@dataclass(frozen=True)
class Source:
    """Where the records of one kind come from, and where they end."""

    role: str
    """Of its table; the source's name."""
    stream: str
    """Name of the delivery stream."""
    error_bucket: str
    """Name of the bucket with what failed."""

    @property
    def table(self) -> RecordTable:
        """What the columns of its table mean."""
        return TABLES[self.role]


def sources_of(outputs: StackOutputs, name: str | None = None) -> tuple[Source, ...]:
    """Return a stack's sources.

    Args:
        outputs: of the stack.
        name: of the only one that is wanted; None for all.

    Raises:
        UnknownSourceError: there is none of that name.
    """
    every = (
        Source(API_REQUESTS.role, outputs.delivery_stream_name, outputs.error_bucket_name),
        Source(USAGE_EVENTS.role, outputs.usage_events_stream_name, outputs.usage_events_error_bucket_name),
    )
    found = tuple(source for source in every if name in {None, source.role})
    if not found:
        raise UnknownSourceError(f"source must be one of {', '.join(one.role for one in every)}, got {show(name)}")
    return found


def source_of(outputs: StackOutputs, name: str) -> Source:
    """Return one source of a stack.

    Raises:
        UnknownSourceError: there is none of that name.
    """
    [found] = sources_of(outputs, name)
    return found
