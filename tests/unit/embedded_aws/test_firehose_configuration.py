from typing import Any

import pytest

from embedded_aws.firehose.configuration import (
    MIB,
    Buffering,
    Destination,
    ErrorOutput,
    LogStream,
    Transform,
    complete,
    typed,
)
from embedded_aws.firehose.faults import InvalidArgumentError

ROLE = "arn:aws:iam::000000000000:role/delivery"
CATALOG = "arn:aws:glue:us-east-1:000000000000:catalog/s3tablescatalog/lake"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:transform:live"


def configuration(**changes: Any) -> dict[str, Any]:
    return {
        "RoleARN": ROLE,
        "CatalogConfiguration": {"CatalogARN": CATALOG},
        "DestinationTableConfigurationList": [
            {"DestinationDatabaseName": "metering", "DestinationTableName": "requests"}
        ],
        "S3Configuration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::errors"},
        **changes,
    }


def processing(**parameters: str) -> dict[str, Any]:
    values = {"LambdaArn": FUNCTION, **parameters}
    shown = [{"ParameterName": name, "ParameterValue": value} for name, value in values.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": shown}]}


def errors(prefix: str) -> dict[str, Any]:
    return {**configuration()["S3Configuration"], "ErrorOutputPrefix": prefix}


def test_what_is_not_given_is_awss_default() -> None:
    found = typed(complete(configuration(ProcessingConfiguration=processing())), version=3)
    assert found == Destination(
        version=3,
        role_arn=ROLE,
        catalog_arn=CATALOG,
        database="metering",
        table="requests",
        buffering=Buffering(5 * MIB, 300),
        retry_seconds=300,
        transform=Transform(FUNCTION, ROLE, 3, Buffering(MIB, 60)),
        errors=ErrorOutput("arn:aws:s3:::errors", ROLE, "", None),
        log=None,
    )


def test_what_is_given_counts() -> None:
    log = {"Enabled": True, "LogGroupName": "group", "LogStreamName": "stream"}
    parameters = {"NumberOfRetries": "1", "BufferSizeInMBs": "0.5", "BufferIntervalInSeconds": "0", "RoleArn": "other"}
    found = typed(
        complete(
            configuration(
                ProcessingConfiguration=processing(**parameters),
                BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 0},
                RetryOptions={"DurationInSeconds": 7},
                CloudWatchLoggingOptions=log,
                S3Configuration={**errors("e/!{firehose:error-output-type}/"), "CloudWatchLoggingOptions": log},
            )
        ),
        version=1,
    )
    assert found.transform == Transform(FUNCTION, "other", 1, Buffering(MIB // 2, 0))
    assert (found.buffering, found.retry_seconds) == (Buffering(64 * MIB, 0), 7)
    stream = LogStream("group", "stream")
    assert (found.log, found.errors.log) == (stream, stream)
    assert found.errors.prefix == "e/!{firehose:error-output-type}/"


def test_processor_parameters_that_equal_a_default_are_not_stored() -> None:
    given = processing(NumberOfRetries="3", BufferSizeInMBs="1", BufferIntervalInSeconds="60", RoleArn=ROLE)
    assert complete(configuration(ProcessingConfiguration=given))["ProcessingConfiguration"] == processing()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"S3Configuration": errors("e/!{partitionKeyFromLambda:x}/")}, "cannot be evaluated"),
        ({"S3Configuration": errors("e/!{firehose:nothing}/")}, "cannot be evaluated"),
        ({"S3Configuration": errors("e/!{timestamp:yyyy}/")}, "without !{firehose:error-output-type}"),
        ({"S3Configuration": errors("!{timestamp:MMM}!{firehose:error-output-type}")}, "time pattern 'MMM'"),
        (
            {"S3Configuration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::errors/prefix"}},
            "not the ARN of an S3 bucket",
        ),
        ({"S3Configuration": {**errors(""), "CompressionFormat": "GZIP"}}, "CompressionFormat GZIP"),
        ({"CatalogConfiguration": {"WarehouseLocation": "s3://x"}}, "a catalog without CatalogARN"),
        ({"SchemaEvolutionConfiguration": {"Enabled": True}}, "SchemaEvolutionConfiguration"),
        (
            {
                "DestinationTableConfigurationList": [
                    {"DestinationDatabaseName": "a", "DestinationTableName": "b", "UniqueKeys": ["id"]}
                ]
            },
            "UniqueKeys of a destination table",
        ),
        ({"ProcessingConfiguration": {"Enabled": True, "Processors": []}}, "processors []"),
        ({"ProcessingConfiguration": processing(BufferIntervalInSeconds="901")}, "must be between 0 and 900"),
    ],
)
def test_what_breaks_a_rule_or_is_not_there_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        complete(configuration(**changes))
    assert message in str(caught.value)
