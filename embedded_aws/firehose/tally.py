"""What became of every record: the count that must add up when the embedded AWS stops."""

import dataclasses
import threading
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StreamCounts:
    """What became of a stream's records since the server's start.

    Attributes:
        received: records accepted by PutRecord and PutRecordBatch.
        rows: records that are rows of the table.
        dropped: records that the transform answered with `Dropped`.
        error_records: records in the error bucket.
        stuck: why neither table nor error bucket takes records at present; empty if all is well.
    """

    received: int = 0
    rows: int = 0
    dropped: int = 0
    error_records: int = 0
    stuck: str = ""

    @property
    def undelivered(self) -> int:
        """Records that the stream still holds."""
        return self.received - self.rows - self.dropped - self.error_records


@dataclass(frozen=True)
class DeliveryReport:
    """What became of all streams' records, by stream name, and in sum."""

    streams: Mapping[str, StreamCounts]

    @property
    def received(self) -> int:
        """Records accepted."""
        return sum(counts.received for counts in self.streams.values())

    @property
    def rows(self) -> int:
        """Records that are rows of their table."""
        return sum(counts.rows for counts in self.streams.values())

    @property
    def dropped(self) -> int:
        """Records that a transform dropped."""
        return sum(counts.dropped for counts in self.streams.values())

    @property
    def error_records(self) -> int:
        """Records in an error bucket."""
        return sum(counts.error_records for counts in self.streams.values())

    @property
    def undelivered(self) -> int:
        """Records still held."""
        return sum(counts.undelivered for counts in self.streams.values())


class Tally:
    """Counts records by what became of them; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[str, StreamCounts] = {}

    def add(self, stream: str, **counts: int) -> None:
        """Add to a stream's `received`, `rows`, `dropped` or `error_records`."""
        with self._lock:
            known = self._streams.get(stream, StreamCounts())
            sums = {name: getattr(known, name) + count for name, count in counts.items()}
            self._streams[stream] = dataclasses.replace(known, **sums)

    def explain(self, stream: str, stuck: str) -> None:
        """Note why a stream's records go nowhere at present; empty when they do again."""
        with self._lock:
            self._streams[stream] = dataclasses.replace(self._streams.get(stream, StreamCounts()), stuck=stuck)

    def of(self, stream: str) -> StreamCounts:
        """Give the counts of a stream."""
        with self._lock:
            return self._streams.get(stream, StreamCounts())

    def report(self) -> DeliveryReport:
        """Give the counts of all streams."""
        with self._lock:
            return DeliveryReport(dict(self._streams))
