"""One usage event, written once: whatever is tried again is the same text."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from metering_client.exact_json import NotJsonError, to_json

MOST_EVENT_BYTES = 256 * 1024
_MOST_TENANT_BYTES = 256


class EventError(ValueError):
    """The event can be none; it has not been taken. The message names the attribute, the rule and the value."""


@dataclass(frozen=True)
class Event:
    """A CloudEvent with its identity and its time."""

    type: str
    source: str
    id: str
    time: str
    """RFC 3339, UTC."""
    text: str = field(repr=False)
    """The whole event as JSON."""

    @cached_property
    def size(self) -> int:
        """Bytes of the text in UTF-8."""
        return len(self.text.encode())


def make_event(
    kind: str, data: object, *, source: str, event_id: str | None, time: datetime, **optional: str | None
) -> Event:
    """Write an event down.

    Args:
        kind: the CloudEvents type.
        data: its data, any JSON value; None for none.
        source: the CloudEvents source.
        event_id: its id; None for a new one.
        time: when it happened.
        optional: more attributes by name; None for one that is not there.

    Raises:
        EventError: it can be no event.
    """
    if time.tzinfo is None:
        raise EventError(f"time: must have a time zone, is {time.isoformat()}")
    attributes = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()) if event_id is None else event_id,
        "source": source,
        "type": kind,
        "time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        **{name: value for name, value in optional.items() if value is not None},
    }
    text = _json(attributes, data)
    event = Event(attributes["type"], attributes["source"], attributes["id"], attributes["time"], text)
    if event.size > MOST_EVENT_BYTES:
        raise EventError(f"event: must be {MOST_EVENT_BYTES} bytes at most, is {event.size}")
    return event


def checked_tenant(tenant: str) -> str:
    """Return the tenant of an event for the stream.

    Raises:
        EventError: it can be none.
    """
    size = len(tenant.encode("utf-8", "surrogatepass"))
    if not 1 <= size <= _MOST_TENANT_BYTES:
        raise EventError(f"tenant: must have 1 to {_MOST_TENANT_BYTES} bytes, has {size}")
    return tenant


def _json(attributes: Mapping[str, Any], data: object) -> str:
    for name, value in attributes.items():
        if not isinstance(value, str) or not value:
            raise EventError(f"{name}: must be a text that is not empty, is {value!r:.80}")
    try:
        members = [f'"{name}":{to_json(value, name)}' for name, value in attributes.items()]
        if data is not None:
            members.append(f'"data":{to_json(data, "data")}')
    except NotJsonError as error:
        raise EventError(str(error)) from None
    return f"{{{','.join(members)}}}"
