import base64
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.failure import Reason, RecordError
from metering.firehose import RESPONSE_LIMIT, Batch, transform_batch

ARRIVAL = 1_767_225_599_123


def shout(payload: bytes, arrival_ms: int) -> bytes:
    """A conversion that refuses what starts with `x`."""
    if payload.startswith(b"x"):
        raise RecordError(Reason.NOT_JSON)
    return payload.upper() + str(arrival_ms).encode()


def record(record_id: str, payload: bytes = b"a", **changes: object) -> dict[str, Any]:
    data = base64.b64encode(payload).decode()
    return {"recordId": record_id, "approximateArrivalTimestamp": ARRIVAL, "data": data, **changes}


def ok(record_id: str, payload: bytes = b"A") -> dict[str, str]:
    data = base64.b64encode(payload + str(ARRIVAL).encode()).decode()
    return {"recordId": record_id, "result": "Ok", "data": data}


def failed(record_id: str) -> dict[str, str]:
    return {"recordId": record_id, "result": "ProcessingFailed"}


def run(*records: object) -> Batch:
    return transform_batch({"records": list(records)}, shout)


def test_each_record_is_answered_in_order_and_a_bad_one_harms_no_other() -> None:
    batch = run(record("1"), record("2", b"xa"), record("3", b"b"), record("4", b""))
    assert batch == Batch([ok("1"), failed("2"), ok("3", b"B"), ok("4", b"")], Counter({Reason.NOT_JSON: 1}))


def test_an_empty_batch_has_an_empty_answer() -> None:
    assert run() == Batch([], Counter())


@pytest.mark.parametrize(
    "data", ["YQ", "YQ=", "YQ==\n", " YQ==", "YQ==YQ==", "Y!==", "\u00e9", "\ud800", None, 1, b"YQ==", ["YQ=="]]
)
def test_data_that_is_no_base64_fails_its_record(data: object) -> None:
    batch = run(record("1"), record("2", data=data))
    assert batch == Batch([ok("1"), failed("2")], Counter({Reason.NOT_BASE64: 1}))


def test_missing_data_fails_its_record() -> None:
    entry = record("1")
    del entry["data"]
    assert run(entry) == Batch([failed("1")], Counter({Reason.NOT_BASE64: 1}))


@pytest.mark.parametrize("arrival", [None, True, "1767225599123", 1767225599123.0, 0, -1, 10**12 - 1, 10**13, 10**400])
def test_a_record_without_a_usable_arrival_time_fails(arrival: object) -> None:
    batch = run(record("1", approximateArrivalTimestamp=arrival), record("2"))
    assert batch == Batch([failed("1"), ok("2")], Counter({Reason.NO_ARRIVAL_TIME: 1}))


def test_a_missing_arrival_time_fails_its_record() -> None:
    entry = record("1")
    del entry["approximateArrivalTimestamp"]
    assert run(entry) == Batch([failed("1")], Counter({Reason.NO_ARRIVAL_TIME: 1}))


@pytest.mark.parametrize("entry", [None, 1, "1", [], {}, {"recordId": None}, {"recordId": ["1"]}, {"data": "YQ=="}])
def test_an_entry_without_an_id_is_counted(entry: object) -> None:
    assert run(entry, record("1")) == Batch([ok("1")], Counter({Reason.NOT_A_RECORD: 1}))


def test_records_under_one_id_are_answered_once_and_fail() -> None:
    batch = run(record("1"), record("2"), record("1", b"b"), record("1", b"c"))
    assert batch == Batch([failed("1"), ok("2")], Counter({Reason.DUPLICATE_RECORD_ID: 2}))


@pytest.mark.parametrize(
    ("event", "kind"), [({}, "NoneType"), ({"records": None}, "NoneType"), ({"records": {"recordId": "1"}}, "dict")]
)
def test_an_event_without_a_list_of_records_is_an_error(event: dict[str, Any], kind: str) -> None:
    with pytest.raises(TypeError, match=f"Firehose event: `records` must be a list, not {kind}"):
        transform_batch(event, shout)


def size_of(batch: Batch) -> int:
    return len(json.dumps({"records": batch.answers}).encode())


def test_what_does_not_fit_into_the_response_fails_and_the_rest_comes_back() -> None:
    megabyte = b"a" * 1_000_000  # 1.33 MB as base64: four fit
    batch = run(*(record(str(number), megabyte) for number in range(6)), record("small"))
    whole = ok("0", megabyte.upper())["data"]
    expected = [{"recordId": str(number), "result": "Ok", "data": whole} for number in range(4)]
    assert batch == Batch([*expected, failed("4"), failed("5"), ok("small")], Counter({Reason.RESPONSE_TOO_LARGE: 2}))
    assert size_of(batch) <= RESPONSE_LIMIT


def padding_to(size: int) -> bytes:
    """A row that makes the response of one record exactly `size` bytes long; `size` must suit base64's groups of 4."""
    frame = size_of(Batch([{"recordId": "1", "result": "Ok", "data": ""}], Counter()))
    return b"a" * ((size - frame) // 4 * 3)


@pytest.mark.parametrize(("over", "reasons"), [(0, {}), (1, {Reason.RESPONSE_TOO_LARGE: 1})])
def test_the_limit_is_lambdas_to_the_group_of_base64(over: int, reasons: dict[Reason, int]) -> None:
    row = padding_to(RESPONSE_LIMIT) + b"a" * over
    batch = transform_batch({"records": [record("1")]}, lambda _payload, _arrival: row)
    assert batch.failures == Counter(reasons)
    assert [answer["result"] for answer in batch.answers] == ["ProcessingFailed" if over else "Ok"]
    assert RESPONSE_LIMIT - 4 < size_of(batch) <= RESPONSE_LIMIT or over


def test_ids_that_grow_when_escaped_count_as_they_are_written() -> None:
    ids = [str(number) + "\u00e9" * 200_000 for number in range(3)]  # 1.2 MB each as \\u00e9
    row = b"a" * 1_500_000
    batch = transform_batch({"records": [record(record_id) for record_id in ids]}, lambda _payload, _arrival: row)
    assert [answer["result"] for answer in batch.answers] == ["Ok", "ProcessingFailed", "ProcessingFailed"]
    assert size_of(batch) <= RESPONSE_LIMIT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=8), parts, max_size=3),
    max_leaves=6,
)
ENTRY = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {},
        optional={
            "recordId": st.sampled_from(["1", "2", "3"]) | JSON,
            "approximateArrivalTimestamp": st.just(ARRIVAL) | JSON,
            "data": st.binary().map(lambda data: base64.b64encode(data).decode()) | JSON,
        },
    ),
)


@given(st.lists(ENTRY, max_size=8))
def test_whatever_arrives_every_id_is_answered_once_and_every_failure_counted(entries: list[Any]) -> None:
    batch = run(*entries)
    ids = [entry["recordId"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("recordId"), str)]
    answers = [(answer["recordId"], answer["result"]) for answer in batch.answers]
    assert [record_id for record_id, _ in answers] == list(dict.fromkeys(ids))
    assert {result for _, result in answers} <= {"Ok", "ProcessingFailed"}
    assert batch.failures[Reason.NOT_A_RECORD] == len(entries) - len(ids)
    assert batch.failures[Reason.DUPLICATE_RECORD_ID] == len(ids) - len(answers)
    assert all(("data" in answer) == (answer["result"] == "Ok") for answer in batch.answers)
