import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_aws.firehose.records import Record, StreamName
from embedded_aws.firehose.transform import PAYLOAD_LIMIT, TransformError, event, payloads, read

STREAM = StreamName("arn:aws:firehose:eu-west-1:123456789012:deliverystream/s")
RECORDS = [Record("1", b"a", 1000), Record("2", b"b", 2000)]


def answer(*records: Any) -> bytes:
    return json.dumps({"records": records}).encode()


def ok(record_id: str, data: bytes = b"{}") -> dict[str, str]:
    return {"recordId": record_id, "result": "Ok", "data": base64.b64encode(data).decode()}


def test_the_event_has_awss_form() -> None:
    written = json.loads(event(STREAM, RECORDS))
    assert len(written.pop("invocationId")) == 36
    assert written == {
        "deliveryStreamArn": "arn:aws:firehose:eu-west-1:123456789012:deliverystream/s",
        "region": "eu-west-1",
        "records": [
            {"recordId": "1", "approximateArrivalTimestamp": 1000, "data": "YQ=="},
            {"recordId": "2", "approximateArrivalTimestamp": 2000, "data": "Yg=="},
        ],
    }


def test_data_of_the_answer_goes_with_its_record_in_the_records_order() -> None:
    outcome = read(answer(ok("2", b"B"), ok("1", b"A")), RECORDS, 1)
    assert [(row.record, row.data) for row in outcome.rows] == [(RECORDS[0], b"A"), (RECORDS[1], b"B")]
    assert (outcome.failed, outcome.dropped) == ([], 0)


@given(
    st.lists(
        st.sampled_from(["1", "2", "3"]).flatmap(
            lambda key: st.sampled_from(
                [ok(key), {"recordId": key, "result": "Dropped"}, {"recordId": key, "result": "ProcessingFailed"}]
            )
        ),
        max_size=6,
    )
)
def test_every_record_has_exactly_one_fate(answers: list[dict[str, str]]) -> None:
    outcome = read(answer(*answers), RECORDS, 1)
    fates = [row.record.record_id for row in outcome.rows] + [one.record.record_id for one in outcome.failed]
    assert len(fates) == len(set(fates))
    assert len(fates) + outcome.dropped == len(RECORDS)


@settings(deadline=None, max_examples=50)
@given(
    st.binary()
    | st.recursive(
        st.none() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["records", "recordId", "result", "data"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_answer_is_read_or_refused(payload: bytes) -> None:
    try:
        outcome = read(payload, RECORDS, 1)
    except TransformError:
        return
    assert len(outcome.rows) + len(outcome.failed) + outcome.dropped == len(RECORDS)


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_no_event_is_over_6_mb_and_all_records_are_in_one(size: int) -> None:
    records = [Record(f"{number:056d}", b"x" * size) for number in range(60_000 if size < 1000 else 100)]
    parts = list(payloads(records))
    assert [record for part in parts for record in part] == records
    assert max(len(event(STREAM, part)) for part in parts) <= PAYLOAD_LIMIT
    assert len(parts) == len(event(STREAM, records)) // PAYLOAD_LIMIT + 1
