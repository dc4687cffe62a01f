import threading
import time

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import ACTIONS, COPY, PREFIX, Stream, eventually, refusal, row


@pytest.fixture(scope="module")
def stream(aws: EmbeddedAws) -> Stream:
    return Stream(aws, COPY)


def test_a_stream_is_described_with_all_defaults(aws: EmbeddedAws) -> None:
    stream = Stream(aws, COPY, parameters={"NumberOfRetries": "3", "BufferIntervalInSeconds": "1"}, create=False)
    given = stream.configuration()
    for name in ("BufferingHints", "RetryOptions", "CloudWatchLoggingOptions"):
        del given[name]
    del given["S3Configuration"]["CloudWatchLoggingOptions"]
    stream.firehose.create_delivery_stream(
        DeliveryStreamName=stream.name,
        IcebergDestinationConfiguration=given,
        DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"},
        Tags=[{"Key": "team", "Value": "billing"}],
    )
    found = stream.firehose.describe_delivery_stream(DeliveryStreamName=stream.name)["DeliveryStreamDescription"]
    assert isinstance(found.pop("CreateTimestamp"), type(found.pop("LastUpdateTimestamp")))
    (destination,) = found.pop("Destinations")
    assert found == {
        "DeliveryStreamName": stream.name,
        "DeliveryStreamARN": stream.arn,
        "DeliveryStreamStatus": "ACTIVE",
        "DeliveryStreamType": "DirectPut",
        "DeliveryStreamEncryptionConfiguration": {"Status": "ENABLED", "KeyType": "AWS_OWNED_CMK"},
        "VersionId": "1",
        "HasMoreDestinations": False,
    }
    processor = {
        "Type": "Lambda",
        "Parameters": [
            {"ParameterName": "LambdaArn", "ParameterValue": stream.function_arn},
            {"ParameterName": "BufferIntervalInSeconds", "ParameterValue": "1"},
        ],
    }
    assert destination["IcebergDestinationDescription"] == {
        "RoleARN": stream.role_arn,
        "CatalogConfiguration": {"CatalogARN": stream.catalog_arn},
        "DestinationTableConfigurationList": [
            {"DestinationDatabaseName": "metering", "DestinationTableName": "requests"}
        ],
        "AppendOnly": True,
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
        "RetryOptions": {"DurationInSeconds": 300},
        "S3BackupMode": "FailedDataOnly",
        "CloudWatchLoggingOptions": {"Enabled": False},
        "ProcessingConfiguration": {"Enabled": True, "Processors": [processor]},
        "S3DestinationDescription": {
            "RoleARN": stream.role_arn,
            "BucketARN": f"arn:aws:s3:::{stream.bucket}",
            "ErrorOutputPrefix": PREFIX,
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
            "CompressionFormat": "UNCOMPRESSED",
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            "CloudWatchLoggingOptions": {"Enabled": False},
        },
    }
    assert stream.firehose.list_tags_for_delivery_stream(DeliveryStreamName=stream.name)["Tags"] == [
        {"Key": "team", "Value": "billing"}
    ]
    answer = stream.firehose.put_record(DeliveryStreamName=stream.name, Record={"Data": b"{}"})
    assert answer["Encrypted"] is True
    assert stream.name in stream.firehose.list_delivery_streams(Limit=1000)["DeliveryStreamNames"]


def test_a_second_stream_of_the_name_is_refused(stream: Stream) -> None:
    answer = refusal(
        stream.firehose.create_delivery_stream,
        DeliveryStreamName=stream.name,
        IcebergDestinationConfiguration=stream.configuration(),
    )
    assert answer == ("ResourceInUseException", f"Firehose {stream.name} under accountId 000000000000 already exists")


def test_an_update_changes_what_is_given_and_counts_the_version(aws: EmbeddedAws) -> None:
    stream = Stream(aws, COPY, settings={"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900}})
    stream.put(row(1))
    described = stream.firehose.describe_delivery_stream(DeliveryStreamName=stream.name)["DeliveryStreamDescription"]
    update = {
        "DeliveryStreamName": stream.name,
        "DestinationId": described["Destinations"][0]["DestinationId"],
        "IcebergDestinationUpdate": {"BufferingHints": {"SizeInMBs": 2, "IntervalInSeconds": 0}},
    }
    assert refusal(stream.firehose.update_destination, CurrentDeliveryStreamVersionId="7", **update)[0] == (
        "ConcurrentModificationException"
    )
    stream.firehose.update_destination(CurrentDeliveryStreamVersionId="1", **update)
    stream.put(row(2), b"no row")
    eventually(lambda: stream.ids() == ["r00001", "r00002"])
    now = stream.firehose.describe_delivery_stream(DeliveryStreamName=stream.name)["DeliveryStreamDescription"]
    before = described["Destinations"][0]["IcebergDestinationDescription"]
    assert (now["VersionId"], now["Destinations"][0]["IcebergDestinationDescription"]) == (
        "2",
        {**before, "BufferingHints": {"SizeInMBs": 2, "IntervalInSeconds": 0}},
    )
    (key,) = eventually(stream.objects)
    assert key.startswith(f"failed/iceberg-failed/{stream.name}-2-")


def test_a_deleted_stream_delivers_what_it_holds_and_refuses_more(aws: EmbeddedAws) -> None:
    stream = Stream(aws, settings={"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900}})
    stream.allow(set(ACTIONS) - {"s3:PutObject"})
    stream.put(row(1), row(2), b"no row")
    stream.firehose.delete_delivery_stream(DeliveryStreamName=stream.name)
    described = stream.firehose.describe_delivery_stream(DeliveryStreamName=stream.name)["DeliveryStreamDescription"]
    assert described["DeliveryStreamStatus"] == "DELETING"
    assert refusal(stream.firehose.put_record, DeliveryStreamName=stream.name, Record={"Data": b"{}"})[0] == (
        "ServiceUnavailableException"
    )
    stream.allow(ACTIONS)
    eventually(lambda: _gone(stream))
    assert (stream.ids(), stream.codes()) == (["r00001", "r00002"], ["Iceberg.MalformedRecord"])
    assert not eventually_ended(stream)


def eventually_ended(stream: Stream) -> list[str]:
    """The stream's threads, once they had a moment to end."""
    threads = [thread for thread in threading.enumerate() if stream.name in thread.name]
    for thread in threads:
        thread.join(timeout=5)
    return [thread.name for thread in threads if thread.is_alive()]


def test_a_stream_that_holds_nothing_is_gone_at_once(aws: EmbeddedAws) -> None:
    stream = Stream(aws)
    stream.firehose.delete_delivery_stream(DeliveryStreamName=stream.name)
    assert _gone(stream)
    assert refusal(stream.firehose.delete_delivery_stream, DeliveryStreamName=stream.name)[0] == (
        "ResourceNotFoundException"
    )
    stream.firehose.create_delivery_stream(
        DeliveryStreamName=stream.name, IcebergDestinationConfiguration=stream.configuration()
    )
    stream.put(row(1))
    eventually(lambda: stream.ids() == ["r00001"])


def _gone(stream: Stream) -> bool:
    try:
        stream.firehose.describe_delivery_stream(DeliveryStreamName=stream.name)
    except stream.firehose.exceptions.ResourceNotFoundException:
        return True
    return False


def test_nothing_of_what_is_put_stays_in_ministacks_memory(aws: EmbeddedAws) -> None:
    from ministack.services import firehose  # noqa: PLC0415

    stream = Stream(aws, COPY)
    stream.put(row(1))
    time.sleep(0.05)
    assert firehose._streams.get_scoped(aws.account, aws.region, stream.name)["destinations"][0]["records"] == []
