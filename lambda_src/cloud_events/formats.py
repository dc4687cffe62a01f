"""The two formats: one event as a JSON object, and a batch as a JSON array; and the content types that say which."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from cloud_events.event import CloudEvent, read_event
from cloud_events.failure import CloudEventError, Fault, show
from cloud_events.json_text import Json, Scanner, too_deep
from cloud_events.media_types import parse_media_type
from cloud_events.text import is_text

Mode = Literal["structured", "batched"]
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"

_MODES: dict[str, Mode] = {STRUCTURED: "structured", BATCHED: "batched"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in the place of one event: the event, or why it is none."""

    event: CloudEvent | None
    error: CloudEventError | None
    """None if and only if there is an event."""
    source: str | None
    """As it was sent, of a refused event, too; None if it is no string. So are the next two."""
    id: str | None
    time: str | None


def mode_of(content_type: str | None) -> Mode | None:
    """Return the mode that a request's content type says; None if it is another type, or a charset but UTF-8."""
    media = parse_media_type((content_type or "").strip(" \t"), in_header=True)
    if media is None or any(name == "charset" and value.lower() != "utf-8" for name, value in media.parameters):
        return None
    return _MODES.get(media.name)


def read_structured(body: bytes) -> Reading:
    """Return what a body in structured mode holds.

    Raises:
        CloudEventError: the body as a whole is wrong: no UTF-8, no JSON, or no object.
    """
    scanner = Scanner(_decode(body))
    value = scanner.document()
    if not isinstance(value, dict):
        raise CloudEventError(Fault.NOT_AN_OBJECT, f"body must be a JSON object, got {show(value)}")
    return _reading(value, scanner.twice)


def read_batch(body: bytes, *, most: int, largest: int) -> list[Reading]:
    """Return what a body in batched mode holds, in order.

    Args:
        body: of the request.
        most: events that it may hold.
        largest: bytes that one of them may have, as it was sent.

    Raises:
        CloudEventError: the body as a whole is wrong: no UTF-8, no JSON, no array, or too many events.
    """
    scanner = Scanner(_decode(body))
    at = scanner.skip(0)
    if not scanner.text.startswith("[", at):
        value = scanner.document()
        raise CloudEventError(Fault.NOT_AN_ARRAY, f"body must be a JSON array, got {show(value)}")
    readings: list[Reading] = []
    at = scanner.skip(at + 1)
    if scanner.text.startswith("]", at):
        scanner.finish(at + 1)
        return readings
    while True:
        reading, end = _element(scanner, at, largest)
        if len(readings) == most:
            raise CloudEventError(Fault.TOO_MANY, f"body must hold at most {most} events")
        readings.append(reading)
        at = scanner.skip(end)
        if scanner.text.startswith("]", at):
            scanner.finish(at + 1)
            return readings
        if not scanner.text.startswith(",", at):
            raise CloudEventError(Fault.NOT_JSON, f"body must be JSON: after an element , or ] is missing (char {at})")
        at = scanner.skip(at + 1)


def _element(scanner: Scanner, at: int, largest: int) -> tuple[Reading, int]:
    """Return what is in the place of one event of a batch, and the place after it."""
    try:
        value, end = scanner.value(at)
    except CloudEventError as error:
        beyond = scanner.beyond(at) if error.fault == Fault.TOO_DEEP else None
        if beyond is None:
            raise
        # Only the one event is refused: the depth at which a reader gives up is no rule that a sender can know.
        return Reading(None, too_deep("event"), None, None, None), beyond
    size = len(scanner.text[at:end].encode())
    return _reading(value, scanner.twice, size, largest), end


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise CloudEventError(Fault.NOT_UTF8, f"body must be UTF-8, byte {error.start} is not") from None


def _reading(value: Json, twice: Collection[str], size: int = 0, largest: int = 0) -> Reading:
    members = value if isinstance(value, dict) else {}
    source, event_id, time = (
        members[name] if is_text(members.get(name)) else None for name in ("source", "id", "time")
    )
    try:
        _check_size(size, largest)
        event = read_event(value, twice)
    except CloudEventError as error:
        # Its frames, of which nested data makes many, would live as long as the batch.
        return Reading(None, error.with_traceback(None), source, event_id, time)
    return Reading(event, None, source, event_id, time)


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        raise CloudEventError(Fault.TOO_LARGE, f"event must have at most {largest} bytes, got {size}")
