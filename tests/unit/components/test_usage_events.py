"""Usage events: a stream, a table and a transform of their own, and a role that can do nothing but feed them."""

import json
from typing import Any

import pulumi
import pytest

from components import IngestPipeline
from components.catalog import read_catalog
from metering import usage_event
from tests.unit.components.arguments_kit import INGEST
from tests.unit.components.fake_aws import ACCOUNT, arn
from tests.unit.components.harness import PROJECT, Deployment, deploy, run_main

BACKEND = "arn:aws:iam::123456789012:role/backend"


def test_the_table_has_the_columns_of_an_event_its_partition_and_its_sort_order(program: Deployment) -> None:
    table = program.one("aws-native:s3tables:Table", "lake-table-usage-events").inputs
    ids = {column.name: number for number, column in enumerate(usage_event.COLUMNS, start=1)}
    assert (table["namespace"], table["tableName"]) == ("metering", "usage_events")
    assert table["icebergMetadata"] == {
        "icebergSchema": {
            "schemaFieldList": [
                {"id": ids[column.name], "name": column.name, "type": column.type, "required": column.required}
                for column in usage_event.COLUMNS
            ]
        },
        "icebergPartitionSpec": {
            "specId": 0,
            "fields": [{"sourceId": ids["time"], "fieldId": 1000, "transform": "day", "name": "time_day"}],
        },
        "icebergSortOrder": {
            "orderId": 1,
            "fields": [
                {
                    "sourceId": ids["tenant_id"],
                    "transform": "identity",
                    "direction": "asc",
                    "nullOrder": "nulls-first",
                }
            ],
        },
    }


def test_events_go_through_a_stream_that_no_api_can_log_to(program: Deployment) -> None:
    stream = program.one("FirehoseDeliveryStream", "events-ingest-stream").inputs
    assert stream["name"] == "saas-metering-test-usage-events"
    iceberg = stream["icebergConfiguration"]
    assert iceberg["destinationTableConfigurations"] == [{"databaseName": "metering", "tableName": "usage_events"}]
    requests = program.one("FirehoseDeliveryStream", "ingest-stream").inputs["icebergConfiguration"]
    shared = ("bufferingInterval", "bufferingSize", "retryDuration", "appendOnly", "s3BackupMode", "catalogArn")
    assert [iceberg[key] for key in shared] == [requests[key] for key in shared]


def test_the_transform_checks_events_by_the_catalog_that_its_zip_holds(program: Deployment) -> None:
    function = program.one("Function", "events-ingest-transform-function").inputs
    assert function["handler"] == "handlers.transform_events.handler"
    assert "environment" not in function
    assert "lake-table-usage-events-schema" in program.one("Function", "events-ingest-transform-function").depends_on
    files = {
        path: asset.text for path, asset in function["code"].assets.items() if isinstance(asset, pulumi.StringAsset)
    }
    assert files == {"catalog.json": read_catalog("catalog.yaml")}


def test_a_producer_may_put_to_the_stream_of_events_and_do_nothing_else(program: Deployment) -> None:
    assert program.one("RolePolicy", "events-ingest-producer-policy").policy() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["firehose:PutRecord", "firehose:PutRecordBatch"],
                "Resource": [program.exports["usage_events_stream_arn"]],
            }
        ],
    }
    assert program.names("Role").count("ingest-producer-role") == 0


def test_producers_that_are_named_are_the_only_ones() -> None:
    named = [BACKEND, "arn:aws:iam::123456789012:user/job"]
    deployed = run_main({f"{PROJECT}:eventProducers": json.dumps(named)})
    assert deployed.one("Role", "events-ingest-producer-role").policy("assumeRolePolicy")["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": named}}
    ]


@pytest.mark.parametrize(
    ("changes", "trusted"),
    [
        ({}, None),
        ({"producers": []}, [f"arn:aws-test:iam::{ACCOUNT}:root"]),
        ({"producers": [BACKEND]}, [BACKEND]),
    ],
    ids=["absent", "empty", "named"],
)
def test_there_is_a_role_for_producers_only_if_it_is_wanted(changes: dict[str, Any], trusted: list[str] | None) -> None:
    deployed = deploy(lambda: IngestPipeline("in", {**INGEST, **changes}))  # type: ignore[typeddict-item]
    roles = {
        record.name: record.policy("assumeRolePolicy")["Statement"][0]["Principal"] for record in deployed.of("Role")
    }
    assert roles.get("in-producer-role") == (None if trusted is None else {"AWS": trusted})
    made = f"arn:aws-test:iam::{ACCOUNT}:role/in-producer-role-role-arn"
    assert deployed.outputs["in"].get("producer_role_arn") == (None if trusted is None else made)


def test_names_of_table_and_stream_reach_all_that_use_them() -> None:
    config = {"usageEventsTableName": "tokens", "tombstonesTableName": "voids", "usageEventsStream": "tokens-stream"}
    deployed = run_main({f"{PROJECT}:{key}": value for key, value in config.items()})
    assert deployed.one("aws-native:s3tables:Table", "lake-table-usage-events").inputs["tableName"] == "tokens"
    stream = deployed.one("FirehoseDeliveryStream", "events-ingest-stream").inputs
    assert stream["name"] == "tokens-stream"
    assert stream["icebergConfiguration"]["destinationTableConfigurations"] == [
        {"databaseName": "metering", "tableName": "tokens"}
    ]
    variables = {
        name: deployed.one("Function", f"{name}-function").inputs["environment"]["variables"]
        for name in ("billing-planner", "billing-rollup", "customer-lines", "customer-events")
    }
    assert variables["customer-events"]["EVENTS_STREAM"] == "tokens-stream"
    told = {name: own["TABLE_NAMES"] for name, own in variables.items() if "TABLE_NAMES" in own}
    names = '{"api-requests": "api_requests", "tombstones": "voids", "usage-events": "tokens"}'
    assert told == dict.fromkeys(("billing-planner", "billing-rollup", "customer-lines"), names)
    assert deployed.exports["usage_events_table_name"] == "tokens"
    assert deployed.exports["tombstones_table_name"] == "voids"
    assert deployed.one("aws-native:s3tables:Table", "lake-table-tombstones").inputs["tableName"] == "voids"
    assert deployed.exports["usage_events_stream_arn"] == arn("firehose", "deliverystream/tokens-stream-arn")
