"""The stream, its transform and its error path."""

import json
from typing import Any

import pytest

from components import IngestPipeline
from tests.unit.components.fake_aws import arn
from tests.unit.components.harness import PROJECT, Deployment, deploy, run_main

ARGS: dict[str, Any] = {
    "stream_name": "amazon-apigateway-s",
    "catalog_arn": "arn:p:glue:r:a:catalog/s3tablescatalog/b",
    "database_name": "d",
    "table_name": "t",
    "table_arn": "arn:t",
    "table_bucket_arn": "arn:b",
}


def pipeline(**changes: Any) -> Deployment:
    return deploy(lambda: IngestPipeline("in", {**ARGS, **changes}))  # type: ignore[typeddict-item]


def parameters(deployment: Deployment) -> dict[str, str]:
    stream = next(record for record in deployment.of("FirehoseDeliveryStream") if "apigateway" in record.inputs["name"])
    processing = stream.inputs["icebergConfiguration"]["processingConfiguration"]
    (processor,) = processing["processors"]
    return {item["parameterName"]: item["parameterValue"] for item in processor["parameters"]}


def test_the_stream_is_what_the_design_says(program: Deployment) -> None:
    role = "arn:aws-test:iam::210987654321:role/ingest-role-role-arn"
    group = "/aws/kinesisfirehose/amazon-apigateway-saas-metering-test"
    assert program.one("FirehoseDeliveryStream", "ingest-stream").inputs == {
        "name": "amazon-apigateway-saas-metering-test",
        "destination": "iceberg",
        "serverSideEncryption": {"enabled": True, "keyType": "AWS_OWNED_CMK"},
        "icebergConfiguration": {
            "catalogArn": arn("glue", "catalog/s3tablescatalog/saas-metering-test"),
            "roleArn": role,
            "destinationTableConfigurations": [{"databaseName": "metering", "tableName": "api_requests"}],
            "appendOnly": True,
            "bufferingInterval": 60,
            "bufferingSize": 64,
            "retryDuration": 300,
            "s3BackupMode": "FailedDataOnly",
            "cloudwatchLoggingOptions": {
                "enabled": True,
                "logGroupName": group,
                "logStreamName": "DestinationDelivery",
            },
            "processingConfiguration": {
                "enabled": True,
                "processors": [
                    {
                        "type": "Lambda",
                        "parameters": [
                            {
                                "parameterName": "LambdaArn",
                                "parameterValue": arn("lambda", "function:ingest-transform-function-4444:live"),
                            }
                        ],
                    }
                ],
            },
            "s3Configuration": {
                "bucketArn": "arn:aws-test:s3:::ingest-errors-0000",
                "roleArn": role,
                "bufferingInterval": 60,
                "bufferingSize": 64,
                "errorOutputPrefix": "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/",
                "cloudwatchLoggingOptions": {"enabled": True, "logGroupName": group, "logStreamName": "BackupDelivery"},
            },
        },
    }


def test_the_stream_waits_for_its_policy_its_log_streams_and_the_table(program: Deployment) -> None:
    awaited = set(program.one("FirehoseDeliveryStream", "ingest-stream").depends_on)
    assert awaited >= {
        "ingest-policy",
        "ingest-logs-delivery",
        "ingest-logs-backup",
        "ingest-transform-live",
        "lake-table-api-requests-schema",
    }


def test_the_making_of_the_stream_alone_has_a_timeout_of_its_own(program: Deployment) -> None:
    timeouts = {record.name: record.create_timeout for record in program.records if record.create_timeout}
    assert timeouts == {"events-ingest-stream": "15m", "ingest-stream": "15m"}


def test_a_transform_that_knows_a_new_column_waits_for_the_column(program: Deployment) -> None:
    assert "lake-table-api-requests-schema" in program.one("Function", "ingest-transform-function").depends_on


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"transform_buffer_size_mib": 3}, {"BufferSizeInMBs": "3"}),
        ({"transform_buffer_interval_seconds": 0}, {"BufferIntervalInSeconds": "0"}),
        ({"transform_retries": 0}, {"NumberOfRetries": "0"}),
        ({"transform_buffer_size_mib": 1.0, "transform_retries": 5.0}, {"NumberOfRetries": "5"}),
    ],
    ids=["defaults", "size", "interval", "retries", "floats"],
)
def test_parameters_that_equal_firehoses_defaults_are_left_out(
    changes: dict[str, Any], expected: dict[str, str]
) -> None:
    given = parameters(pipeline(**changes))
    assert given.pop("LambdaArn") == arn("lambda", "function:in-transform-function-4444:live")
    assert given == expected


def test_the_log_group_and_both_streams_are_there_with_retention(program: Deployment) -> None:
    group = "/aws/kinesisfirehose/amazon-apigateway-saas-metering-test"
    assert program.one("LogGroup", "ingest-logs").inputs == {"name": group, "retentionInDays": 30}
    streams = {record.name: record.inputs for record in program.of("LogStream")}
    assert {name: streams[name] for name in streams if name.startswith("ingest-")} == {
        "ingest-logs-delivery": {"name": "DestinationDelivery", "logGroupName": group},
        "ingest-logs-backup": {"name": "BackupDelivery", "logGroupName": group},
    }


def test_the_transform_has_room_and_time_for_a_full_batch(program: Deployment) -> None:
    function = program.one("Function", "ingest-transform-function").inputs
    assert (function["memorySize"], function["timeout"]) == (512, 60)


def test_the_transform_reads_the_routes_that_nobody_pays_for() -> None:
    function = pipeline(unbillable_routes=["GET /health", "GET /version"]).one("Function")
    variables = function.inputs["environment"]["variables"]
    assert variables.keys() == {"UNBILLABLE_ROUTES"}
    assert json.loads(variables["UNBILLABLE_ROUTES"]) == ["GET /health", "GET /version"]


def test_configuration_reaches_the_stream() -> None:
    config = {
        "deliveryBufferIntervalSeconds": "5",
        "deliveryBufferSizeMiB": "7",
        "deliveryRetrySeconds": "11",
        "transformBufferIntervalSeconds": "0",
        "transformBufferSizeMiB": "2",
        "transformRetries": "1",
        "errorOutputPrefix": "bad/!{firehose:error-output-type}/",
        "errorRetentionDays": "400",
        "logRetentionDays": "365",
        "streamSuffix": "other",
        "tableName": "calls",
    }
    deployed = run_main({f"{PROJECT}:{key}": value for key, value in config.items()})
    stream = deployed.one("FirehoseDeliveryStream", "ingest-stream").inputs
    iceberg = stream["icebergConfiguration"]
    assert stream["name"] == "amazon-apigateway-other"
    assert iceberg["destinationTableConfigurations"] == [{"databaseName": "metering", "tableName": "calls"}]
    assert (iceberg["bufferingInterval"], iceberg["bufferingSize"], iceberg["retryDuration"]) == (5, 7, 11)
    assert iceberg["s3Configuration"]["errorOutputPrefix"] == "bad/!{firehose:error-output-type}/"
    assert parameters(deployed) == {
        "LambdaArn": arn("lambda", "function:ingest-transform-function-4444:live"),
        "BufferIntervalInSeconds": "0",
        "BufferSizeInMBs": "2",
        "NumberOfRetries": "1",
    }
    lifecycle = deployed.one("BucketLifecycleConfiguration", "ingest-errors-lifecycle").inputs
    assert lifecycle["rules"][0]["expiration"] == {"days": 400}
    assert {record.inputs["retentionInDays"] for record in deployed.of("LogGroup")} == {365}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stream_name": "re quests"}, r"in: stream_name: must be 1 to 64 letters, .*, got 're quests'"),
        ({"stream_name": "x" * 65}, r"in: stream_name: must be 1 to 64 letters, .*, got 'xxx"),
        ({"producers": ["*"]}, r"in: producers: must be the ARN of a principal, without wildcards: .*, got '\*'"),
        ({"producers": ["arn:aws:iam::123456789012:*"]}, r"in: producers: must be the ARN .*, got 'arn"),
        ({"error_output_prefix": "errors/"}, r"in: error_output_prefix: must contain .*, got 'errors/'"),
        (
            {"delivery_buffer_interval_seconds": 901},
            r"in: delivery_buffer_interval_seconds: must be a whole number from 0 to 900, got 901",
        ),
        (
            {"delivery_buffer_size_mib": 129},
            r"in: delivery_buffer_size_mib: must be a whole number from 1 to 128, got 129",
        ),
        ({"transform_buffer_size_mib": 0}, r"in: transform_buffer_size_mib: must be a whole number from 1 to 3, got 0"),
        ({"transform_retries": 1.5}, r"in: transform_retries: must be a whole number from 0 to 300, got 1.5"),
        ({"error_retention_days": 0}, r"in: error_retention_days: must be a whole number of 1 or more, got 0"),
        ({"log_retention_days": 31}, r"in: log_retention_days: must be one of 1, 3, .*, got 31"),
        (
            {"unbillable_routes": ["GET /" + "x" * 3992]},
            r"in: unbillable_routes: must be at most 4000 bytes as JSON, got 4001 bytes",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_argument_stops_before_anything_is_made(changes: dict[str, Any], message: str) -> None:
    made: list[Deployment] = []

    def program() -> None:
        with pytest.raises(ValueError, match=message):
            IngestPipeline("in", {**ARGS, **changes})  # type: ignore[typeddict-item]

    made.append(deploy(program))
    assert made[0].records == []


def test_it_can_be_made_twice_in_one_program() -> None:
    def both() -> None:
        IngestPipeline("requests", ARGS)  # type: ignore[typeddict-item]
        IngestPipeline("events", {**ARGS, "stream_name": "events"})  # type: ignore[typeddict-item]

    assert deploy(both).names("FirehoseDeliveryStream") == ["events-stream", "requests-stream"]
