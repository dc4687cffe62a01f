"""Rows of the events' table: what the transform makes of records, and what it refuses."""

import base64
import json
from typing import Any

import pytest

from cloud_events import Fault
from events import to_row, transform
from events.stream_record import REASONS
from metering.failure import Reason, RecordError
from metering.usage_event import COLUMNS
from tests.bench.records import ARRIVAL_MS, firehose_event
from tests.unit.events.events_kit import ABSENT, RULES, event

TIME = "2025-12-31T23:59:58Z"
INGESTED_AT = "2025-12-31T23:59:59.123Z"


def record(**changes: Any) -> dict[str, Any]:
    return event(**{"time": TIME, "tenantid": "acme", **changes})


def row(payload: bytes) -> dict[str, Any]:
    return json.loads(to_row(payload, ARRIVAL_MS, RULES))


def test_a_row_has_the_tables_columns() -> None:
    sent = record(type="com.example.tokens", subject="é", data={"value": 12, "model": "x", "a": None}, more="x")
    assert row(json.dumps(sent).encode()) == {
        "tenant_id": "acme",
        "source": "/orders",
        "id": "a-1",
        "type": "com.example.tokens",
        "time": "2025-12-31T23:59:58.000Z",
        "ingested_at": INGESTED_AT,
        "subject": "é",
        "data": '{"a":null,"model":"x","value":12}',
    }
    assert list(row(json.dumps(sent).encode())) == [column.name for column in COLUMNS]


def test_what_an_event_has_not_is_left_out() -> None:
    assert set(row(json.dumps(record()).encode())) == {column.name for column in COLUMNS if column.required}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tenantid": ABSENT}, Reason.NO_TENANT),
        ({"tenantid": None}, Reason.NO_TENANT),
        ({"tenantid": ""}, Reason.NO_TENANT),
        ({"tenantid": 5}, Reason.NO_TENANT),
        ({"tenantid": True}, Reason.NO_TENANT),
        ({"tenantid": "x" * 257}, Reason.NO_TENANT),
        ({"tenantid": "ä" * 129}, Reason.NO_TENANT),
        ({"tenantid": "a\n"}, Reason.NOT_A_CLOUD_EVENT),
        ({"tenantid": {}}, Reason.NOT_A_CLOUD_EVENT),
        ({"time": ABSENT}, Reason.NO_TIME),
        ({"time": None}, Reason.NO_TIME),
        ({"time": "yesterday"}, Reason.NOT_A_CLOUD_EVENT),
        ({"time": "2026-01-01T00:04:59.124Z"}, Reason.TIME_AHEAD),
        ({"id": ""}, Reason.NOT_A_CLOUD_EVENT),
        ({"Upper": 1}, Reason.NOT_A_CLOUD_EVENT),
        ({"data_base64": "?"}, Reason.NOT_A_CLOUD_EVENT),
        ({"type": "com.example.other"}, Reason.UNKNOWN_EVENT_TYPE),
        ({"type": "com.example.tokens"}, Reason.BAD_QUANTITY),
        ({"type": "com.example.tokens", "data": {"value": -1}}, Reason.BAD_QUANTITY),
    ],
)
def test_records_that_are_refused(changes: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(RecordError) as refused:
        row(json.dumps(record(**changes)).encode())
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff", Reason.NOT_UTF8),
        (b"", Reason.NOT_JSON),
        (b'{"data": NaN}', Reason.NOT_JSON),
        (b"[]", Reason.NOT_AN_OBJECT),
        (b'{"id": "a", "id": "a"}', Reason.DUPLICATE_KEY),
        (b"[" * 100_000, Reason.TOO_DEEP),
        (json.dumps(record())[:-1].encode() + b', "data": ' + b"[" * 201 + b"]" * 201 + b"}", Reason.TOO_DEEP),
    ],
)
def test_payloads_that_are_refused(payload: bytes, reason: Reason) -> None:
    with pytest.raises(RecordError) as refused:
        row(payload)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "changes",
    [
        {"tenantid": "x" * 256},
        {"tenantid": "ä" * 128},
        {"time": "2026-01-01T00:04:59.123Z"},
        {"time": "2020-01-01T00:00:00Z"},
        {"type": "com.example.tokens", "data": {"value": "1.5"}},
    ],
)
def test_records_at_the_limits_are_rows(changes: dict[str, Any]) -> None:
    assert row(json.dumps(record(**changes)).encode() + b"\n")["id"] == "a-1"


def test_every_rule_of_cloudevents_that_a_record_can_break_has_a_reason() -> None:
    of_batches = {Fault.NOT_AN_ARRAY, Fault.TOO_MANY, Fault.TOO_LARGE}
    assert set(REASONS) == set(Fault) - of_batches


def test_a_batch_is_answered_record_by_record() -> None:
    payloads = [json.dumps(record(id="a")).encode(), b"{}", b"x", json.dumps(record(id="b")).encode()]
    batch = transform(firehose_event(payloads), RULES)
    rows = [json.loads(base64.b64decode(answer["data"])) if "data" in answer else None for answer in batch.answers]
    assert [one and one["id"] for one in rows] == ["a", None, None, "b"]
    assert batch.failures == {Reason.NOT_A_CLOUD_EVENT: 1, Reason.NOT_JSON: 1}
