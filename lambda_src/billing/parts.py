"""What the workflow works with: the adapters, connected as the environment says."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.config import Config as ClientConfig

from billing.catalogs import Catalogs
from billing.config import BillingSettings, Config
from billing.documents import Documents
from billing.events import Outbox
from billing.lake import AthenaLake, Lake
from billing.rollup_store import UsageItems
from billing.runs import Runs
from billing.store import Store
from billing.tasks import Tasks

_RETRIES = ClientConfig(retries={"mode": "standard", "max_attempts": 8})
"""Standard retries, bounded: with back-off for throttling and passing errors of all services."""


@dataclass(frozen=True)
class Parts:
    """The adapters, and the operator's settings."""

    settings: BillingSettings
    store: Store
    runs: Runs
    documents: Documents
    catalogs: Catalogs
    lake: Lake
    tasks: Tasks
    outbox: Outbox
    call_planner: Callable[[Mapping[str, Any]], None]
    """Calls the planner with an event, without waiting for what it does."""
    call_rollup: Callable[[Mapping[str, Any]], None] | None = None
    """Calls the rollup of usage likewise; None where it is not called."""
    usage: UsageItems | None = None
    """What each tenant used so far; None where it is neither written nor read."""


def connect(config: Config, catalog: Any, session: Any = boto3) -> Parts:
    """Return the adapters of a deployment.

    Args:
        config: as of the functions' environment.
        catalog: today's, as JSON values; None where it is not needed.
        session: of boto3; the default one if absent.
    """

    def client(service: str) -> Any:
        return session.client(service, config=_RETRIES)

    dynamodb, s3 = client("dynamodb"), client("s3")
    s3.meta.events.register_last("before-call.s3.PutObject", _send_at_once)
    store = Store(dynamodb, config.subscriptions_table, config.invoices_table, config.reconciliation_table)
    documents = Documents(s3, config.invoice_bucket)
    lake = AthenaLake(
        client("athena"),
        s3,
        workgroup=config.athena_workgroup,
        catalog=config.athena_catalog,
        database=config.database_name,
        names=config.table_names,
    )

    def call(function: str, event: Mapping[str, Any]) -> None:
        payload = json.dumps(event).encode()
        client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)

    def call_planner(event: Mapping[str, Any]) -> None:
        if config.planner_function is None:
            raise RuntimeError("PLANNER_FUNCTION must be set where the planner is called")
        call(config.planner_function, event)

    return Parts(
        config.settings,
        store,
        Runs(dynamodb, config.invoices_table),
        documents,
        Catalogs(documents, catalog),
        lake,
        Tasks(client("sqs"), config.task_queue_url, config.dead_letter_queue_url),
        Outbox(client("events"), store),
        call_planner,
        partial(call, config.rollup_function) if config.rollup_function else None,
        UsageItems(dynamodb, config.usage_table) if config.usage_table else None,
    )


def _send_at_once(params: dict[str, Any], **_: Any) -> None:
    """Send an object's content with its request: the documents are small, and asking first costs a round trip each."""
    params["headers"].pop("Expect", None)
