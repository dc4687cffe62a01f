"""Which row a failed record would have been: its key, its time and its tenant."""

import json
from datetime import UTC, datetime
from typing import NamedTuple

from events.stream_record import read_record
from metering.failure import RecordError
from metering.records import API_REQUESTS, TABLES, USAGE_EVENTS
from metering.transform import to_row

_ANY_ARRIVAL = 10**12
"""The arrival is no part of a record's identity, and a row is not made without one."""


class Identity(NamedTuple):
    """What a row would have had."""

    key: tuple[str, ...]
    """Values of the table's key columns."""
    time: datetime
    """The moment to which the record belongs, UTC."""
    tenant_id: str | None
    """None if nobody pays for it."""


def identity(role: str, raw: bytes) -> Identity | None:
    """Return what a record would have been as a row of a table; None if it can be none.

    A usage event that no meter of today's catalog counts has an identity: another catalog may count it.

    Args:
        role: of the table, one of `metering.records.TABLES`.
        raw: the record as it was put on the stream.

    Raises:
        ValueError: no records of this role go through a stream.
    """
    try:
        if role == API_REQUESTS.role:
            return _of_row(role, to_row(raw, _ANY_ARRIVAL, frozenset()))
        if role == USAGE_EVENTS.role:
            record = read_record(raw)
            return Identity((record.tenant_id, record.event.source, record.event.id), record.time, record.tenant_id)
    except RecordError:
        return None
    raise ValueError(f"role of failed records must be one of {', '.join(TABLES)}, got {role!r}")


def _of_row(role: str, row: bytes) -> Identity:
    table, values = TABLES[role], json.loads(row)
    time = datetime.fromisoformat(values[table.time]).astimezone(UTC)
    return Identity(tuple(values[name] for name in table.key), time, values.get(table.tenant))
