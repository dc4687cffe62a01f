import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from firehose_kit import ACTIONS, COPY, PREFIX, Stream, eventually, row

from embedded_aws.server import EmbeddedAws

KIB = 1024


@pytest.fixture(scope="module")
def stream(aws: EmbeddedAws) -> Stream:
    return Stream(aws, COPY)


@pytest.fixture(scope="module")
def unmade(aws: EmbeddedAws) -> Stream:
    """All that a stream needs, and no stream."""
    return Stream(aws, COPY, create=False)


def refusal(call: Any, /, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def put(stream: Stream, *data: bytes) -> Any:
    records = [{"Data": one} for one in data]
    return stream.firehose.put_record_batch(DeliveryStreamName=stream.name, Records=records)


def test_a_record_of_1000_kib_is_taken_and_one_byte_more_is_refused(stream: Stream) -> None:
    limit = 1000 * KIB
    stream.firehose.put_record(DeliveryStreamName=stream.name, Record={"Data": b"x" * limit})
    rule = "failed to satisfy constraint: Member must have length less than or equal to 1024000"
    assert refusal(stream.firehose.put_record, DeliveryStreamName=stream.name, Record={"Data": b"x" * (limit + 1)}) == (
        "ValidationException",
        f"1 validation error detected: Value at 'record.data' {rule}",
    )
    assert refusal(
        stream.firehose.put_record_batch,
        DeliveryStreamName=stream.name,
        Records=[{"Data": b"x"}, {"Data": b"x" * (limit + 1)}],
    ) == ("ValidationException", f"1 validation error detected: Value at 'records.2.member.data' {rule}")


def test_a_batch_has_1_to_500_records_and_4_mib(stream: Stream) -> None:
    assert len(put(stream, *[b"x"] * 500)["RequestResponses"]) == 500
    assert len(put(stream, *[b"x" * 512 * KIB] * 8)["RequestResponses"]) == 8
    code, message = refusal(
        stream.firehose.put_record_batch, DeliveryStreamName=stream.name, Records=[{"Data": b"x"}] * 501
    )
    assert (code, message.split("' at ")[1]) == (
        "ValidationException",
        "'records' failed to satisfy constraint: Member must have length less than or equal to 500",
    )
    assert refusal(
        stream.firehose.put_record_batch,
        DeliveryStreamName=stream.name,
        Records=[{"Data": b"x" * 512 * KIB}] * 8 + [{"Data": b"x"}],
    ) == ("InvalidArgumentException", "Records size exceeds 4 MB limit")


def test_an_empty_batch_is_refused(aws: EmbeddedAws, stream: Stream) -> None:
    from botocore.config import Config  # noqa: PLC0415

    unchecked = aws.session().client("firehose", config=Config(parameter_validation=False))
    rule = "failed to satisfy constraint: Member must have length greater than or equal to 1"
    assert refusal(unchecked.put_record_batch, DeliveryStreamName=stream.name, Records=[]) == (
        "ValidationException",
        f"1 validation error detected: Value '[]' at 'records' {rule}",
    )


def test_an_unknown_stream_takes_nothing(stream: Stream) -> None:
    assert refusal(stream.firehose.put_record, DeliveryStreamName="nobody", Record={"Data": b"x"}) == (
        "ResourceNotFoundException",
        "Firehose nobody under account 000000000000 not found.",
    )


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("with space", r"Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        ("x" * 65, "Member must have length less than or equal to 64"),
    ],
)
def test_a_bad_name_is_refused(unmade: Stream, name: str, rule: str) -> None:
    assert refusal(
        unmade.firehose.create_delivery_stream,
        DeliveryStreamName=name,
        IcebergDestinationConfiguration=unmade.configuration(),
    ) == (
        "ValidationException",
        f"1 validation error detected: Value '{name}' at 'deliveryStreamName' failed to satisfy constraint: {rule}",
    )


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "interval over 900 s": (
        {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 901}},
        "ValidationException",
        "bufferingHints.intervalInSeconds",
    ),
    "size over 128 MiB": (
        {"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 900}},
        "ValidationException",
        "bufferingHints.sizeInMBs",
    ),
    "half the hints": ({"BufferingHints": {"SizeInMBs": 1}}, "InvalidArgumentException", "both"),
    "retries over two hours": (
        {"RetryOptions": {"DurationInSeconds": 7201}},
        "ValidationException",
        "retryOptions.durationInSeconds",
    ),
    "a logging without a stream": (
        {"CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "x"}},
        "InvalidArgumentException",
        "LogStreamName",
    ),
    "two tables": (
        {"DestinationTableConfigurationList": [{"DestinationDatabaseName": "a", "DestinationTableName": "b"}] * 2},
        "InvalidArgumentException",
        "2 destination tables",
    ),
    "a table that is not there": (
        {"DestinationTableConfigurationList": [{"DestinationDatabaseName": "a", "DestinationTableName": "b"}]},
        "InvalidArgumentException",
        "is not authorized to perform: glue:GetTable for the given table or the table does not exist",
    ),
    "a name with a hyphen": (
        {"DestinationTableConfigurationList": [{"DestinationDatabaseName": "a-b", "DestinationTableName": "b"}]},
        "ValidationException",
        "destinationDatabaseName",
    ),
    "a role that is not there": (
        {"RoleARN": "arn:aws:iam::000000000000:role/nobody"},
        "InvalidArgumentException",
        "unable to assume role arn:aws:iam::000000000000:role/nobody",
    ),
    "all data to S3": ({"S3BackupMode": "AllData"}, "InvalidArgumentException", "S3BackupMode"),
}


@pytest.mark.parametrize(("change", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_configuration_is_refused(unmade: Stream, change: dict[str, Any], code: str, words: str) -> None:
    answer = refusal(
        unmade.firehose.create_delivery_stream,
        DeliveryStreamName=unmade.name,
        IcebergDestinationConfiguration={**unmade.configuration(), **change},
    )
    assert answer[0] == code
    assert words in answer[1]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"LambdaArn": "arn:aws:lambda:us-east-1:000000000000:function:nobody"}, "does not exist"),
        ({"LambdaArn": "nobody"}, "not the ARN of a Lambda function"),
        ({"BufferSizeInMBs": "4"}, "BufferSizeInMBs 4: must be between 0.2 and 3.0"),
        ({"NumberOfRetries": "many"}, "NumberOfRetries 'many': not a number"),
    ],
)
def test_a_wrong_processor_is_refused(unmade: Stream, parameters: dict[str, str], words: str) -> None:
    unmade.parameters = parameters
    configuration = unmade.configuration()
    unmade.parameters = {}
    code, message = refusal(
        unmade.firehose.create_delivery_stream,
        DeliveryStreamName=unmade.name,
        IcebergDestinationConfiguration=configuration,
    )
    assert code == "InvalidArgumentException"
    assert words in message


def test_a_version_of_the_transform_that_is_not_there_is_refused(unmade: Stream) -> None:
    unmade.parameters = {"LambdaArn": unmade.function_arn.removesuffix(":1") + ":7"}
    configuration = unmade.configuration()
    unmade.parameters = {}
    answer = refusal(
        unmade.firehose.create_delivery_stream,
        DeliveryStreamName=unmade.name,
        IcebergDestinationConfiguration=configuration,
    )
    assert answer[1].startswith(f"The Lambda function {unmade.function_arn.removesuffix(':1')}:7 does not exist.")


def test_a_role_without_glue_get_table_is_refused(unmade: Stream) -> None:
    unmade.allow(set(ACTIONS) - {"glue:GetTable"})
    try:
        answer = refusal(
            unmade.firehose.create_delivery_stream,
            DeliveryStreamName=unmade.name,
            IcebergDestinationConfiguration=unmade.configuration(),
        )
    finally:
        unmade.allow(ACTIONS)
    why = "is not authorized to perform: glue:GetTable for the given table or the table does not exist."
    assert answer == ("InvalidArgumentException", f"Role {unmade.role_arn} {why}")


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
