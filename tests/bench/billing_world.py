"""The program deployed in the embedded AWS with any number of tenants, and a draft run of all of them."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from billing.chunks import in_chunks
from billing.store import shard_of
from billing.tasks import Task
from embedded_aws import iceberg
from embedded_aws.engine import Stack
from embedded_aws.server import EmbeddedAws
from metering.records import API_REQUESTS
from rating.period import Period
from tools.billing.stack import BillingStack
from tools.deployment import PROJECT, STACK
from tools.outputs import StackOutputs

PERIOD = Period(2026, 10)
AS_OF = "2026-10-31T12:00:00Z"
"""The run's time: later than all rows."""
ROWS_PER_TENANT = 12
SAMPLE = 50
"""Drafts that are looked into."""
_MOST_SECONDS = 3600.0
_POLL_SECONDS = 0.1
_DAYS = 30
_ROWS_PER_FILE = 200_000
_WRITES_PER_REQUEST = 25
_CUSTOMER = {
    "legal_name": "Customer Ltd",
    "address": ["1 High Street", "London"],
    "tax_id": "GB123456789",
    "email": "billing@customer.example",
    "country": "GB",
    "tax_rate": "20",
    "reverse_charge": False,
}


class BenchError(RuntimeError):
    """A run did other work than it is measured for."""


@dataclass(frozen=True)
class Process:
    """A process of a function."""

    peak_mb: float
    """The most memory that it has held."""
    seconds: float
    """How long it has computed."""


@dataclass(frozen=True)
class World:
    """The deployed program."""

    aws: EmbeddedAws
    outputs: StackOutputs
    worker: str
    """Name of the workers' function."""

    @classmethod
    def deploy(cls, aws: EmbeddedAws) -> "World":
        """Deploy the program as `Pulumi.dev.yaml` says."""
        exports = Stack(PROJECT, STACK, aws.session()).up().exports
        outputs = StackOutputs.of({**exports, "endpoint_url": aws.url})
        return cls(aws, outputs, exports["billing_worker_function_name"])

    @cached_property
    def stack(self) -> BillingStack:
        """Its billing."""
        return BillingStack(self.outputs)

    def add(self, tenants: int) -> None:
        """Write the accounts of tenants, and rows of the period straight into the table."""
        table = self.stack.store.subscriptions
        items = (table.putting(account)["Put"]["Item"] for number in range(tenants) if (account := account_of(number)))
        for some in in_chunks(items, _WRITES_PER_REQUEST):
            requests = [{"PutRequest": {"Item": item}} for item in some]
            self.client("dynamodb").batch_write_item(RequestItems={table.name: requests})
        name = iceberg.TableName(self.outputs.table_bucket_arn, self.outputs.namespace, self.outputs.table_name)
        lake = iceberg.load(name)
        schema = lake.schema().as_arrow()
        for rows in in_chunks(rows_of(tenants), _ROWS_PER_FILE):
            lake.append(pa.Table.from_pylist(rows, schema=schema))

    def warm_up(self) -> None:
        """Start the functions' processes: what that takes does not depend on the tenants."""
        self.stack.parts.tasks.send([Task("sweep")] * 40)
        self._call_planner({"as_of": AS_OF, "dry_run": True, "tenants": ["nobody"], "period": str(PERIOD)})
        self.settle()

    def draft(self) -> float:
        """Have the planner draft the period, and wait until all has come to rest; return the seconds."""
        started = time.perf_counter()
        self.start()
        self.settle()
        return time.perf_counter() - started

    def start(self) -> None:
        """Have the planner draft the period."""
        self._call_planner({"scheduled_time": AS_OF, "period": str(PERIOD)})

    def settle(self) -> None:
        """Wait until no function runs, and none is to take a message.

        Raises:
            BenchError: something is still under way when a run must have come to its end.
        """
        end = time.monotonic() + _MOST_SECONDS
        while under_way := self.aws.activity.under_way():
            if time.monotonic() > end:
                raise BenchError(f"a run must end within {_MOST_SECONDS:.0f} s; still under way: {under_way}")
            time.sleep(_POLL_SECONDS)

    def check(self, tenants: int) -> None:
        """See to it that the tenants have the drafts that they must have.

        Raises:
            BenchError: they have not.
        """
        pages = self.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.outputs.invoice_bucket_name, Prefix=f"draft/period={PERIOD}/")
        objects = sum(page["KeyCount"] for page in found)
        if objects != 3 * tenants:
            raise BenchError(f"drafts must be {3 * tenants} objects, are {objects}")
        sample = [tenant_id(number) for number in range(0, tenants, max(1, tenants // SAMPLE))]
        heads = self.stack.store.heads(sample, PERIOD)
        for tenant in sample:
            document = self.stack.documents.document(heads[tenant].location or "")
            rows = sum(document["evidence"]["rows_per_day"].values())
            if rows != ROWS_PER_TENANT:
                raise BenchError(f"draft of {tenant} must rest on {ROWS_PER_TENANT} rows, rests on {rows}")

    def processes(self, function: str) -> list[Process]:
        """Return a function's processes as they are now."""
        return [_process(folder) for folder in Path("/proc").glob("[0-9]*") if _runs(folder, function)]

    def _call_planner(self, event: dict[str, Any]) -> None:
        name = self.outputs.billing_planner_function_name
        payload = json.dumps(event).encode()
        self.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=payload)

    def client(self, service: str) -> Any:
        """Return root's client of a service."""
        return self.outputs.session().client(service)


def tenant_id(number: int) -> str:
    """Return the id of a tenant."""
    return f"tenant-{number:07d}"


def account_of(number: int) -> dict[str, Any] | None:
    """Return the item of a tenant's account; None for one without, who is on the default plan.

    Of twenty tenants six have none, and one changes its plan in the middle of the month.
    """
    place = number % 20
    if place < 6:
        return None
    plans = [{"plan": "team" if place < 17 else "enterprise", "start": "2026-01-01", "end": None}]
    if place == 19:
        plans = [
            {"plan": "team", "start": "2026-01-01", "end": "2026-10-15"},
            {"plan": "enterprise", "start": "2026-10-15", "end": None},
        ]
    tenant = tenant_id(number)
    account = {"customer": _CUSTOMER, "subscriptions": plans}
    return {"shard": shard_of(tenant), "tenant_id": tenant, "account": account, "version": 1, "updated_at": AS_OF}


def rows_of(tenants: int) -> Iterator[dict[str, Any]]:
    """Yield the rows, tenant by tenant, spread over the month."""
    absent = dict.fromkeys(column.name for column in API_REQUESTS.columns)
    for tenant in range(tenants):
        for number in range(ROWS_PER_TENANT):
            moment = PERIOD.start + timedelta(days=(7 * number + tenant) % _DAYS, seconds=tenant % 40_000)
            yield absent | {
                "extended_request_id": f"{tenant:07d}-{number:03d}=",
                "request_id": f"{tenant:07d}-{number:03d}",
                "request_time": moment,
                "ingested_at": moment + timedelta(minutes=1),
                "tenant_id": tenant_id(tenant),
                "user": f"user-{tenant}-{number % 4}",
                "http_method": ("GET", "POST")[number % 2],
                "resource_path": "/random/strings",
                "status": 200,
                "response_length": 1000 + number,
                "billable": True,
            }


def _runs(folder: Path, function: str) -> bool:
    """Tell whether a process is a function's, started by this one."""
    try:
        parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        environment = (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is another user's
        return False
    return int(parent) == os.getpid() and f"AWS_LAMBDA_FUNCTION_NAME={function}".encode() in environment


def _process(folder: Path) -> Process:
    [peak] = [line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM:")]
    times = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
    return Process(int(peak.split()[1]) / 1024, sum(map(int, times)) / os.sysconf("SC_CLK_TCK"))
