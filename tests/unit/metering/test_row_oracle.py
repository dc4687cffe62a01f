"""Rows against a second, slow reading of the record's description: whole answers to whatever may arrive."""

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from metering.transform import transform
from tests.bench.records import ARRIVAL_MS, firehose_event, request_values

REQUIRED = {"extended_request_id", "request_id", "request_time_epoch", "status"}
NUMBERS = {
    "status": 2**31,
    "response_latency_ms": 2**31,
    "integration_latency_ms": 2**31,
    "response_length": 2**63,
    "request_time_epoch": 10**13,
}
RECORD = {"v": "1", **request_values(seed=1), "status": "200", "error_type": "-"}
FREE = {"GET /free"}


class RefusedError(Exception):
    """The line is no record."""


def expected_row(payload: bytes) -> dict[str, Any] | None:
    """Return the row that the record's description asks for; None if it refuses the payload."""
    try:
        values = json.loads(payload.decode(), object_pairs_hook=once, parse_constant=refuse, parse_int=float)
        return row_of(values) if isinstance(values, dict) else None
    except (ValueError, RefusedError):
        return None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise RefusedError
    return dict(pairs)


def refuse(_constant: str) -> None:
    raise RefusedError


def row_of(values: dict[str, Any]) -> dict[str, Any]:
    if not all(isinstance(value, str) for value in values.values()):
        raise RefusedError
    if values.pop("v", None) != "1" or not set(values) < set(RECORD):
        raise RefusedError
    row: dict[str, Any] = {key: value for key, value in values.items() if value not in ("-", "")}
    if not set(row) >= REQUIRED or any("\ud800" <= char <= "\udfff" for value in row.values() for char in value):
        raise RefusedError
    for key in NUMBERS.keys() & row.keys():
        row[key] = number(row[key], NUMBERS[key])
    at = row.pop("request_time_epoch")
    if at < 10**12:
        raise RefusedError
    subject = row.pop("sub", None)
    if subject is not None:
        row.setdefault("tenant_id", subject)
    route = f"{row.get('http_method')} {row.get('resource_path')}"
    row["billable"] = "tenant_id" in row and 200 <= row["status"] <= 399 and route not in FREE
    return {**row, "request_time": iso(at), "ingested_at": iso(ARRIVAL_MS)}


def number(text: str, limit: int) -> int:
    if not re.fullmatch("0|[1-9][0-9]*", text) or len(text) > 20 or int(text) >= limit:
        raise RefusedError
    return int(text)


def iso(epoch_ms: int) -> str:
    return f"{datetime.fromtimestamp(epoch_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"


def rows(payloads: list[bytes]) -> list[dict[str, Any] | None]:
    """Return each record's row, None for one that failed, and check the frame of the answers."""
    event = firehose_event(payloads)
    batch = transform(event, FREE)
    assert [answer["recordId"] for answer in batch.answers] == [record["recordId"] for record in event["records"]]
    assert {frozenset(answer) for answer in batch.answers if answer["result"] == "Ok"} <= {
        frozenset({"recordId", "result", "data"})
    }
    failed = [answer for answer in batch.answers if answer["result"] != "Ok"]
    assert [set(answer.items()) for answer in failed] == [
        {("recordId", answer["recordId"]), ("result", "ProcessingFailed")} for answer in failed
    ]
    assert batch.failures.total() == len(failed)
    return [
        json.loads(base64.b64decode(answer["data"])) if answer["result"] == "Ok" else None for answer in batch.answers
    ]


ODD = ["-", "", "--", "00", "-1", "1.5", "\ud800", 'a"\\', "\x00", "\u00e9", "\U0001f600", "GET", "/free", "v1"]
LIMITS = [str(limit + step) for limit in (0, 200, 400, 2**31, 2**63, 10**12, 10**13) for step in (-1, 0, 1)]
VALUES = st.sampled_from([*ODD, *LIMITS]) | st.text(max_size=5)
STRANGE = st.sampled_from([None, True, 1, 1.5, float("nan"), 10**400, [], {}, {"a": 1}])


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """A record of the stage with a few values, keys, spellings or bytes that are not as they should be."""
    record: dict[str, Any] = {**RECORD, **draw(st.dictionaries(st.sampled_from(list(RECORD)), VALUES, max_size=3))}
    if draw(st.integers(0, 4)) == 0:
        record |= draw(st.dictionaries(st.sampled_from([*RECORD, "more"]), STRANGE | VALUES, max_size=1))
    pairs = [pair for pair in record.items() if pair[0] not in draw(st.sets(st.sampled_from(list(RECORD)), max_size=1))]
    if draw(st.integers(0, 4)) == 0:
        pairs = draw(st.permutations(pairs)) + draw(st.lists(st.sampled_from(pairs), max_size=1))
    ascii_only, colon = draw(st.booleans()), draw(st.sampled_from([":", ": "]))
    text = ",".join(json.dumps(key) + colon + json.dumps(value, ensure_ascii=ascii_only) for key, value in pairs)
    return f"{{{text}}}{draw(st.sampled_from(['', chr(10), ' ', 'x']))}".encode("utf-8", "surrogatepass")


@given(st.lists(payloads() | st.binary(max_size=20), min_size=1, max_size=5))
def test_each_record_of_a_batch_is_the_row_that_its_description_asks_for(batch: list[bytes]) -> None:
    assert rows(batch) == [expected_row(payload) for payload in batch]


def test_the_second_reading_reads_and_refuses() -> None:
    line = json.dumps(RECORD).encode()
    row = expected_row(line)
    assert row is not None
    assert (row["tenant_id"], row["status"], row["billable"]) == (RECORD["tenant_id"], 200, True)
    assert expected_row(line.replace(b'"200"', b"200")) is None
