import datetime as dt
import time
from decimal import Decimal

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import ACTIONS, AT, COPY, Stream, client, eventually, row

NEVER = {"SizeInMBs": 1, "IntervalInSeconds": 900}


def test_a_record_becomes_a_row_through_the_transform(aws: EmbeddedAws) -> None:
    stream = Stream(aws, COPY)
    stream.put(row(1), row(2, unknown="skipped"))
    eventually(lambda: len(stream.rows()) == 2)
    at = dt.datetime.fromisoformat(AT)
    assert stream.rows() == [{"id": "r00001", "at": at, "amount": 1}, {"id": "r00002", "at": at, "amount": 2}]
    assert (stream.objects(), stream.log()) == ({}, [])


def test_without_a_transform_records_are_rows_as_they_are(aws: EmbeddedAws) -> None:
    stream = Stream(aws)
    stream.put(row(1))
    eventually(lambda: stream.ids() == ["r00001"])


def test_every_type_of_column_is_written(aws: EmbeddedAws) -> None:
    kinds = {
        "id": "string",
        "b": "boolean",
        "i": "int",
        "l": "long",
        "f": "float",
        "d": "double",
        "m": "decimal(9,2)",
        "day": "date",
        "ts": "timestamp",
        "tz": "timestamptz",
        "u": "uuid",
    }
    stream = Stream(aws, fields=[{"name": name, "type": kind} for name, kind in kinds.items()])
    identity = "00000000-0000-0000-0000-00000000002a"
    stream.put(
        {
            "id": "a",
            "b": "true",
            "i": "7",
            "l": 2**40,
            "f": 0.5,
            "d": "1e3",
            "m": "12.3",
            "day": "2026-01-02",
            "ts": "2026-01-02T03:04:05.678",
            "tz": 1_767_323_045_678_000,
            "u": identity,
        },
        {"id": "b"},
    )
    stream.flush()
    filled, empty = stream.rows()
    assert str(filled.pop("u")).replace("-", "") in {identity.replace("-", ""), str(bytes(15) + b"*")}
    empty.pop("u")
    assert filled == {
        "id": "a",
        "b": True,
        "i": 7,
        "l": 2**40,
        "f": 0.5,
        "d": 1000.0,
        "m": Decimal("12.30"),
        "day": dt.date(2026, 1, 2),
        "ts": dt.datetime(2026, 1, 2, 3, 4, 5, 678000),  # noqa: DTZ001 - the column has no zone
        "tz": dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=dt.UTC),
    }
    assert empty == {"id": "b", **dict.fromkeys(("b", "i", "l", "f", "d", "m", "day", "ts", "tz"))}


def test_what_is_no_row_goes_to_the_error_bucket_alone(aws: EmbeddedAws) -> None:
    stream = Stream(aws, COPY)
    stream.put(row(1), {"at": AT}, b"not json", b"[1]", row(2, amount="many"), row(3))
    stream.flush()
    assert stream.ids() == ["r00001", "r00003"]
    assert stream.codes() == [
        "Iceberg.MalformedRecord",
        "Iceberg.MalformedRecord",
        "Iceberg.MissingColumnWithinRecord",
        "Iceberg.SchemaTypeMismatch",
    ]
    (key,) = stream.objects()
    assert key.startswith(f"failed/iceberg-failed/{stream.name}-1-")
    assert {line["errorCode"] for line in stream.log()} == set(stream.codes())


def test_the_error_bucket_has_the_row_whose_commit_failed_not_the_record_as_it_was_put(aws: EmbeddedAws) -> None:
    broken = COPY.replace('r["data"]', '"e30="')
    stream = Stream(aws, broken)
    stream.put(row(1))
    stream.flush()
    (error,) = stream.errors()
    assert set(error) == {
        *("attemptsMade", "arrivalTimestamp", "errorCode", "errorMessage", "attemptEndingTimestamp", "rawData")
    }
    assert stream.raw() == [{}]


def test_the_delivery_buffer_waits_for_its_interval(aws: EmbeddedAws) -> None:
    stream = Stream(aws, settings={"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 2}})
    started = time.monotonic()
    stream.put(row(1), row(2))
    eventually(lambda: len(stream.rows()) == 2)
    assert time.monotonic() - started >= 2  # never sooner; how much later is the machine's affair


def test_the_delivery_buffer_waits_for_no_interval_when_it_is_full(aws: EmbeddedAws) -> None:
    stream = Stream(aws, settings={"BufferingHints": NEVER})
    stream.put(*(row(number, padding="x" * 500_000) for number in range(2)))
    time.sleep(0.5)
    assert stream.rows() == []
    stream.put(row(2, padding="x" * 500_000))
    eventually(lambda: stream.ids() == ["r00000", "r00001"])  # the third would have been over 1 MiB


@pytest.mark.parametrize("interval", ["0", "900"])
def test_the_transform_buffer_is_full_by_size_or_by_time(aws: EmbeddedAws, interval: str) -> None:
    stream = Stream(aws, COPY, parameters={"BufferIntervalInSeconds": interval, "BufferSizeInMBs": "0.2"})
    stream.put(row(1))
    if interval == "900":
        time.sleep(0.5)
        assert stream.rows() == []
        stream.put(row(2, padding="x" * 210_000))
    eventually(lambda: "r00001" in stream.ids())


def test_what_a_full_stream_receives_meanwhile_is_one_commit(aws: EmbeddedAws) -> None:
    stream = Stream(aws, settings={"BufferingHints": NEVER})
    stream.put(*(row(number) for number in range(1200)))
    stream.flush()
    from embedded_aws import iceberg  # noqa: PLC0415

    assert len(iceberg.load(stream.table).snapshots()) == 1


def test_2000_records_put_in_four_calls_are_2000_rows_by_the_buffers_interval_alone(aws: EmbeddedAws) -> None:
    stream = Stream(aws, COPY, settings={"BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 2}})
    stream.put(*(row(number) for number in range(2000)))
    eventually(lambda: len(stream.ids()) == 2000, seconds=60)
    assert stream.ids() == [f"r{number:05d}" for number in range(2000)]


def test_two_streams_into_one_table_lose_nothing_to_each_other(aws: EmbeddedAws) -> None:
    first = Stream(aws)
    second = Stream(aws, create=False)
    second.table = first.table
    second.firehose.create_delivery_stream(
        DeliveryStreamName=second.name, IcebergDestinationConfiguration=second.configuration()
    )
    for number in range(0, 20, 2):
        first.put(row(number))
        second.put(row(number + 1))
    eventually(lambda: len(first.ids()) == 20)
    assert first.ids() == [f"r{number:05d}" for number in range(20)]


def test_a_table_that_is_gone_sends_its_records_to_the_error_bucket(aws: EmbeddedAws) -> None:
    stream = Stream(aws)
    names = {"tableBucketARN": stream.table.bucket_arn, "namespace": "metering", "name": "requests"}
    client(aws, "s3tables").delete_table(**names)
    stream.put(row(1))
    stream.flush()
    assert (stream.codes(), stream.raw()) == (["Iceberg.NoSuchTable"], [row(1)])


def test_a_failing_delivery_is_tried_again_until_it_succeeds(aws: EmbeddedAws) -> None:
    stream = Stream(aws, settings={"RetryOptions": {"DurationInSeconds": 60}})
    stream.allow(set(ACTIONS) - {"s3tables:PutTableData"})
    stream.put(row(1))
    time.sleep(1)
    assert stream.rows() == []
    stream.allow(ACTIONS)
    eventually(lambda: stream.ids() == ["r00001"])
    assert stream.errors() == []


def test_a_metric_that_cannot_be_recorded_holds_no_record_up(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no metrics today")

    stream = Stream(aws, COPY, settings={"BufferingHints": NEVER})
    monkeypatch.setattr("ministack.services.cloudwatch.record_metric", broken)
    stream.put(row(1), b"no row")
    stream.flush()
    assert (stream.ids(), len(stream.errors())) == (["r00001"], 1)
    assert f"{stream.name}: metric IncomingRecords is lost" in caplog.text


def test_metrics_count_what_happened(aws: EmbeddedAws) -> None:
    stream = Stream(aws, COPY, settings={"BufferingHints": NEVER})
    stream.put(row(1), row(2), b"no row")
    stream.flush()
    found = {
        (metric["MetricName"], tuple((one["Name"], one["Value"]) for one in metric["Dimensions"]))
        for metric in client(aws, "cloudwatch").list_metrics(Namespace="AWS/Firehose")["Metrics"]
    }
    dimension = (("DeliveryStreamName", stream.name),)
    wanted = {
        "IncomingRecords": 3,
        "DeliveryToIceberg.SuccessfulRowCount": 2,
        "DeliveryToIceberg.FailedRowCount": 1,
        "SucceedProcessing.Records": 3,
        "BackupToS3.Records": 1,
    }
    assert {name: stream.metric(name) for name in wanted} == wanted
    assert {(name, dimension) for name in (*wanted, "IncomingBytes", "DeliveryToIceberg.DataFreshness")} <= found
