"""Failed records that are rows already, turned back into the records that were put on their stream.

Firehose keeps what failed in the transform as it was put. Of rows whose commit failed AWS's documents do not say
whether it keeps that or what the transform made of it, so both are read. The record of a row says all that the row
does, but for what the transform adds anew: the time of arrival, and whether the request is billable.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from events.stream_record import TENANT
from metering.access_log import ABSENT, FIELDS, VERSION, VERSION_KEY
from metering.records import API_REQUESTS, TABLES, RecordTable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = b'"ingested_at"'
"""No record has it, for no record knows when it arrives: both transforms would refuse it. Every row has it."""


def as_put(raw: bytes) -> bytes:
    """Return a failed record as it was put on its stream; one that is no row of ours as it is."""
    if _MARK not in raw:
        return raw
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    table = _table_of(row)
    if table is None:
        return raw
    try:
        return _line(row) if table is API_REQUESTS else _event(row)
    except (TypeError, ValueError):
        return raw


def _table_of(row: Any) -> RecordTable | None:
    """Return the table whose row it is."""
    if not isinstance(row, dict):
        return None
    for table in TABLES.values():
        required = {column.name for column in table.columns if column.required}
        if required <= row.keys() <= {column.name for column in table.columns}:
            return table
    return None


def _line(row: Mapping[str, Any]) -> bytes:
    """Return the access-log line of a row, as the stage writes it."""
    line = {VERSION_KEY: VERSION}
    for field in FIELDS:
        if field.log_key is None:
            continue
        value = None if field.column is None else row.get(field.column.name)
        if value is None:
            line[field.log_key] = ABSENT
        elif field.column and field.column.type == "timestamptz":
            line[field.log_key] = str((_moment(value) - _EPOCH) // timedelta(milliseconds=1))
        else:
            line[field.log_key] = str(value)
    return (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _event(row: Mapping[str, Any]) -> bytes:
    """Return the record of an event's row, as `POST /events` puts it."""
    attributes = {"specversion": "1.0", "id": row["id"], "source": row["source"], "type": row["type"]}
    attributes |= {"time": row["time"], TENANT: row["tenant_id"]}
    if row.get("subject") is not None:
        attributes["subject"] = row["subject"]
    text = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
    data = row.get("data")
    return (text if data is None else f'{text[:-1]},"data":{data}}}').encode()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
