from typing import Any

import pytest
from botocore.config import Config

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import ACTIONS, COPY, Stream, refusal

KIB = 1024


@pytest.fixture(scope="module")
def stream(aws: EmbeddedAws) -> Stream:
    return Stream(aws, COPY)


@pytest.fixture(scope="module")
def unmade(aws: EmbeddedAws) -> Stream:
    """All that a stream needs, and no stream."""
    return Stream(aws, COPY, create=False)


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
