"""Meters, events, requests and a stream for the tests of usage events."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from events import Delivery, Intake, Rules, post
from proxy.request import Request
from rating.catalog import Filter, Meter

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"
ABSENT: Any = object()


def meter(name: str, event_type: str | None, value: str | None = None, **rest: Any) -> Meter:
    values = {
        "description": name,
        "unit": "unit",
        "table": "usage-events",
        "aggregation": "sum" if value else "count",
        "filters": (),
        "group_by": (),
        **rest,
    }
    return Meter(name=name, value=value, event_type=event_type, **values)


METERS = (
    meter("usage_events", "com.example.usage"),
    meter("tokens", "com.example.tokens", "data.value"),
    meter(
        "seats",
        "com.example.seats",
        "data.seats",
        aggregation="max",
        filters=(Filter("subject", "equals", ("eu",)),),
    ),
    meter("credits", "com.example.credits", "data.value", allow_negative=True),
    meter("users", "com.example.users", "data.user", aggregation="unique_count"),
    meter("api_calls", None, table="api-requests"),
)
RULES = Rules(METERS)


def event(**changes: Any) -> dict[str, Any]:
    """Return a valid event of one kind that needs no data, with members changed, added, or left out (ABSENT)."""
    whole = {
        "specversion": "1.0",
        "type": "com.example.usage",
        "source": "/orders",
        "id": "a-1",
        "time": "2026-11-28T09:00:00Z",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ABSENT}


def request(
    body: bytes, content_type: str | None = BATCHED, tenant: str | None = "acme", coding: str | None = None
) -> Request:
    given = {"content-type": content_type, "content-encoding": coding}
    headers = {name: value for name, value in given.items() if value is not None}
    claims = {} if tenant is None else {"custom:tenant_id": tenant}
    return Request("POST", {}, {}, headers, claims, {}, body, NOW)


@dataclass
class FakeStream:
    """Stores all records but those that `refuses` holds for."""

    refuses: Callable[[dict[str, Any]], bool] = lambda _record: False
    records: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def put(self, records: Sequence[bytes]) -> Delivery:
        assert records
        stored = []
        for raw in records:
            record = json.loads(raw)
            stored.append(not self.refuses(record))
            if stored[-1]:
                self.records.append(record)
                self.raw.append(raw)
        return Delivery(tuple(stored), Counter())


@dataclass(frozen=True)
class Answered:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]
    stream: FakeStream

    @property
    def reasons(self) -> list[str | None]:
        return [result["reason"] for result in self.body["results"]]


def send(
    body: bytes | str | list[Any] | dict[str, Any],
    content_type: str | None = None,
    *,
    coding: str | None = None,
    final: Collection[str] = (),
    tenant: str | None = "acme",
    stream: FakeStream | None = None,
) -> Answered:
    """Post a body: bytes or text as it is, else as JSON, in the mode that a list or an object is for."""
    if content_type is None:
        content_type = STRUCTURED if isinstance(body, dict) else BATCHED
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    used = stream or FakeStream()
    response = post(request(body, content_type, tenant, coding), Intake(RULES, lambda _now: final, used.put)).response
    assert set(response) == {"statusCode", "headers", "body", "isBase64Encoded"}
    return Answered(response["statusCode"], json.loads(response["body"]), response["headers"], used)


def result(reason: str | None = None, **changes: Any) -> dict[str, Any]:
    """Return the result of `event`."""
    status = "rejected" if reason else "accepted"
    values = {"source": "/orders", "id": "a-1", "time": "2026-11-28T09:00:00Z", "status": status, "reason": reason}
    return {**values, **changes}


def problem(status: int, title: str, detail: str) -> tuple[int, dict[str, Any], str]:
    """Return the status, the body and the content type of an answer to a request that is wrong as a whole."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return status, body, "application/problem+json"
