"""`POST /events`: read a request's events, take those that can be counted, and say what became of each."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType

from cloud_events import (
    BATCHED,
    STRUCTURED,
    CloudEvent,
    CloudEventError,
    Fault,
    Mode,
    Reading,
    mode_of,
    read_batch,
    read_structured,
    show,
    time_text,
)
from events.answer import NOT_STORED, Answer, Result, answer
from events.delivery import Delivery
from events.rules import RefusedError, Rules
from events.stream_record import LONGEST_TENANT, is_tenant, to_record
from proxy.request import Request
from proxy.response import problem

LARGEST_BODY = 1_048_576
LARGEST_EVENT = 262_144
"""Bytes, as they are sent."""
MOST_EVENTS = 1000
IDENTITY = "identity"
"""The one content coding: none."""

_STATUS = MappingProxyType(
    {Fault.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Fault.TOO_MANY: HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
)


@dataclass(frozen=True)
class Intake:
    """What events go through."""

    rules: Rules
    final_periods: Callable[[datetime], Collection[str]]
    """A request's time -> the months, such as `2026-10`, that take no more events."""
    put: Callable[[Sequence[bytes]], Delivery]


@dataclass(frozen=True, slots=True)
class _Taken:
    """An event that can be counted, and its record."""

    result: Result
    record: bytes


def post(request: Request, intake: Intake) -> Answer:
    """Answer a request; the tenant is that of its token, whatever its events say."""
    tenant_id = request.tenant_id
    if tenant_id is None:
        return _problem(HTTPStatus.UNAUTHORIZED, "the request must carry an ID token, whose tenant the events are of")
    if not is_tenant(tenant_id):
        rule = f"must have at most {LONGEST_TENANT} bytes and no control characters"
        return _problem(HTTPStatus.FORBIDDEN, f"the token's tenant {rule}, got {show(tenant_id)}")
    mode = mode_of(request.headers.get("content-type"))
    if mode is None or _coding(request) != IDENTITY:
        return _unsupported(request, mode)
    try:
        readings = _read(request.body, mode)
    except CloudEventError as error:
        return _problem(_STATUS.get(error.fault, HTTPStatus.BAD_REQUEST), str(error))
    outcomes = [_judge(reading, tenant_id, request.time, intake) for reading in readings]
    return _deliver(outcomes, intake)


def _coding(request: Request) -> str:
    return request.headers.get("content-encoding", "").strip(" \t").lower() or IDENTITY


def _unsupported(request: Request, mode: Mode | None) -> Answer:
    """Answer with a 415 that says what is supported: of content types, else of content codings."""
    if mode is None:
        rule = f"Content-Type must be {STRUCTURED} or {BATCHED}, in UTF-8"
        name, headers = "content-type", {"Accept": f"{STRUCTURED}, {BATCHED}"}
    else:
        rule = "Content-Encoding must be absent or identity"
        name, headers = "content-encoding", {"Accept-Encoding": IDENTITY}
    given = request.headers.get(name)
    detail = f"{rule}, got {show(given) if given is not None else 'none'}"
    return Answer(problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers))


def _read(body: bytes, mode: Mode) -> list[Reading]:
    if len(body) > LARGEST_BODY:
        raise CloudEventError(Fault.TOO_LARGE, f"body must have at most {LARGEST_BODY} bytes, got {len(body)}")
    if mode == "batched":
        return read_batch(body, most=MOST_EVENTS, largest=LARGEST_EVENT)
    if len(body) > LARGEST_EVENT:
        raise CloudEventError(Fault.TOO_LARGE, f"event must have at most {LARGEST_EVENT} bytes, got {len(body)}")
    return [read_structured(body)]


def _judge(reading: Reading, tenant_id: str, now: datetime, intake: Intake) -> _Taken | Result:
    if reading.event is None:
        return Result(reading.source, reading.id, reading.time, str(reading.error))
    time = reading.event.time or now
    try:
        intake.rules.check(reading.event, time, now)
    except RefusedError as error:
        return Result(reading.source, reading.id, reading.time, str(error))
    month = time_text(time)[:7]
    if month in intake.final_periods(now):
        reason = f"time must not lie in a month whose bills are final, got {month}"
        return Result(reading.source, reading.id, reading.time, reason)
    return _take(reading.event, reading, tenant_id, time)


def _take(event: CloudEvent, reading: Reading, tenant_id: str, time: datetime) -> _Taken:
    told = reading.time if reading.time is not None else time_text(time)
    return _Taken(Result(event.source, event.id, told, None), to_record(event, tenant_id, time))


def _deliver(outcomes: Sequence[_Taken | Result], intake: Intake) -> Answer:
    """Put the records of the events that can be counted, and answer with what became of all."""
    records = [outcome.record for outcome in outcomes if isinstance(outcome, _Taken)]
    delivery = intake.put(records) if records else Delivery((), Counter())
    stored = iter(delivery.stored)
    results = [
        outcome if isinstance(outcome, Result) else _stored(outcome.result, is_stored=next(stored))
        for outcome in outcomes
    ]
    return answer(results, delivery.refusals)


def _stored(result: Result, *, is_stored: bool) -> Result:
    return result if is_stored else Result(result.source, result.id, result.time, NOT_STORED, retry=True)


def _problem(status: HTTPStatus, detail: str) -> Answer:
    return Answer(problem(status, detail))
