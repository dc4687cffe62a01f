"""Every policy of the program: what it names, and that nothing is wider than AWS forces it to be."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.components.fake_aws import ACCOUNT, REGION, arn
from tests.unit.components.harness import Deployment

DATA_ACCESS, METRICS = "lakeformation:GetDataAccess", "cloudwatch:GetMetricData"
ON_EVERYTHING = {
    "billing-planner-policy": {DATA_ACCESS},
    "billing-rollup-policy": {DATA_ACCESS},
    "customer-lines-policy": {DATA_ACCESS},
    "events-ingest-policy": {DATA_ACCESS},
    "ingest-policy": {DATA_ACCESS},
    "operations-operator-policy": {DATA_ACCESS, METRICS, "cloudwatch:DescribeAlarms"},
    "operations-reconciler-policy": {DATA_ACCESS, METRICS, "cloudwatch:PutMetricData"},
}
"""What each policy permits on `*`. AWS forces it: the reasons are in policy/metering_policy/reasons.json."""

FUNCTIONS = (
    *("billing-planner", "billing-rollup", "billing-worker"),
    *("customer-events", "customer-invoices", "customer-lines", "customer-portal", "customer-usage"),
    *("events-ingest-transform", "ingest-transform", "operations-reconciler", "random-strings"),
)
WITHIN_ONE_RESOURCE = (":*", "/*")
"""Endings that widen a resource to what is inside of it."""


def statements(program: Deployment) -> Iterator[tuple[str, dict[str, Any]]]:
    for record in program.records:
        for key in ("policy", "assumeRolePolicy", "resourcePolicy"):
            if isinstance(record.inputs.get(key), str):
                for statement in record.policy(key)["Statement"]:
                    yield record.name, statement


def permitted(program: Deployment) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, statement) for name, statement in statements(program) if statement["Effect"] == "Allow")


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else [value]


def test_the_sweep_sees_every_policy(program: Deployment) -> None:
    seen = {name for name, _ in statements(program)}
    with_policy = {"Role", "RolePolicy", "Policy", "BucketPolicy", "QueuePolicy", "TopicPolicy"}
    assert seen == {record.name for record in program.records if record.typ.rsplit(":", 1)[-1] in with_policy}


def test_a_star_stands_only_where_aws_forces_it(program: Deployment) -> None:
    forced: dict[str, set[str]] = {}
    elsewhere = set()
    for name, statement in permitted(program):
        for key in ("Action", "Resource", "Principal"):
            for text in texts(statement.get(key, [])):
                inner = text.removesuffix(":*").removesuffix("/*") if key == "Resource" else text
                if (key, text) == ("Resource", "*"):
                    forced.setdefault(name, set()).update(texts(statement["Action"]))
                elif "*" in inner:
                    elsewhere.add((name, key, text))
    assert forced == ON_EVERYTHING
    assert elsewhere == set()


def test_what_is_widened_to_its_inside_is_one_log_group_bucket_or_link(program: Deployment) -> None:
    widened = {
        text
        for _, statement in statements(program)
        for text in texts(statement.get("Resource", []))
        if text.endswith(WITHIN_ONE_RESOURCE)
    }
    assert widened == {
        *(arn("logs", f"log-group-arn:/aws/lambda/{function}-2222:*") for function in FUNCTIONS),
        arn("glue", "table/saas_metering_test_metering/*"),
        "arn:aws-test:s3:::events-ingest-errors-0000/*",
        "arn:aws-test:s3:::ingest-errors-0000/*",
        "arn:aws-test:s3:::lake-results-0000/*",
        "arn:aws-test:s3:::lake-results-0000/results/*",
        "arn:aws-test:s3:::billing-documents-0000/*",
        *(f"arn:aws-test:s3:::billing-documents-0000/{prefix}/*" for prefix in ("catalog", "draft", "final", "run")),
    }


def test_no_allow_uses_a_negation(program: Deployment) -> None:
    negations = {"NotAction", "NotResource", "NotPrincipal"}
    assert [name for name, statement in statements(program) if negations & set(statement)] == []


def test_every_arn_is_of_the_providers_partition_region_and_account(program: Deployment) -> None:
    arns = [text for _, statement in statements(program) for text in texts(statement.get("Resource", []))]
    foreign = [text for text in arns if text != "*" and not text.startswith("arn:aws-test:")]
    assert foreign == []
    assert not [text for text in arns if text.startswith("arn:aws-test:glue") and f":{REGION}:{ACCOUNT}:" not in text]


def test_every_role_is_for_one_service_or_this_account(program: Deployment) -> None:
    trust = {record.name: record.policy("assumeRolePolicy")["Statement"] for record in program.of("Role")}
    of_lambda = [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}},
        }
    ]
    of_firehose = [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "firehose.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT, "sts:ExternalId": ACCOUNT}},
        }
    ]
    # Whoever in this account is let by a policy of its own; the configuration can name principals instead.
    of_account = [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": [f"arn:aws-test:iam::{ACCOUNT}:root"]},
        }
    ]
    assert trust == {
        **{f"{function}-role": of_lambda for function in FUNCTIONS},
        **dict.fromkeys(("events-ingest-producer-role", "operations-operator-role"), of_account),
        **{f"{component}-schedule-role": _of_scheduler(component) for component in ("billing", "operations")},
        "ingest-role": of_firehose,
        "events-ingest-role": of_firehose,
    }


def _of_scheduler(component: str) -> list[dict[str, Any]]:
    group = arn("scheduler", f"schedule-group/{component}-schedules-arn")
    return [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": group}},
        }
    ]


def test_each_role_has_one_policy_of_its_own(program: Deployment) -> None:
    assert {record.name: record.inputs["role"] for record in program.of("RolePolicy")} == {
        f"{role}-policy": f"{role}-role-3333"
        for role in (
            *FUNCTIONS,
            "ingest",
            "events-ingest",
            "events-ingest-producer",
            "billing-schedule",
            "operations-schedule",
        )
    }
    (managed,) = program.of("RolePolicyAttachment")
    assert managed.inputs == {
        "role": "operations-operator-role-3333",
        "policyArn": f"arn:aws-test:iam::{ACCOUNT}:policy/operations-operator-policy-policy-arn",
    }
    inputs = {record.name: set(record.inputs) - {"assumeRolePolicy"} for record in program.of("Role")}
    assert {name: more for name, more in inputs.items() if more} == {"operations-operator-role": {"maxSessionDuration"}}


@pytest.mark.parametrize("function", ["ingest-transform", "events-ingest-transform", "customer-portal"])
def test_a_function_may_only_write_to_its_own_log_group(program: Deployment, function: str) -> None:
    assert program.one("RolePolicy", f"{function}-policy").policy() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": [arn("logs", f"log-group-arn:/aws/lambda/{function}-2222:*")],
            }
        ],
    }


@pytest.mark.parametrize(
    ("pipeline", "stream", "table"),
    [
        ("ingest", "amazon-apigateway-saas-metering-test", "api_requests"),
        ("events-ingest", "saas-metering-test-usage-events", "usage_events"),
    ],
    ids=["requests", "events"],
)
def test_firehose_may_append_to_one_table_and_keep_what_fails(
    program: Deployment, pipeline: str, stream: str, table: str
) -> None:
    table_bucket = arn("s3tables", "bucket/saas-metering-test-arn")
    function = arn("lambda", f"function:{pipeline}-transform-function-4444")
    logs = f"log-stream-arn:/aws/kinesisfirehose/{stream}"
    allowed = [
        (set(statement["Action"]), statement["Resource"])
        for statement in program.one("RolePolicy", f"{pipeline}-policy").policy()["Statement"]
    ]
    assert allowed == [
        (
            {"glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"},
            [
                arn("glue", "catalog"),
                arn("glue", "catalog/s3tablescatalog"),
                arn("glue", "catalog/s3tablescatalog/saas-metering-test"),
                arn("glue", "database/metering"),
                arn("glue", "database/s3tablescatalog/saas-metering-test/metering"),
                arn("glue", f"table/metering/{table}"),
                arn("glue", f"table/s3tablescatalog/saas-metering-test/metering/{table}"),
            ],
        ),
        ({"s3tables:GetNamespace", "s3tables:GetTableBucket"}, [table_bucket]),
        (
            {
                "s3tables:GetTable",
                "s3tables:GetTableData",
                "s3tables:GetTableMetadataLocation",
                "s3tables:PutTableData",
                "s3tables:UpdateTableMetadataLocation",
            },
            [f"{table_bucket}/table/uuid-of-{table}"],
        ),
        ({"lakeformation:GetDataAccess"}, ["*"]),
        (
            {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
            [f"arn:aws-test:s3:::{pipeline}-errors-0000"],
        ),
        (
            {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"},
            [f"arn:aws-test:s3:::{pipeline}-errors-0000/*"],
        ),
        ({"lambda:GetFunctionConfiguration", "lambda:InvokeFunction"}, [function, f"{function}:live"]),
        ({"logs:PutLogEvents"}, [arn("logs", f"{logs}:DestinationDelivery"), arn("logs", f"{logs}:BackupDelivery")]),
    ]
