"""The functions of billing: one plans a run, many others rate and write its batches, and one sums up usage so far."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import _iam
from components._billing_queues import BillingQueues
from components._billing_storage import CATALOGS, DRAFTS, FINALS, RUNS, BillingTables
from components._failures import tell_failures
from components._names import Place
from components.catalog import CATALOG_FILE
from components.lambda_function import LambdaFunction
from components.queried_lake import QueriedLakeArgs

PLANNER_TIMEOUT_SECONDS = 900
"""Lambda's maximum: a run, and a rollup, waits for its queries."""
WORKER_TIMEOUT_SECONDS = 300
"""A run of 100,000 tenants is numbered in one call."""
MEMORY_MB = 1769
"""Worth a whole processor: planning, numbering and a rollup are one call each, and mostly computing."""
WORKERS_AT_ONCE = 10
"""Batches rated side by side: what bounds the load on the tables, and leaves the account's other functions room."""
EVENT_SOURCE = "saas-metering.billing"
"""What the events of billing say they come from."""


@dataclass(frozen=True)
class BillingParts:
    """What the functions of a billing work with."""

    tables: BillingTables
    bucket: aws.s3.Bucket
    queues: BillingQueues
    lake: QueriedLakeArgs
    catalog: str
    """As canonical JSON."""
    settings: str
    """As JSON."""
    log_retention_days: int
    place: Place


def billing_rollup(name: str, parts: BillingParts, opts: pulumi.ResourceOptions) -> LambdaFunction:
    """Make the function that sums up each tenant's usage so far; what it fails at is told like the planner's."""
    rollup = LambdaFunction(
        f"{name}-rollup",
        {
            "handler": "handlers.usage_rollup.handler",
            "description": "Sums up each tenant's usage so far",
            "environment": {**_environment(parts), "USAGE_TABLE": parts.tables.usage.name},
            "statements": [dict(statement) for statement in _rollup_statements(parts)],
            "lake": parts.lake,
            "files": {CATALOG_FILE: parts.catalog},
            "memory_mb": MEMORY_MB,
            "timeout_seconds": PLANNER_TIMEOUT_SECONDS,
            "log_retention_days": parts.log_retention_days,
        },
        opts,
    )
    tell_failures(f"{name}-rollup", rollup, parts.queues.dead_letters.arn, opts)
    return rollup


def billing_planner(
    name: str, parts: BillingParts, rollup: LambdaFunction, opts: pulumi.ResourceOptions
) -> LambdaFunction:
    """Make the function that plans a run, and after it calls the rollup."""
    planner = LambdaFunction(
        f"{name}-planner",
        {
            "handler": "handlers.billing_planner.handler",
            "description": "Plans billing runs",
            "environment": {**_environment(parts), "ROLLUP_FUNCTION": rollup.arn},
            "statements": [dict(statement) for statement in _planner_statements(parts, rollup)],
            "lake": parts.lake,
            "files": {CATALOG_FILE: parts.catalog},
            "memory_mb": MEMORY_MB,
            "timeout_seconds": PLANNER_TIMEOUT_SECONDS,
            "log_retention_days": parts.log_retention_days,
        },
        opts,
    )
    tell_failures(f"{name}-planner", planner, parts.queues.dead_letters.arn, opts)
    return planner


def billing_worker(
    name: str, parts: BillingParts, planner: LambdaFunction, opts: pulumi.ResourceOptions
) -> LambdaFunction:
    """Make the function that works a run's tasks off, and connect it with their queue."""
    worker = LambdaFunction(
        f"{name}-worker",
        {
            "handler": "handlers.billing_worker.handler",
            "description": "Rates, numbers and writes invoices",
            "environment": {**_environment(parts), "PLANNER_FUNCTION": planner.arn},
            "statements": [dict(statement) for statement in _worker_statements(parts, planner)],
            # No catalog: a worker rates by the one that its run began with.
            "memory_mb": MEMORY_MB,
            "timeout_seconds": WORKER_TIMEOUT_SECONDS,
            "log_retention_days": parts.log_retention_days,
        },
        opts,
    )
    aws.lambda_.EventSourceMapping(
        f"{name}-worker-tasks",
        event_source_arn=parts.queues.tasks.arn,
        function_name=worker.arn,
        # One message holds up to 50 tenants: more at once would only make one failure repeat the others' work.
        batch_size=1,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config={"maximum_concurrency": WORKERS_AT_ONCE},
        # Lambda refuses a queue that the function's role may not read.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[worker])),
    )
    return worker


def _environment(parts: BillingParts) -> dict[str, pulumi.Input[str]]:
    return {
        "SUBSCRIPTIONS_TABLE": parts.tables.subscriptions.name,
        "INVOICES_TABLE": parts.tables.invoices.name,
        "RECONCILIATION_TABLE": parts.tables.reconciliation.name,
        "INVOICE_BUCKET": parts.bucket.bucket,
        "TASK_QUEUE_URL": parts.queues.tasks.url,
        "DEAD_LETTER_QUEUE_URL": parts.queues.dead_letters.url,
        "ATHENA_WORKGROUP": parts.lake["athena_workgroup"],
        "ATHENA_CATALOG": parts.lake["athena_catalog"],
        "DATABASE_NAME": parts.lake["database_name"],
        "TABLE_NAMES": pulumi.Output.json_dumps(parts.lake["table_names"], sort_keys=True),
        "BILLING_SETTINGS": parts.settings,
    }


def _rollup_statements(parts: BillingParts) -> list[_iam.Statement]:
    # What it leaves there are limits that were reached, and their events, which it takes away when they are published.
    on_invoices = ("BatchGetItem", "BatchWriteItem", "PutItem", "Query")
    return [
        _iam.use_items(parts.tables.subscriptions.arn, "Query"),
        _iam.use_items(parts.tables.invoices.arn, *on_invoices),
        _iam.use_items(parts.tables.usage.arn, "PutItem"),
        _iam.send_messages(parts.queues.dead_letters.arn),
        _iam.put_events(parts.place.arn("events", "event-bus/default"), EVENT_SOURCE),
    ]


def _planner_statements(parts: BillingParts, rollup: LambdaFunction) -> list[_iam.Statement]:
    on_invoices = ("BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem")
    return [
        _iam.use_items(parts.tables.subscriptions.arn, "GetItem", "Query"),
        _iam.use_items(parts.tables.invoices.arn, *on_invoices),
        _iam.use_items(parts.tables.reconciliation.arn, "Query"),
        _iam.use_objects(parts.bucket.arn, [CATALOGS, RUNS], "PutObject"),
        # Earlier invoices, too: a dry run tells what it would adjust.
        _iam.use_objects(parts.bucket.arn, [CATALOGS, FINALS], "GetObject"),
        _iam.miss_objects(parts.bucket.arn),
        _iam.send_messages(parts.queues.tasks.arn, parts.queues.dead_letters.arn),
        _iam.invoke(rollup.arn),
    ]


def _worker_statements(parts: BillingParts, planner: LambdaFunction) -> list[_iam.Statement]:
    # Deleting is a batch of writes here: of published events.
    on_invoices = ("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem")
    return [
        _iam.use_items(parts.tables.invoices.arn, *on_invoices),
        _iam.use_objects(parts.bucket.arn, [CATALOGS], "GetObject"),
        _iam.use_objects(parts.bucket.arn, [DRAFTS, FINALS, RUNS], "GetObject", "PutObject"),
        _iam.use_objects(parts.bucket.arn, [FINALS], "PutObjectRetention"),
        # A draft that somebody deleted is written anew, and a missing file is named as such in a dead letter.
        _iam.miss_objects(parts.bucket.arn),
        _iam.receive_messages(parts.queues.tasks.arn),
        _iam.send_messages(parts.queues.tasks.arn, parts.queues.dead_letters.arn),
        _iam.put_events(parts.place.arn("events", "event-bus/default"), EVENT_SOURCE),
        _iam.invoke(planner.arn),
    ]
