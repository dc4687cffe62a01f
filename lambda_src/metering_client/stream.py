"""Events put on the stream by a trusted backend, which may name the tenant."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from metering_client.delivery import Batch, Outcome, in_batches
from metering_client.event import Event, checked_tenant
from metering_client.sender import Sender
from metering_client.timing import Timing

MOST_RECORDS = 500
MOST_BYTES = 4 * 1024 * 1024
"""Of one PutRecordBatch."""
_PASSING = frozenset({"LimitExceededException", "RequestLimitExceeded", "Throttling", "ThrottlingException"})
"""Refusals with an HTTP status of a client's error that another try may not meet."""


class StreamSender(Sender):
    """Puts usage events of any tenant on the stream; safe to share between threads.

    What the stream takes is checked later, on its way into the table: an event that is refused there is in the stream's
    error bucket. Otherwise it is as `MeteringClient`.

    Args:
        firehose: boto3's client of Firehose, with permission to put on the stream.
        stream_name: the stack's output `usage_events_stream_name`.
        source: CloudEvents source of all events: what sends them, such as `https://example.com/batch`.
        batch_size: events in the buffer that start a delivery, 1 to 500.
        retry_seconds: how long a flush tries again what fails for a reason that passes.
        max_buffered: events that may wait at most; `record` raises BufferFullError beyond.
        timing: clock and waits, for tests.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        firehose: Any,
        stream_name: str,
        *,
        source: str,
        batch_size: int = MOST_RECORDS,
        retry_seconds: float = 30.0,
        max_buffered: int = 10_000,
        timing: Timing | None = None,
    ) -> None:
        if not 1 <= batch_size <= MOST_RECORDS:
            raise ValueError(f"batch_size: must be 1 to {MOST_RECORDS}, is {batch_size}")
        super().__init__(
            source=source,
            batch_size=batch_size,
            retry_seconds=retry_seconds,
            max_buffered=max_buffered,
            timing=timing or Timing(),
        )
        self._firehose, self._stream_name = firehose, stream_name

    def record(
        self,
        type: str,  # noqa: A002 - CloudEvents' name
        data: object = None,
        *,
        tenant: str,
        id: str | None = None,  # noqa: A002 - CloudEvents' name
        subject: str | None = None,
        time: datetime | None = None,
    ) -> str:
        """Take an event: its id and time are set now, and stay through every retry.

        Args:
            type: CloudEvents type, one that the catalog has a meter for.
            data: text, numbers, booleans, None, lists and mappings of them. A quantity is best a Decimal, an int or a
                text: a float is written as Python shows it.
            tenant: whose usage it is, 1 to 256 bytes.
            id: of the event, unique for this source and tenant; None for a new UUID.
            subject: CloudEvents subject.
            time: when it happened, with a time zone; None for now.

        Returns:
            The event's id.

        Raises:
            EventError: it can be no event; it has not been taken.
            BufferFullError: it has not been taken.
        """
        return self._record(type, data, id, time, subject=subject, tenantid=checked_tenant(tenant))

    def _batches(self, events: Sequence[Event]) -> Iterable[Batch]:
        return in_batches(events, min(self._batch_size, MOST_RECORDS), MOST_BYTES, around=0)

    def _send(self, batch: Batch) -> Outcome:
        records = [{"Data": event.text.encode()} for event in batch]
        try:
            answer = self._firehose.put_record_batch(DeliveryStreamName=self._stream_name, Records=records)
        except Exception as error:  # noqa: BLE001 - boto3's own types are not ours to import: the events stay
            problem = f"{type(error).__name__}: {error}"
            return Outcome(again=batch, problem=problem, is_final=not _passes(getattr(error, "response", None)))
        pairs = list(zip(batch, answer["RequestResponses"], strict=True))
        refused = [(event, entry) for event, entry in pairs if entry.get("ErrorCode")]
        return Outcome(
            len(batch) - len(refused),
            again=tuple(event for event, _ in refused),
            problem=next((f"{entry['ErrorCode']}: {entry.get('ErrorMessage')}" for _, entry in refused), None),
        )


def _passes(response: Any) -> bool:
    """Tell whether another try may end otherwise: there was no answer, or one of the service's own trouble."""
    if not isinstance(response, Mapping):
        return True
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = response.get("Error", {}).get("Code")
    return code in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR or code == "ServiceUnavailableException"
