"""The function that counts, hour by hour, whether everything became a row, and what it goes by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components import _iam
from components._failures import tell_failures
from components._iam_watching import put_metrics, read_metrics
from components._log_metrics import EVENTS_ACCEPTED
from components._metrics import API_GATEWAY
from components._pipeline_alarms import WatchedSource
from components.lambda_function import LambdaFunction
from components.queried_lake import QueriedLakeArgs
from components.watched import WatchedApiArgs, WatchedBillingArgs

TIMEOUT_SECONDS = 900
"""Lambda's maximum: it waits for its queries."""
MEMORY_MB = 1024
LATE_HOURS = 3
"""Younger hours that do not balance are late: their records may still be in a buffer, or be tried again."""
RECHECK_HOURS = 48
"""How far back hours are looked at again until they balance."""
RETRY_SECONDS = 3600
"""By then the next hour's call has come, which does what this one would have done."""


@dataclass(frozen=True)
class ReconcilerParts:
    """What the reconciler works with."""

    lake: QueriedLakeArgs
    requests: WatchedSource
    events: WatchedSource
    billing: WatchedBillingArgs
    api: WatchedApiArgs
    actions_table_name: pulumi.Input[str]
    actions_table_arn: pulumi.Input[str]
    namespace: pulumi.Input[str]
    stream_tolerance_percent: str
    source_tolerance_percent: str
    log_retention_days: int


def reconciliation_settings(parts: ReconcilerParts) -> pulumi.Output[str]:
    """Return what the function goes by, as JSON text: operators' commands go by the same."""
    of_stage = {"ApiName": parts.api["api_name"], "Stage": parts.api["stage_name"]}
    # Other APIs may log to the stream: their rows are none of what this stage counts.
    rows_of_stage = {"api_id": parts.api["rest_api_id"], "stage": parts.api["stage_name"]}
    settings = {
        "sources": {
            parts.requests.role: _source(parts.requests, API_GATEWAY, "Count", of_stage, rows_of_stage),
            parts.events.role: _source(parts.events, parts.namespace, EVENTS_ACCEPTED, {}, {}),
        },
        "stream_tolerance_percent": parts.stream_tolerance_percent,
        "source_tolerance_percent": parts.source_tolerance_percent,
        "late_hours": LATE_HOURS,
        "recheck_hours": RECHECK_HOURS,
        "grace_hours": parts.billing["grace_hours"],
        "metric_namespace": parts.namespace,
    }
    return pulumi.Output.json_dumps(settings, sort_keys=True)


def reconciler(
    name: str, parts: ReconcilerParts, settings: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> LambdaFunction:
    """Make the function; what it fails at for good is a dead letter of billing's.

    Args:
        name: what the logical names begin with.
        parts: what it works with.
        settings: what it goes by.
        opts: options of every resource made here.
    """
    function = LambdaFunction(
        f"{name}-reconciler",
        {
            "handler": "handlers.reconciliation.handler",
            "description": "Counts whether every request and event became a row",
            "environment": {
                "RECONCILIATION_TABLE": parts.billing["reconciliation_table_name"],
                "ACTIONS_TABLE": parts.actions_table_name,
                "ATHENA_WORKGROUP": parts.lake["athena_workgroup"],
                "ATHENA_CATALOG": parts.lake["athena_catalog"],
                "DATABASE_NAME": parts.lake["database_name"],
                "TABLE_NAMES": pulumi.Output.json_dumps(parts.lake["table_names"], sort_keys=True),
                "RECONCILIATION_SETTINGS": settings,
            },
            "statements": [dict(statement) for statement in _statements(parts)],
            "lake": parts.lake,
            "memory_mb": MEMORY_MB,
            "timeout_seconds": TIMEOUT_SECONDS,
            "log_retention_days": parts.log_retention_days,
        },
        opts,
    )
    tell_failures(f"{name}-reconciler", function, parts.billing["dead_letter_queue_arn"], opts)
    return function


def _source(
    source: WatchedSource,
    namespace: pulumi.Input[str],
    metric: str,
    dimensions: Mapping[str, pulumi.Input[str]],
    rows: Mapping[str, pulumi.Input[str]],
) -> dict[str, Any]:
    """Return what is known of a source: which metric counts it, and which rows are of what that counts."""
    return {
        "stream": source.pipeline["stream_name"],
        "error_bucket": source.pipeline["error_bucket_name"],
        "counted": {"namespace": namespace, "metric": metric, "dimensions": dimensions},
        "counted_rows": rows,
    }


def _statements(parts: ReconcilerParts) -> list[_iam.Statement]:
    buckets = [source.pipeline["error_bucket_arn"] for source in (parts.requests, parts.events)]
    return [
        _iam.use_items(parts.billing["reconciliation_table_arn"], "GetItem", "PutItem", "Query", "UpdateItem"),
        _iam.use_items(parts.actions_table_arn, "Query"),
        *_iam.read_objects(*buckets),
        _iam.send_messages(parts.billing["dead_letter_queue_arn"]),
        read_metrics(),
        put_metrics(parts.namespace),
    ]
