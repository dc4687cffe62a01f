"""What an error object has: records that can be rows, and records that never can."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from error_bucket import ErrorBucket, ErrorObjectError, FailedRecord, identity
from events.stream_record import read_record
from metering.failure import RecordError
from metering.records import API_REQUESTS
from metering.times import EPOCH_MS
from metering.transform import to_row
from rating.period import Period


@dataclass
class Content:
    """What one error object has."""

    can_be: Counter[str] = field(default_factory=Counter)
    """Firehose's code -> number of records that failed for it and can be rows."""
    cannot: Counter[str] = field(default_factory=Counter)
    """Firehose's code -> number of records that failed for it and can never be rows."""
    never: Counter[str] = field(default_factory=Counter)
    """The transform's reason -> number of records that can never be rows."""
    months: Counter[Period] = field(default_factory=Counter)
    """Month -> number of records that can be rows and belong to it."""
    unreadable: str | None = None
    """Why the object cannot be read, if it is none of Firehose's: then nothing else is known of it."""

    @property
    def records(self) -> int:
        """Number of records."""
        return self.can_be.total() + self.cannot.total()

    def codes(self, *, everything: bool) -> Counter[str]:
        """Return the codes of those that can be rows, or of everything."""
        return self.can_be + self.cannot if everything else self.can_be


def content_of(role: str, records: Iterable[FailedRecord]) -> Content:
    """Return what an object has; one that cannot be read keeps no other from being read.

    Args:
        role: of the table in which its records ought to be rows.
        records: of the object.
    """
    content = Content()
    try:
        for record in records:
            found = identity(role, record.raw)
            if found is None:
                content.cannot[record.code] += 1
                content.never[why_never(role, record.raw)] += 1
            else:
                content.can_be[record.code] += 1
                content.months[Period.of(found.time)] += 1
    except ErrorObjectError as error:
        return Content(unreadable=str(error))
    return content


def to_put(role: str, bucket: ErrorBucket, key: str, *, everything: bool) -> Iterator[bytes]:
    """Yield the original bytes of an object's records: those that can be rows, after them the others if wanted."""
    for record in bucket.records(key):
        if identity(role, record.raw) is not None:
            yield record.raw
    if everything:
        for record in bucket.records(key):
            if identity(role, record.raw) is None:
                yield record.raw


def why_never(role: str, raw: bytes) -> str:
    """Return the reason for which a record can never be a row, as the transform's own code gives it.

    Raises:
        ValueError: it can be one.
    """
    try:
        if role == API_REQUESTS.role:
            to_row(raw, EPOCH_MS[0], frozenset())
        else:
            read_record(raw)
    except RecordError as error:
        return error.reason.value
    raise ValueError("record must be one that can never be a row, is none")
