"""Target: the transform of usage events."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from cloud_events import canonical
from cloud_events.json_text import Scanner
from handlers import transform_events
from tests.fuzz import frame, logs, schema
from tests.fuzz.target import EVENTS, Check, Target
from tests.unit.events.events_kit import RULES

GROWTH = 4
"""How many bytes of a row may come from one byte of a record: of `1e14,`, or of a quote, quoted twice."""
ADDED = 200
"""Bytes of a row's own."""


@contextmanager
def ready() -> Iterator[Check]:
    """Set the function up with the rules of a few meters."""
    with mock.patch.object(transform_events, "rules", return_value=RULES), logs.held():
        yield check


def check(data: bytes) -> None:
    """Hold the function to what is promised for any input."""
    event = frame.event_of(data)
    if event is None:
        return
    for record, row in frame.answered(transform_events.handler, event) or ():
        payload = base64.b64decode(record["data"])
        assert len(row) <= GROWTH * len(payload) + ADDED, "a few bytes become a row of any size"
        is_of(payload, schema.event_row(row))


def is_of(payload: bytes, row: dict[str, Any]) -> None:
    """Hold a row to its record, read once more by nothing but `json`."""
    said = json.loads(payload.decode(), parse_int=float)
    for name, key in (("tenantid", "tenant_id"), ("source", "source"), ("id", "id"), ("type", "type")):
        assert row[key] == said[name], f"{key} is not the record's"
    assert row.get("subject") == said.get("subject"), "subject is not the record's"
    assert ("data" in row) == ("data" in said or said.get("data_base64") is not None), "data is lost, or made up"
    if "data" in row:
        assert canonical(Scanner(row["data"]).document()) == row["data"], "a row's data has another text on another day"


def seeds() -> list[bytes]:
    """Return the recorded records, alone and in their event."""
    found = []
    for file in sorted(EVENTS.glob("firehose_usage_events*.json")):
        event = json.loads(file.read_text(encoding="utf-8"))
        payloads = [base64.b64decode(record["data"]) for record in event["records"]]
        found += [frame.WHOLE + json.dumps(event).encode(), *payloads, frame.BETWEEN.join(payloads)]
    return [*found, *_by_type()]


def _by_type() -> list[bytes]:
    whole = {"specversion": "1.0", "source": "/s", "id": "1", "time": "2025-12-31T23:59:58.250Z", "tenantid": "acme"}
    data = {"value": 12.50, "seats": "3", "user": "\ud83d\ude00"}
    kinds = [{"type": f"com.example.{kind}", "data": data} for kind in ("usage", "tokens", "seats", "credits", "users")]
    binary = [
        {"type": "com.example.tokens", "data_base64": text, "datacontenttype": media}
        for text in ("eyJ2YWx1ZSI6IDF9", "AP8=", "eyJhIjoxLCJhIjoyfQ==")
        for media in ("application/json", "text/plain; charset=utf-8")
    ]
    others = [{"type": "com.example.usage", "dataschema": "http://u:p@[::1]:80/a?b#", "more": True, "less": -7}]
    return [json.dumps({**whole, **change}).encode() for change in (*kinds, *binary, *others)]


WORDS = (
    *(f'"{name}":' for name in ("specversion", "id", "source", "type", "time", "subject", "datacontenttype")),
    *('"dataschema":', '"data":', '"data_base64":', '"tenantid":', '"value":', '"seats":', '"user":', '"1.0"'),
    *(f'"com.example.{kind}"' for kind in ("usage", "tokens", "seats", "credits", "users")),
    *('"2026-11-28T09:00:00Z"', "+23:59", "23:59:60Z", ".123456789", '"application/json"', '"text/plain"'),
    *("1e14", "1e-12", "1e999999999", "-0", "0.0", "\\ud800", "\\u0000", '\\"', "[[[[[[[[", "{}", "null", "true"),
    *("http://[::1]/", "%7E", "eyJ2YWx1ZSI6IDF9", '"records":[', '"recordId":"', '"approximateArrivalTimestamp":'),
)
TARGET = Target(ready, seeds, WORDS)
