"""The record of an event on the stream: one CloudEvent, structured, with its tenant in the attribute `tenantid`.

`POST /events` and trusted backends put the same form; a backend may leave in what is not needed here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from cloud_events import CloudEvent, CloudEventError, Fault, problem_with, read_structured, time_text
from metering.failure import Reason, RecordError

TENANT = "tenantid"
LONGEST_TENANT = 256
"""Bytes of UTF-8 of a tenant's id."""

REASONS: Mapping[Fault, Reason] = MappingProxyType(
    {
        Fault.NOT_UTF8: Reason.NOT_UTF8,
        Fault.NOT_JSON: Reason.NOT_JSON,
        Fault.NOT_AN_OBJECT: Reason.NOT_AN_OBJECT,
        Fault.DUPLICATE_KEY: Reason.DUPLICATE_KEY,
        Fault.TOO_DEEP: Reason.TOO_DEEP,
        Fault.BAD_ATTRIBUTE: Reason.NOT_A_CLOUD_EVENT,
        Fault.BAD_DATA: Reason.NOT_A_CLOUD_EVENT,
    }
)
"""Why a record is refused that breaks a rule of CloudEvents; the other rules are of batches."""


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """What a record says."""

    event: CloudEvent
    tenant_id: str
    time: datetime


def is_tenant(value: object) -> bool:
    """Tell whether a tenant's id can stand in a record."""
    return (
        isinstance(value, str)
        and 0 < len(value.encode("utf-8", "replace")) <= LONGEST_TENANT
        and (problem_with(value) is None)
    )


def to_record(event: CloudEvent, tenant_id: str, time: datetime) -> bytes:
    """Return the record of an event, with what a row is made of and nothing else.

    Args:
        event: to be counted.
        tenant_id: whose it is; `is_tenant`.
        time: at which it is counted, UTC.
    """
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": time_text(time),
        **({"subject": event.subject} if event.subject is not None else {}),
        TENANT: tenant_id,
    }
    text = json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))
    return (text if event.data_text is None else f'{text[:-1]},"data":{event.data_text}}}').encode()


def read_record(payload: bytes) -> StreamRecord:
    """Return what a record says.

    Raises:
        RecordError: it is no CloudEvent, or without tenant or time.
    """
    try:
        reading = read_structured(payload)
    except CloudEventError as error:
        raise RecordError(REASONS[error.fault]) from None
    if reading.event is None:
        raise RecordError(REASONS[reading.error.fault] if reading.error else Reason.NOT_A_CLOUD_EVENT)
    tenant_id = reading.event.extensions.get(TENANT)
    if not isinstance(tenant_id, str) or not is_tenant(tenant_id):
        raise RecordError(Reason.NO_TENANT)
    if reading.event.time is None:
        raise RecordError(Reason.NO_TIME)
    return StreamRecord(reading.event, tenant_id, reading.event.time)
