"""Objects of an error bucket: which, of when, and the records in them."""

import gzip
import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from error_bucket import ErrorBucket, ErrorObject, ErrorObjectError, FailedRecord
from error_bucket.bucket import LONGEST_LINE
from tests.unit.error_bucket.fake_s3 import UPLOADED, FakeS3, body, line

ARRIVED = datetime(2026, 10, 5, 14, 3, 22, 125000, tzinfo=UTC)
ARRIVED_MS = 1_791_209_002_125
FAILED, AGAIN = "errors/processing-failed/2026/10/05/14/", "errors/iceberg-failed/2026/10/05/15/"


def test_objects_are_dated_by_their_names_or_else_by_s3() -> None:
    s3 = FakeS3(
        bucket={
            FAILED + "s-1-2026-10-05-14-59-59-8b2c": b"123",
            AGAIN + "s-1-2026-10-05-15-00-00-8b2d": b"",
            AGAIN + "2026-10-01-00-00-00-1-2026-10-05-16-00-01-2026-13-01-00-00-00": b"1",
            "uploaded/by-hand-12026-10-05-14-03-22": b"12",
        }
    )
    found = list(ErrorBucket(s3, "bucket").objects())
    assert found == [
        ErrorObject(
            AGAIN + "2026-10-01-00-00-00-1-2026-10-05-16-00-01-2026-13-01-00-00-00",
            datetime(2026, 10, 5, 16, 0, 1, tzinfo=UTC),
            1,
        ),
        ErrorObject(AGAIN + "s-1-2026-10-05-15-00-00-8b2d", datetime(2026, 10, 5, 15, tzinfo=UTC), 0),
        ErrorObject(FAILED + "s-1-2026-10-05-14-59-59-8b2c", datetime(2026, 10, 5, 14, 59, 59, tzinfo=UTC), 3),
        ErrorObject("uploaded/by-hand-12026-10-05-14-03-22", UPLOADED, 2),
    ]


def test_a_range_has_its_start_and_not_its_end() -> None:
    names = [f"s-1-2026-10-05-1{hour}-00-00-x" for hour in range(5)]
    bucket = ErrorBucket(FakeS3(bucket=dict.fromkeys(names, b"")), "bucket")
    since, until = datetime(2026, 10, 5, 11, tzinfo=UTC), datetime(2026, 10, 5, 13, tzinfo=UTC)
    assert [one.key for one in bucket.objects(since, until)] == names[1:3]
    assert [one.key for one in bucket.objects(since)] == names[1:]
    assert [one.key for one in bucket.objects(until=until)] == names[:3]


def test_an_empty_bucket_has_no_objects() -> None:
    assert list(ErrorBucket(FakeS3(bucket={}), "bucket").objects()) == []


@pytest.mark.parametrize("packed", [False, True])
def test_records_are_read_with_their_original_bytes(packed: bool) -> None:
    raws = [b'{"v":"1"}\n', b"\x00\xff", b""]
    content = body(*(line(raw, ARRIVED_MS) for raw in raws), packed=packed)
    found = list(ErrorBucket(FakeS3(bucket={"k": content}), "bucket").records("k"))
    assert found == [FailedRecord("Lambda.FunctionTimedOut", "said so", 4, ARRIVED, raw) for raw in raws]


def test_empty_lines_and_a_missing_last_line_end_do_no_harm() -> None:
    text = b"\n" + body(line(b"1", ARRIVED_MS)) + b"  \n" + body(line(b"2", ARRIVED_MS)).rstrip()
    bucket = ErrorBucket(FakeS3(bucket={"k": text, "none": b""}), "bucket")
    assert [one.raw for one in bucket.records("k")] == [b"1", b"2"]
    assert list(bucket.records("none")) == []


GOOD = line(b"secret", ARRIVED_MS)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"no JSON\n", "line 2: must be one of Firehose's error records: JSONDecodeError"),
        (b"[1]\n", "line 2: must be one of Firehose's error records: TypeError"),
        (b"\xff\n", "line 2: must be one of Firehose's error records: UnicodeDecodeError"),
        (b"[" * 100_000 + b"\n", "line 2: must be one of Firehose's error records: RecursionError"),
        (b"x" * LONGEST_LINE + b"\n", f"line 2: must be at most {LONGEST_LINE} bytes"),
        ({**GOOD, "rawData": "se=cret"}, "line 2: must be one of Firehose's error records: Error"),
        ({**GOOD, "rawData": None}, "line 2: must be one of Firehose's error records: TypeError"),
        ({**GOOD, "arrivalTimestamp": "secret"}, "line 2: must be one of Firehose's error records: ValueError"),
        ({**GOOD, "arrivalTimestamp": 10**20}, "line 2: must be one of Firehose's error records: OverflowError"),
        ({"errorCode": "secret"}, "line 2: must be one of Firehose's error records: KeyError"),
    ],
)
def test_what_is_no_error_record_is_an_error_that_tells_nothing_of_it(content: Any, rule: str) -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    records = ErrorBucket(FakeS3(bucket={"a/k": body(GOOD) + text}), "bucket").records("a/k")
    assert next(records).raw == b"secret"
    with pytest.raises(ErrorObjectError) as caught:
        next(records)
    assert str(caught.value) == f"object a/k of bucket, {rule}"


def test_a_packed_object_that_is_cut_off_is_an_error() -> None:
    whole = gzip.compress(body(*[GOOD] * 50))
    with pytest.raises(ErrorObjectError, match="object k of bucket: must be whole if it is packed"):
        list(ErrorBucket(FakeS3(bucket={"k": whole[:-12]}), "bucket").records("k"))


def test_an_object_is_not_held_as_a_whole() -> None:
    content = body(*[line(b"x" * 1000, ARRIVED_MS)] * 20_000, packed=True)
    bucket = ErrorBucket(FakeS3(bucket={"k": content}), "bucket")
    tracemalloc.start()
    assert sum(len(one.raw) for one in bucket.records("k")) == 20_000_000
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2_000_000
