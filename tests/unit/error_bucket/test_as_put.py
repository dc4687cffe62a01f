"""Rows that failed are put again as the records that they were made of."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from error_bucket import identity
from error_bucket.as_put import as_put
from events.rows import to_row as event_row
from events.rules import Rules
from metering.failure import RecordError
from metering.transform import to_row
from tests.unit.tools.operate_kit import log_line

ROOT = Path(__file__).parents[3]
RULES = Rules.of(yaml.safe_load((ROOT / "catalog.yaml").read_text(encoding="utf-8")))
ARRIVED, AGAIN = 1_793_876_500_123, 1_793_999_999_999
ROUTES = frozenset({('"GET"', '"/free"')})
LINES = [
    log_line("a"),
    log_line("b", tenant_id="-", sub="user-1"),
    log_line("c", status="404", response_length="12", ip="192.0.2.1", error_type="x 'y' z"),
    log_line("d", tenant_id="ümläut 한", request_time_epoch="1793876400001"),
    log_line("e", http_method="GET", resource_path="/free"),
]


def event(**other: Any) -> bytes:
    attributes = {"specversion": "1.0", "id": "e-1", "source": "/s", "type": "com.example.tokens", "tenantid": "acme"}
    values = {**attributes, "time": "2026-11-05T08:00:00.123456Z", "data": {"value": 2.50, "model": "lärge"}, **other}
    return json.dumps({name: value for name, value in values.items() if value is not None}).encode()


@pytest.mark.parametrize("line", LINES)
def test_a_requests_row_becomes_its_line_again(line: bytes) -> None:
    row = to_row(line, ARRIVED, ROUTES)
    again = as_put(row)
    assert json.loads(to_row(again, ARRIVED, ROUTES)) == json.loads(row)
    assert json.loads(to_row(again, AGAIN, ROUTES))["ingested_at"] == "2026-11-06T21:19:59.999Z"
    assert identity("api-requests", again) == identity("api-requests", line)


@pytest.mark.parametrize(
    "record",
    [
        event(),
        event(subject="job 7", id='quo"te'),
        event(type="com.example.usage", data=None),
        event(data={"value": 123456789012345.678901234567, "deep": [[None, True, "x"]]}),
    ],
)
def test_an_events_row_becomes_its_record_again(record: bytes) -> None:
    row = event_row(record, ARRIVED, RULES)
    again = as_put(row)
    assert event_row(again, ARRIVED, RULES) == row
    assert identity("usage-events", again) == identity("usage-events", record)


@pytest.mark.parametrize(
    "raw",
    [
        *LINES,
        event(),
        b"",
        b"{",
        b"\xff",
        b'"ingested_at"',
        b'{"ingested_at": 1}',
        b"[" * 100_000 + b'"ingested_at"',
        to_row(LINES[0], ARRIVED, ROUTES).replace(b'"ingested_at"', b'"other": 1, "ingested_at"'),
        to_row(LINES[0], ARRIVED, ROUTES).replace(b'"2026-', b'"when-'),
        event_row(event(), ARRIVED, RULES).replace(b'"source"', b'"sauce"'),
    ],
)
def test_what_is_no_row_of_ours_stays_as_it_is(raw: bytes) -> None:
    assert as_put(raw) == raw


def test_what_the_transform_never_made_is_refused_by_it_as_before() -> None:
    forged = to_row(LINES[0], ARRIVED, ROUTES).replace(b'"status":200', b'"status":"many"')
    with pytest.raises(RecordError):
        to_row(as_put(forged), ARRIVED, ROUTES)
    assert identity("api-requests", as_put(forged)) is None
