"""Billing: tables and documents that outlive mistakes, tasks that are never lost, functions that know enough."""

import json
from typing import Any

import pulumi
import pytest

from billing.config import Config
from billing.events import SOURCE
from components import UsageBilling, _billing_storage
from components._billing_functions import EVENT_SOURCE
from components.catalog import read_catalog
from invoicing import keys
from rating.period import Period
from tests.unit.components.arguments_kit import BILLING
from tests.unit.components.billing_kit import SELLER, billing, environment
from tests.unit.components.fake_aws import arn
from tests.unit.components.harness import Deployment, deploy

PLANNER = arn("lambda", "function:b-planner-function-4444:live")
ROLLUP = arn("lambda", "function:b-rollup-function-4444:live")
DEAD_LETTERS = arn("sqs", "b-dead-letters-arn")


@pytest.fixture(scope="module")
def deployed() -> Deployment:
    return billing(seller=SELLER)


def test_tables_cost_by_the_request_and_can_be_set_back(deployed: Deployment) -> None:
    def table(hash_key: str, range_key: str) -> dict[str, Any]:
        return {
            "attributes": [{"name": hash_key, "type": "S"}, {"name": range_key, "type": "S"}],
            "billingMode": "PAY_PER_REQUEST",
            "deletionProtectionEnabled": True,
            "hashKey": hash_key,
            "pointInTimeRecovery": {"enabled": True},
            "rangeKey": range_key,
        }

    assert {record.name: record.inputs for record in deployed.of("aws:dynamodb/table:Table")} == {
        "b-subscriptions": table("shard", "tenant_id"),
        # What a final run leaves of each tenant is removed in time; no bill ever is.
        "b-invoices": {**table("pk", "sk"), "ttl": {"attributeName": "expires", "enabled": True}},
        "b-reconciliation": {**table("source", "hour"), "ttl": {"attributeName": "expires", "enabled": True}},
        # Counted anew whenever it is asked for: nothing guards it, and past months go in time.
        "b-usage": {
            **table("tenant_id", "period"),
            "ttl": {"attributeName": "expires", "enabled": True},
            "deletionProtectionEnabled": False,
        },
    }


def test_objects_can_be_locked_and_only_drafts_and_runs_grow_old(deployed: Deployment) -> None:
    assert deployed.one("Bucket").inputs == {"forceDestroy": False, "objectLockEnabled": True}
    assert deployed.one("BucketVersioning").inputs == {
        "bucket": "b-documents-0000",
        "versioningConfiguration": {"status": "Enabled"},
    }
    lifecycle = deployed.one("BucketLifecycleConfiguration")
    assert lifecycle.inputs == {
        "bucket": "b-documents-0000",
        "rules": [
            {
                "id": "old-drafts",
                "status": "Enabled",
                "filter": {"prefix": "draft/"},
                "noncurrentVersionExpiration": {"noncurrentDays": 30},
            },
            {
                "id": "old-runs",
                "status": "Enabled",
                "filter": {"prefix": "run/"},
                "expiration": {"days": 30},
                "noncurrentVersionExpiration": {"noncurrentDays": 1},
            },
        ],
    }
    assert "b-documents-versioning" in lifecycle.depends_on


def test_prefixes_are_those_of_the_keys() -> None:
    period = Period(2026, 10)
    written = [
        keys.draft_stem(period, "t"),
        keys.final_stem(period, "t", "INV-2026-000001"),
        keys.run_input("r", "a", 1),
        keys.run_candidate("r", "a", "t"),
        keys.catalog_key("d"),
    ]
    storage = _billing_storage
    assert [key.split("/")[0] + "/" for key in written] == [
        *(storage.DRAFTS, storage.FINALS, storage.RUNS, storage.RUNS, storage.CATALOGS)
    ]


def test_a_task_is_tried_five_times_and_then_kept_for_two_weeks(deployed: Deployment) -> None:
    queues = {record.name: dict(record.inputs) for record in deployed.of("aws:sqs/queue:Queue")}
    assert json.loads(queues["b-tasks"].pop("redrivePolicy")) == {
        "deadLetterTargetArn": DEAD_LETTERS,
        "maxReceiveCount": 5,
    }
    timeout = deployed.one("Function", "b-worker-function").inputs["timeout"]
    assert queues == {
        "b-tasks": {"sqsManagedSseEnabled": True, "visibilityTimeoutSeconds": 6 * timeout},
        "b-dead-letters": {"sqsManagedSseEnabled": True, "messageRetentionSeconds": 14 * 86_400},
    }


@pytest.mark.parametrize("queue", ["tasks", "dead-letters"])
def test_queues_refuse_plain_http(deployed: Deployment, queue: str) -> None:
    policy = deployed.one("QueuePolicy", f"b-{queue}-policy")
    assert policy.inputs["queueUrl"] == f"https://queues.example/b-{queue}-6666"
    assert policy.policy()["Statement"] == [
        {
            "Sid": "RefusePlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": [arn("sqs", f"b-{queue}-arn")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_the_worker_takes_one_batch_at_a_time_and_ten_side_by_side(deployed: Deployment) -> None:
    mapping = deployed.one("EventSourceMapping")
    assert mapping.inputs == {
        "eventSourceArn": arn("sqs", "b-tasks-arn"),
        "functionName": arn("lambda", "function:b-worker-function-4444:live"),
        "batchSize": 1,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 10},
    }
    assert "b-worker-policy" in mapping.depends_on


@pytest.mark.parametrize("function", ["planner", "rollup"])
def test_what_dies_is_called_again_and_then_told_of(deployed: Deployment, function: str) -> None:
    failures = deployed.one("FunctionEventInvokeConfig", f"b-{function}-failures")
    assert failures.inputs == {
        "functionName": f"b-{function}-function-4444",
        "qualifier": "live",
        "maximumRetryAttempts": 2,
        "destinationConfig": {"onFailure": {"destination": DEAD_LETTERS}},
    }
    assert f"b-{function}-policy" in failures.depends_on


@pytest.mark.parametrize(
    ("name", "expression", "function", "seconds"),
    [
        ("b-schedule", "cron(0 6 * * ? *)", PLANNER, 21_600),
        # What comes an hour late, the next one has done.
        ("b-rollup-schedule", "cron(5 * * * ? *)", ROLLUP, 3600),
    ],
    ids=["runs", "rollups"],
)
def test_a_schedule_tells_its_function_the_time_it_is_for(
    deployed: Deployment, name: str, expression: str, function: str, seconds: int
) -> None:
    schedule = deployed.one("Schedule", name)
    inputs = dict(schedule.inputs)
    target = inputs.pop("target")
    assert inputs == {
        "groupName": "b-schedules-7777",
        "scheduleExpression": expression,
        "scheduleExpressionTimezone": "UTC",
        "flexibleTimeWindow": {"mode": "OFF"},
    }
    assert json.loads(target.pop("input")) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}
    assert target == {
        "arn": function,
        "roleArn": "arn:aws-test:iam::210987654321:role/b-schedule-role-role-arn",
        "retryPolicy": {"maximumEventAgeInSeconds": seconds, "maximumRetryAttempts": 24},
        "deadLetterConfig": {"arn": DEAD_LETTERS},
    }
    assert "b-schedule-policy" in schedule.depends_on


def test_the_code_reads_from_its_environment_what_the_component_puts_there(deployed: Deployment) -> None:
    planner, worker = (Config.read(environment(deployed, function)) for function in ("planner", "worker"))
    assert (planner.planner_function, worker.planner_function) == (None, PLANNER)
    assert (planner.rollup_function, worker.rollup_function) == (ROLLUP, None)
    names = ("subscriptions_table", "invoices_table", "reconciliation_table", "invoice_bucket")
    assert [getattr(planner, name) for name in names] == [
        *("b-subscriptions-5555", "b-invoices-5555", "b-reconciliation-5555", "b-documents-0000")
    ]
    assert (planner.task_queue_url, planner.dead_letter_queue_url) == (
        "https://queues.example/b-tasks-6666",
        "https://queues.example/b-dead-letters-6666",
    )
    lake = (planner.athena_workgroup, planner.athena_catalog, planner.database_name, dict(planner.table_names))
    assert lake == ("w", "s3tablescatalog/b", "d", {"api-requests": "t", "tombstones": "v"})
    shared = {key: value for key, value in environment(deployed, "planner").items() if key != "ROLLUP_FUNCTION"}
    assert environment(deployed, "worker") == {**shared, "PLANNER_FUNCTION": PLANNER}
    assert environment(deployed, "rollup") == {**shared, "USAGE_TABLE": "b-usage-5555"}
    assert Config.read(environment(deployed, "rollup")).usage_table == "b-usage-5555"


def test_planner_and_rollup_carry_the_catalog_and_the_worker_takes_that_of_its_run(deployed: Deployment) -> None:
    archives = {
        function: deployed.one("Function", f"b-{function}-function").inputs["code"]
        for function in ("planner", "worker", "rollup")
    }
    files = {
        function: {path: asset.text for path, asset in archive.assets.items() if isinstance(asset, pulumi.StringAsset)}
        for function, archive in archives.items()
    }
    catalog = {"catalog.json": read_catalog("catalog.yaml")}
    assert files == {"planner": catalog, "worker": {}, "rollup": catalog}


def test_functions_have_time_and_room(deployed: Deployment) -> None:
    functions = {record.name: record.inputs for record in deployed.of("aws:lambda/function:Function")}
    assert {name: (inputs["timeout"], inputs["memorySize"]) for name, inputs in functions.items()} == {
        "b-planner-function": (900, 1769),
        "b-rollup-function": (900, 1769),
        "b-worker-function": (300, 1769),
    }


def test_events_come_from_the_source_that_the_policy_lets_through() -> None:
    assert EVENT_SOURCE == SOURCE


def test_it_can_be_made_twice_in_one_program() -> None:
    def both() -> None:
        UsageBilling("one", BILLING)  # type: ignore[typeddict-item]
        UsageBilling("two", BILLING)  # type: ignore[typeddict-item]

    assert deploy(both).names("Schedule") == [
        *("one-rollup-schedule", "one-schedule", "two-rollup-schedule", "two-schedule")
    ]
