"""Target: the transform of access-log records."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from handlers import transform
from metering import firehose, log_line
from metering.access_log import FIELDS
from metering.failure import RecordError
from tests.fuzz import frame, logs, schema
from tests.fuzz.target import EVENTS, Check, Target

SMALL_RESPONSE = 6_000
"""In the place of Lambda's 6 MB, so that answers which do not fit come up."""
FREE = frozenset({"GET /free"})
NUMBERS = ("status", "response_length", "response_latency_ms", "integration_latency_ms")


@contextmanager
def ready() -> Iterator[Check]:
    """Set the function up with a free route and a small answer."""
    settings = transform.Settings(FREE)
    with (
        mock.patch.object(transform, "settings", return_value=settings),
        mock.patch.object(firehose, "RESPONSE_LIMIT", SMALL_RESPONSE),
        logs.held(),
    ):
        yield check


def check(data: bytes) -> None:
    """Hold the function, and its two readers, to what is promised for any input."""
    for payload in data.split(frame.BETWEEN):
        readers_agree(payload)
    event = frame.event_of(data)
    if event is None:
        return
    rows = frame.answered(transform.handler, event)
    for record, row in rows or ():
        is_of(base64.b64decode(record["data"]), schema.request_row(row))
    if rows:
        told = {"records": [{"recordId": record["recordId"], "result": "Ok"} for record, _ in rows]}
        size = len(json.dumps(told)) + sum(len(base64.b64encode(row)) for _, row in rows)
        assert size <= SMALL_RESPONSE, "an answer is larger than Lambda takes"


def readers_agree(payload: bytes) -> None:
    """Hold the quick reader to the thorough one, wherever the quick one answers."""
    try:
        line = payload.decode()
    except UnicodeDecodeError:
        return
    quick = log_line.read_plain(line)
    try:
        thorough = log_line.read_any(line)
    except RecordError:
        thorough = None
    assert quick in (None, thorough), "the readers differ"


def is_of(payload: bytes, row: dict[str, Any]) -> None:
    """Hold a row to its record, read once more by nothing but `json`."""
    said = {key: value for key, value in json.loads(payload.decode()).items() if value not in ("-", "")}
    subject = said.pop("sub", None)
    expected = {**({"tenant_id": subject} if subject else {}), **said}
    del expected["v"], expected["request_time_epoch"]
    expected |= {name: int(expected[name]) for name in NUMBERS if name in expected}
    made = {name: value for name, value in row.items() if name not in {"request_time", "ingested_at", "billable"}}
    assert made == expected, "a row says what its record does not"
    is_free = (row.get("http_method"), row.get("resource_path")) == ("GET", "/free")
    assert row["billable"] == ("tenant_id" in row and 200 <= row["status"] < 400 and not is_free)


def seeds() -> list[bytes]:
    """Return the recorded records, alone and in their event."""
    found = []
    for file in sorted(EVENTS.glob("firehose_access_log*.json")):
        event = json.loads(file.read_text(encoding="utf-8"))
        payloads = [base64.b64decode(record["data"]) for record in event["records"]]
        found += [frame.WHOLE + json.dumps(event).encode(), *payloads, frame.BETWEEN.join(payloads)]
    return found


WORDS = (
    *(f'"{field.log_key}":"' for field in FIELDS if field.log_key),
    *('"v":"1"', '"v":"2"', '"-"', '":"', '","', '"}', '"/free"', '"GET"', "2147483647", "2147483648"),
    *("9223372036854775807", "9223372036854775808", "1767225599001", "999999999999", "10000000000000"),
    *("\\ud800", "\\u0000", "\\u002d", "\\\\", '\\"', '"records":[', '"recordId":"', '"data":"'),
    '"approximateArrivalTimestamp":',
)
TARGET = Target(ready, seeds, WORDS)
