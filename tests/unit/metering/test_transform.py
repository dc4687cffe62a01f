import base64
import json
import pathlib
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.access_log import COLUMNS
from metering.failure import Reason
from metering.transform import transform
from tests.bench.records import firehose_event, log_line, request_values

EVENTS = pathlib.Path(__file__).parents[2] / "events"
USER = "c4f8e4a8-7031-70a5-0b1e-5d6f1c2a9b3e"
COMMON = {
    "api_id": "a1b2c3d4e5",
    "stage": "prod",
    "http_method": "GET",
    "resource_path": "/random/strings",
    "protocol": "HTTP/1.1",
    "ip": "203.0.113.7",
}
ROWS = [
    {
        **COMMON,
        "extended_request_id": "TkZq9HJ1PHcEbXQ=",
        "request_id": "8b6c0a4e-6b0e-4a57-9a53-1f0c7f1c9f11",
        "request_time": "2025-12-31T23:59:59.001Z",
        "ingested_at": "2026-01-01T00:00:01.000Z",
        "tenant_id": "acme",
        "user": USER,
        "status": 200,
        "response_length": 11,
        "response_latency_ms": 42,
        "integration_latency_ms": 39,
        "billable": True,
    },
    {
        **COMMON,
        "extended_request_id": "TkZrAE6UvHcEYqA=",
        "request_id": "0f5d9c2b-58d6-4f38-a9a5-0d1f6d2a7c55",
        "request_time": "2026-01-01T00:00:00.000Z",
        "ingested_at": "2026-01-01T00:00:01.007Z",
        "tenant_id": USER,
        "user": USER,
        "status": 400,
        "response_length": 112,
        "response_latency_ms": 7,
        "integration_latency_ms": 5,
        "billable": False,
    },
    {
        **COMMON,
        "extended_request_id": "TkZrBHtQPHcEaRw=",
        "request_id": "5b0b7a39-3b41-44ea-8c1f-3c2dfb5b8a02",
        "request_time": "2026-01-01T00:00:00.250Z",
        "ingested_at": "2026-01-01T00:00:01.014Z",
        "status": 401,
        "response_length": 26,
        "response_latency_ms": 1,
        "error_type": "UNAUTHORIZED",
        "billable": False,
    },
]


def rows_of(answers: Any) -> list[dict[str, Any]]:
    return [json.loads(base64.b64decode(answer["data"])) for answer in answers if answer["result"] == "Ok"]


def row_of(line: str, *unbillable_routes: str) -> dict[str, Any]:
    batch = transform(firehose_event([line.encode()]), unbillable_routes)
    assert batch.failures == Counter()
    return rows_of(batch.answers)[0]


def with_values(**values: str) -> str:
    return log_line({**request_values(seed=1), "status": "200", **values})


def test_an_event_of_firehose_becomes_rows_and_failures() -> None:
    event = json.loads((EVENTS / "firehose_access_log.json").read_text())
    batch = transform(event)
    assert rows_of(batch.answers) == ROWS
    assert [(answer["recordId"], answer["result"]) for answer in batch.answers] == [
        (record["recordId"], result)
        for record, result in zip(event["records"], ["Ok"] * 3 + ["ProcessingFailed"] * 2, strict=True)
    ]
    assert batch.failures == Counter({Reason.NOT_JSON: 1, Reason.MISSING_KEY: 1})


def test_numbers_of_rows_are_json_numbers_and_rows_have_only_columns() -> None:
    types = {"string": str, "int": int, "long": int, "boolean": bool, "timestamptz": str}
    row = row_of(with_values(error_type="THROTTLED"))
    assert {name: type(value) for name, value in row.items()} == {column.name: types[column.type] for column in COLUMNS}


@pytest.mark.parametrize(
    ("tenant_id", "sub", "expected"),
    [("acme", "u-1", "acme"), ("-", "u-1", "u-1"), ("", "u-1", "u-1"), ("acme", "-", "acme"), ("-", "-", None)],
)
def test_the_tenant_is_the_claim_else_the_user_else_nobody(tenant_id: str, sub: str, expected: str | None) -> None:
    row = row_of(with_values(tenant_id=tenant_id, sub=sub))
    assert row.get("tenant_id") == expected
    assert row["billable"] is (expected is not None)


@pytest.mark.parametrize(
    ("status", "billable"),
    [
        (0, False),
        (199, False),
        (200, True),
        (204, True),
        (304, True),
        (399, True),
        (400, False),
        (429, False),
        (500, False),
    ],
)
def test_only_success_and_redirection_are_billable(status: int, *, billable: bool) -> None:
    row = row_of(with_values(status=str(status)))
    assert (row["status"], row["billable"]) == (status, billable)


@pytest.mark.parametrize(
    ("method", "path", "billable"),
    [
        ("GET", "/health", False),
        ("POST", "/health", True),
        ("GET", "/health/", True),
        ("GET", "/Health", True),
        ("GET", "/items/{id}", False),
        ("-", "/health", True),
        ("GET", "-", True),
    ],
)
def test_a_route_that_is_not_billed_is_so_for_its_method_and_path_alone(
    method: str, path: str, *, billable: bool
) -> None:
    routes = ("GET /health", "GET /items/{id}")
    plain = with_values(http_method=method, resource_path=path)
    reordered = json.dumps(json.loads(plain), sort_keys=True)
    assert [row_of(line, *routes)["billable"] for line in (plain, reordered)] == [billable, billable]


@pytest.mark.parametrize(
    ("epoch_ms", "text"),
    [
        (10**12, "2001-09-09T01:46:40.000Z"),
        (1_709_164_800_007, "2024-02-29T00:00:00.007Z"),
        (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
        (10**13 - 1, "2286-11-20T17:46:39.999Z"),
    ],
)
def test_times_are_utc_with_milliseconds(epoch_ms: int, text: str) -> None:
    event = firehose_event([with_values(request_time_epoch=str(epoch_ms)).encode()])
    event["records"][0]["approximateArrivalTimestamp"] = epoch_ms
    row = rows_of(transform(event).answers)[0]
    assert (row["request_time"], row["ingested_at"]) == (text, text)


def test_text_comes_through_as_it_was() -> None:
    name = 'a"b\\c, \u00e9\u2028\U0001f600\x00'
    assert row_of(with_values(user=name))["user"] == name


def test_bytes_that_are_no_utf8_fail() -> None:
    payloads = [b"\xff", with_values().encode("utf-16"), with_values(user="\u00e9").encode("latin-1"), b"\xed\xa0\x80"]
    batch = transform(firehose_event(payloads))
    assert [answer["result"] for answer in batch.answers] == ["ProcessingFailed"] * 4
    assert batch.failures == Counter({Reason.NOT_UTF8: 4})


GOOD = [with_values(user=f"u-{number}") for number in range(3)]
REQUIRED = {column.name for column in COLUMNS if column.required}
NAMES = {column.name for column in COLUMNS}


@given(st.lists(st.binary(max_size=64) | st.binary(max_size=3).map(lambda b: GOOD[0].encode()[:-9] + b), max_size=6))
def test_any_bytes_harm_no_other_record(payloads: list[bytes]) -> None:
    mixed = [GOOD[0].encode(), *payloads, GOOD[1].encode(), *payloads, GOOD[2].encode()]
    event = firehose_event(mixed)
    batch = transform(event)
    assert [answer["recordId"] for answer in batch.answers] == [record["recordId"] for record in event["records"]]
    assert batch.failures.total() == [answer["result"] for answer in batch.answers].count("ProcessingFailed")
    users = [row.get("user") for row in rows_of(batch.answers)]
    assert [user for user in users if user in ("u-1", "u-2")] == ["u-1", "u-2"]
    assert users[0] == "u-0"


@given(
    st.dictionaries(st.sampled_from(list(request_values(0))), st.text(max_size=9) | st.integers().map(str), max_size=5)
)
def test_every_row_is_one_the_table_can_hold(values: dict[str, str]) -> None:
    for row in rows_of(transform(firehose_event([with_values(**values).encode("utf-8", "replace")])).answers):
        assert row.keys() >= REQUIRED
        assert row.keys() <= NAMES
        assert row["ingested_at"] == "2025-12-31T23:59:59.123Z"
        assert 0 <= row["status"] < 2**31
