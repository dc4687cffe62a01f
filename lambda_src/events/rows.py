"""Turn the records of the events' stream into rows of their table."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cloud_events import canonical, time_text
from events.rules import RefusedError, Rules
from events.stream_record import read_record
from metering.failure import RecordError
from metering.firehose import Batch, transform_batch
from metering.times import timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def transform(event: dict[str, Any], rules: Rules) -> Batch:
    """Answer a Firehose event of usage events with rows.

    Args:
        event: what Firehose hands to its transformation function.
        rules: of the catalog.

    Raises:
        TypeError: the event has no list of records.
    """
    return transform_batch(event, lambda payload, arrival_ms: to_row(payload, arrival_ms, rules))


def to_row(payload: bytes, arrival_ms: int, rules: Rules) -> bytes:
    """Return the row of one record as UTF-8 JSON. A column without a value is left out; Firehose reads it as null.

    Raises:
        RecordError: the payload is no record of an event that can be counted; `reason` says why.
    """
    record = read_record(payload)
    event = record.event
    try:
        rules.check(event, record.time, _EPOCH + timedelta(milliseconds=arrival_ms))
    except RefusedError as error:
        raise RecordError(error.reason) from None
    row = {
        "tenant_id": record.tenant_id,
        "source": event.source,
        "id": event.id,
        "type": event.type,
        "time": time_text(record.time),
        "ingested_at": timestamp(arrival_ms),
        "subject": event.subject,
        "data": None if event.data_text is None else canonical(event.data),
    }
    present = {column: value for column, value in row.items() if value is not None}
    return json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode()
