"""What each part of billing may do: exactly what its code does, on exactly the stack's own resources."""

from typing import Any

import pytest

from tests.unit.components.fake_aws import arn
from tests.unit.components.harness import Deployment

DOCUMENTS = "arn:aws-test:s3:::billing-documents-0000"
RESULTS = "arn:aws-test:s3:::lake-results-0000"
TASKS = arn("sqs", "billing-tasks-arn")
DEAD_LETTERS = arn("sqs", "billing-dead-letters-arn")
PLANNER = arn("lambda", "function:billing-planner-function-4444:live")
ROLLUP = arn("lambda", "function:billing-rollup-function-4444:live")
TABLE_BUCKET = arn("s3tables", "bucket/saas-metering-test-arn")
CHILD = "s3tablescatalog/saas-metering-test"
GLUE_TABLES = [
    arn("glue", "table/saas_metering_test_metering/*"),
    arn("glue", "table/metering/api_requests"),
    arn("glue", f"table/{CHILD}/metering/api_requests"),
    arn("glue", "table/metering/usage_events"),
    arn("glue", f"table/{CHILD}/metering/usage_events"),
    arn("glue", "table/metering/usage_tombstones"),
    arn("glue", f"table/{CHILD}/metering/usage_tombstones"),
]
OF_THE_LAKE: list[tuple[list[str], list[str]]] = [
    (
        [
            *("athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetWorkGroup"),
            *("athena:StartQueryExecution", "athena:StopQueryExecution"),
        ],
        [arn("athena", "workgroup/lake-workgroup-arn")],
    ),
    (
        [
            *("glue:GetCatalog", "glue:GetDatabase", "glue:GetDatabases"),
            *("glue:GetPartitions", "glue:GetTable", "glue:GetTables"),
        ],
        [
            arn("glue", "catalog"),
            arn("glue", "catalog/s3tablescatalog"),
            arn("glue", f"catalog/{CHILD}"),
            arn("glue", "database/metering"),
            arn("glue", f"database/{CHILD}/metering"),
            arn("glue", "database/saas_metering_test_metering"),
            *GLUE_TABLES,
        ],
    ),
    (
        [
            *("s3tables:GetNamespace", "s3tables:GetTableBucket"),
            *("s3tables:ListNamespaces", "s3tables:ListTables"),
        ],
        [TABLE_BUCKET],
    ),
    (
        ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"],
        [f"{TABLE_BUCKET}/table/uuid-of-{name}" for name in ("api_requests", "usage_events", "usage_tombstones")],
    ),
    (["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], [RESULTS]),
    (
        ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        [f"{RESULTS}/results/*"],
    ),
    (["lakeformation:GetDataAccess"], ["*"]),
]
"""What whoever queries the lake may do: on all tables, and reading alone."""


def allowed(program: Deployment, policy: str) -> list[tuple[list[str], list[str]]]:
    statements: list[dict[str, Any]] = program.one("RolePolicy", policy).policy()["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return [(statement["Action"], statement["Resource"]) for statement in statements]


def below(*prefixes: str) -> list[str]:
    return [f"{DOCUMENTS}/{prefix}/*" for prefix in prefixes]


def test_the_planner_asks_the_lake_and_hands_out_work(program: Deployment) -> None:
    assert allowed(program, "billing-planner-policy") == [
        (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [arn("logs", "log-group-arn:/aws/lambda/billing-planner-2222:*")],
        ),
        (["dynamodb:GetItem", "dynamodb:Query"], [arn("dynamodb", "table/billing-subscriptions-arn")]),
        (
            [
                *("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"),
                *("dynamodb:Query", "dynamodb:UpdateItem"),
            ],
            [arn("dynamodb", "table/billing-invoices-arn")],
        ),
        (["dynamodb:Query"], [arn("dynamodb", "table/billing-reconciliation-arn")]),
        (["s3:PutObject"], below("catalog", "run")),
        (["s3:GetObject"], below("catalog", "final")),
        (["s3:ListBucket"], [DOCUMENTS]),
        (["sqs:SendMessage"], [TASKS, DEAD_LETTERS]),
        (["lambda:InvokeFunction"], [ROLLUP]),
        *OF_THE_LAKE,
    ]


def test_the_worker_writes_bills_and_documents_and_deletes_no_object(program: Deployment) -> None:
    assert allowed(program, "billing-worker-policy") == [
        (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [arn("logs", "log-group-arn:/aws/lambda/billing-worker-2222:*")],
        ),
        (
            [
                *("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:GetItem"),
                *("dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
            ],
            [arn("dynamodb", "table/billing-invoices-arn")],
        ),
        (["s3:GetObject"], below("catalog")),
        (["s3:GetObject", "s3:PutObject"], below("draft", "final", "run")),
        (["s3:PutObjectRetention"], below("final")),
        (["s3:ListBucket"], [DOCUMENTS]),
        (["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], [TASKS]),
        (["sqs:SendMessage"], [TASKS, DEAD_LETTERS]),
        (["events:PutEvents"], [arn("events", "event-bus/default")]),
        (["lambda:InvokeFunction"], [PLANNER]),
    ]


def test_the_rollup_reads_usage_and_accounts_and_writes_what_customers_see(program: Deployment) -> None:
    on_invoices = ("BatchGetItem", "BatchWriteItem", "PutItem", "Query")
    assert allowed(program, "billing-rollup-policy") == [
        (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [arn("logs", "log-group-arn:/aws/lambda/billing-rollup-2222:*")],
        ),
        (["dynamodb:Query"], [arn("dynamodb", "table/billing-subscriptions-arn")]),
        ([f"dynamodb:{name}" for name in on_invoices], [arn("dynamodb", "table/billing-invoices-arn")]),
        (["dynamodb:PutItem"], [arn("dynamodb", "table/billing-usage-arn")]),
        (["sqs:SendMessage"], [DEAD_LETTERS]),
        (["events:PutEvents"], [arn("events", "event-bus/default")]),
        *OF_THE_LAKE,
    ]


@pytest.mark.parametrize("function", ["rollup", "worker"])
def test_events_are_those_of_billing_and_no_others(program: Deployment, function: str) -> None:
    statements = program.one("RolePolicy", f"billing-{function}-policy").policy()["Statement"]
    assert {statement["Action"][0]: statement["Condition"] for statement in statements if "Condition" in statement} == {
        "events:PutEvents": {"StringEquals": {"events:source": "saas-metering.billing"}}
    }


def test_the_schedules_may_call_planner_and_rollup_and_say_that_they_could_not(program: Deployment) -> None:
    assert allowed(program, "billing-schedule-policy") == [
        (["lambda:InvokeFunction"], [PLANNER, ROLLUP]),
        (["sqs:SendMessage"], [DEAD_LETTERS]),
    ]
