"""What the reconciler and operators may do: exactly what they do, on exactly the stack's own resources."""

import re
from typing import Any

import pytest

from components._operator import LARGEST_POLICY
from tests.unit.components.arguments_kit import OPERATIONS
from tests.unit.components.fake_aws import arn
from tests.unit.components.harness import PROJECT, Deployment, run_main
from tests.unit.components.operations_kit import operations
from tests.unit.components.test_billing_policies import GLUE_TABLES, OF_THE_LAKE

REQUESTS_ERRORS, EVENTS_ERRORS = "arn:aws-test:s3:::ingest-errors-0000", "arn:aws-test:s3:::events-ingest-errors-0000"
HOURS = arn("dynamodb", "table/billing-reconciliation-arn")
ACTIONS = arn("dynamodb", "table/operations-actions-arn")
DEAD_LETTERS = arn("sqs", "billing-dead-letters-arn")
CHILD = "s3tablescatalog/saas-metering-test"
READ_GLUE = OF_THE_LAKE[1][0]
OF_THE_ERROR_BUCKETS = [
    (["s3:ListBucket"], [REQUESTS_ERRORS, EVENTS_ERRORS]),
    (["s3:GetObject"], [f"{REQUESTS_ERRORS}/*", f"{EVENTS_ERRORS}/*"]),
]


def allowed(document: dict[str, Any]) -> list[tuple[list[str], list[str]]]:
    return [(sorted(statement["Action"]), statement["Resource"]) for statement in document["Statement"]]


def test_the_reconciler_reads_what_came_and_writes_what_it_found(program: Deployment) -> None:
    assert allowed(program.one("RolePolicy", "operations-reconciler-policy").policy()) == [
        (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [arn("logs", "log-group-arn:/aws/lambda/operations-reconciler-2222:*")],
        ),
        (["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], [HOURS]),
        (["dynamodb:Query"], [ACTIONS]),
        *OF_THE_ERROR_BUCKETS,
        (["sqs:SendMessage"], [DEAD_LETTERS]),
        (["cloudwatch:GetMetricData"], ["*"]),
        (["cloudwatch:PutMetricData"], ["*"]),
        *OF_THE_LAKE,
    ]


def test_operators_replay_backfill_void_and_look_and_do_nothing_else(program: Deployment) -> None:
    assert allowed(program.one("iam/policy:Policy").policy()) == [
        *OF_THE_ERROR_BUCKETS,
        (
            ["firehose:PutRecordBatch"],
            [
                arn("firehose", "deliverystream/amazon-apigateway-saas-metering-test-arn"),
                arn("firehose", "deliverystream/saas-metering-test-usage-events-arn"),
            ],
        ),
        (["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"], [HOURS]),
        (["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], [ACTIONS]),
        (["dynamodb:GetItem", "dynamodb:Query"], [arn("dynamodb", "table/billing-invoices-arn")]),
        (["lambda:InvokeFunction"], [arn("lambda", "function:operations-reconciler-function-4444:live")]),
        (["lambda:GetFunction"], [arn("lambda", "function:events-ingest-transform-function-4444:live")]),
        (["sqs:GetQueueAttributes"], [DEAD_LETTERS]),
        (["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"], ["*"]),
        *OF_THE_LAKE[:1],
        # Glue asks for the right to change a table on all that is above it, too.
        (
            [*READ_GLUE, "glue:UpdateTable"],
            [
                arn("glue", "catalog"),
                arn("glue", "catalog/s3tablescatalog"),
                arn("glue", f"catalog/{CHILD}"),
                arn("glue", "database/metering"),
                arn("glue", f"database/{CHILD}/metering"),
                arn("glue", "database/saas_metering_test_metering"),
            ],
        ),
        (READ_GLUE, GLUE_TABLES),
        *OF_THE_LAKE[2:],
        (
            ["glue:UpdateTable"],
            [
                arn("glue", "table/metering/usage_tombstones"),
                arn("glue", f"table/{CHILD}/metering/usage_tombstones"),
            ],
        ),
        (
            ["s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation"],
            [f"{arn('s3tables', 'bucket/saas-metering-test-arn')}/table/uuid-of-usage_tombstones"],
        ),
    ]


def test_operators_take_a_role_for_an_hour(program: Deployment) -> None:
    assert program.one("Role", "operations-operator-role").inputs["maxSessionDuration"] == 3600


def test_operators_can_be_named() -> None:
    on_call = "arn:aws:iam::123456789012:role/on-call"
    trust = operations(operators=[on_call]).one("Role", "o-operator-role").policy("assumeRolePolicy")
    assert [statement["Principal"] for statement in trust["Statement"]] == [{"AWS": [on_call]}]


def test_an_operators_policy_that_iam_would_refuse_is_told_before_it_is_made() -> None:
    def with_namespace(length: int) -> Deployment:
        lake = {**OPERATIONS["lake"], "namespace": "n" * length}
        return operations(lake=lake, tombstones={**OPERATIONS["tombstones"], "database_name": "n" * length})

    text = re.sub(r"\s", "", with_namespace(100).one("iam/policy:Policy").inputs["policy"])
    per_letter = text.count("n" * 100)
    longest = 100 + (LARGEST_POLICY - len(text)) // per_letter
    assert with_namespace(longest).names("iam/policy:Policy") == ["o-operator-policy"]
    message = (
        r"o: operators' policy: must be at most 6144 characters without white space, got 61\d\d; shorten the names"
    )
    with pytest.raises(Exception, match=message):
        with_namespace(longest + 1)


def test_the_operators_policy_has_room_for_long_names() -> None:
    names = {"tableBucketName": "b" * 63, "namespace": "n" * 30, "usageEventsStream": "e" * 64}
    tables = {"tableName": "r" * 40, "usageEventsTableName": "e" * 40, "tombstonesTableName": "t" * 40}
    deployed = run_main({f"{PROJECT}:{key}": value for key, value in {**names, **tables}.items()})
    assert deployed.names("iam/policy:Policy") == ["operations-operator-policy"]
