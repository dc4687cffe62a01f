"""The functions that customers' calls end at: what each knows, and the least that it may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components import _iam
from components._billing_storage import CATALOGS, FINALS, PERIODS, TENANTS
from components.catalog import CATALOG_FILE
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.queried_lake import QueriedLakeArgs
from components.shown_billing import ShownBillingArgs
from components.stream import StreamArgs

MEMORY_MB = 512
"""Memory buys processor: with less, the SDK's import alone makes a first caller wait for seconds."""
EVENTS_MEMORY_MB = 1769
"""Worth a whole processor: a request is up to 1 MiB of JSON, read, checked and written again."""
SECONDS = 10
LONGEST_SECONDS = 29
"""As long as API Gateway waits: Firehose is tried for 20 s, and Athena's answer waited for."""


@dataclass(frozen=True)
class CustomerParts:
    """What the functions work with."""

    lake: QueriedLakeArgs
    billing: ShownBillingArgs
    catalog: str
    """As canonical JSON."""
    events: StreamArgs
    log_retention_days: int


@dataclass(frozen=True)
class _Function:
    handler: str
    description: str
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statements: tuple[_iam.Statement, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    memory_mb: int = MEMORY_MB
    timeout_seconds: int = SECONDS
    queries: bool = False
    """Whether it queries the lake."""


def customer_functions(name: str, parts: CustomerParts, opts: pulumi.ResourceOptions) -> Mapping[str, LambdaFunction]:
    """Make the functions `events`, `usage`, `invoices`, `lines` and `portal`, each with a role of its own."""
    functions = {
        "events": _events(parts),
        "usage": _usage(parts),
        "invoices": _invoices(parts),
        "lines": _lines(parts),
        "portal": _Function("handlers.portal.handler", "Serves the page that shows usage and bills"),
    }
    return {
        role: LambdaFunction(f"{name}-{role}", _arguments(function, parts), opts)
        for role, function in functions.items()
    }


def _arguments(function: _Function, parts: CustomerParts) -> LambdaFunctionArgs:
    arguments: LambdaFunctionArgs = {
        "handler": function.handler,
        "description": function.description,
        "environment": dict(function.environment),
        "statements": [dict(statement) for statement in function.statements],
        "files": dict(function.files),
        "memory_mb": function.memory_mb,
        "timeout_seconds": function.timeout_seconds,
        "log_retention_days": parts.log_retention_days,
    }
    if function.queries:
        arguments["lake"] = parts.lake
    return arguments


def _events(parts: CustomerParts) -> _Function:
    return _Function(
        "handlers.events.handler",
        "Takes customers' usage events",
        environment={
            "EVENTS_STREAM": parts.events["stream_name"],
            "INVOICES_TABLE": parts.billing["invoices_table_name"],
            "USAGE_TABLE": parts.billing["usage_table_name"],
        },
        statements=(
            _iam.put_records(parts.events["stream_arn"], "PutRecordBatch"),
            # Which periods are finalized, and nothing about anybody's bills.
            _iam.use_partitions(parts.billing["invoices_table_arn"], [PERIODS], "Query"),
            _iam.use_items(parts.billing["usage_table_arn"], "GetItem"),
        ),
        files={CATALOG_FILE: parts.catalog},
        memory_mb=EVENTS_MEMORY_MB,
        timeout_seconds=LONGEST_SECONDS,
    )


def _usage(parts: CustomerParts) -> _Function:
    return _Function(
        "handlers.customer_usage.handler",
        "Tells customers their usage so far",
        environment={"USAGE_TABLE": parts.billing["usage_table_name"]},
        statements=(_iam.use_items(parts.billing["usage_table_arn"], "GetItem"),),
    )


def _invoices(parts: CustomerParts) -> _Function:
    return _Function(
        "handlers.customer_invoices.handler",
        "Shows customers their invoices",
        environment=_documents(parts),
        statements=(
            _iam.use_partitions(parts.billing["invoices_table_arn"], [TENANTS], "GetItem", "Query"),
            _iam.use_objects(parts.billing["invoice_bucket_arn"], [FINALS], "GetObject"),
            _iam.miss_objects(parts.billing["invoice_bucket_arn"]),
        ),
    )


def _lines(parts: CustomerParts) -> _Function:
    return _Function(
        "handlers.customer_lines.handler",
        "Shows customers what is behind a line of an invoice",
        environment={
            **_documents(parts),
            "ATHENA_WORKGROUP": parts.lake["athena_workgroup"],
            "ATHENA_CATALOG": parts.lake["athena_catalog"],
            "DATABASE_NAME": parts.lake["database_name"],
            "TABLE_NAMES": pulumi.Output.json_dumps(parts.lake["table_names"], sort_keys=True),
        },
        statements=(
            _iam.use_partitions(parts.billing["invoices_table_arn"], [TENANTS], "GetItem"),
            _iam.use_objects(parts.billing["invoice_bucket_arn"], [CATALOGS, FINALS], "GetObject"),
            _iam.miss_objects(parts.billing["invoice_bucket_arn"]),
        ),
        queries=True,
        timeout_seconds=LONGEST_SECONDS,
    )


def _documents(parts: CustomerParts) -> dict[str, pulumi.Input[str]]:
    return {
        "INVOICES_TABLE": parts.billing["invoices_table_name"],
        "INVOICE_BUCKET": parts.billing["invoice_bucket_name"],
    }
