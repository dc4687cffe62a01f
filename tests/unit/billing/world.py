"""A deployment of billing in memory: accounts and rows in, runs driven to their end, bills and events out."""

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from billing.catalogs import Catalogs
from billing.config import BillingSettings
from billing.documents import Documents
from billing.events import Outbox
from billing.parts import Parts
from billing.planner import plan
from billing.rollup import roll_up
from billing.rollup_store import UsageItems
from billing.runs import Runs
from billing.store import AccountItem, Store
from billing.tasks import Tasks
from billing.worker import work
from metering.tombstone import VOID
from tests.unit.billing.fake_aws import FakeAws, KilledError
from tests.unit.billing.fake_lake import FakeLake, Row, Tombstone

SELLER = {"legal_name": "Seller Ltd", "address": ["1 Road", "Town"], "tax_id": "GB1", "email": "pay@seller.example"}
SETTINGS = {
    "seller": SELLER,
    "payment_terms_days": 14,
    "grace_hours": 72,
    "late_usage_months": 3,
    "retention_days": 3650,
    "object_lock_mode": "GOVERNANCE",
    "invoice_prefix": "INV",
    "credit_note_prefix": "CN",
    "require_reconciliation": False,
}
CUSTOMER = {
    "legal_name": "Customer Ltd",
    "email": "in@customer.example",
    "address": ["2 Street"],
    "tax_id": None,
    "country": None,
    "tax_rate": "20",
    "reverse_charge": False,
}
METER = {"description": "API calls", "unit": "call", "aggregation": "count"}


def plan_of(unit_amount: str, fee: str | None = None, **keys: Any) -> dict[str, Any]:
    price = {"meter": "api_calls", "price": {"model": "per_unit", "unit_amount": unit_amount}}
    version = {"name": "v1", "effective_from": "2025-01-01", "recurring_fee": fee, "prices": [price]}
    return {"description": "Plan", "currency": "USD", "currency_exponent": 2, "versions": [version], **keys}


CATALOG = {
    "default_plan": "payg",
    "meters": {"api_calls": METER},
    "plans": {
        "payg": plan_of("0.10"),
        "team": plan_of("0.01", "30", issue_zero_invoices=True),
        "pro": plan_of("0.05", "310"),
        "euro": plan_of("0.10", "10", currency="EUR"),
    },
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class World:
    """One deployment; `raw` is the catalog that its functions are shipped with."""

    raw: dict[str, Any] = field(default_factory=lambda: CATALOG)
    settings: dict[str, Any] = field(default_factory=lambda: SETTINGS)
    aws: FakeAws = field(default_factory=FakeAws)

    def __post_init__(self) -> None:
        self.lake = FakeLake({})
        self.deploy(self.raw)

    def deploy(self, raw: dict[str, Any], **settings: Any) -> None:
        """Ship another catalog, or other settings."""
        self.settings = {**self.settings, **settings}
        store = Store(self.aws.dynamodb, "subscriptions", "invoices", "reconciliation")
        documents = Documents(self.aws, "bucket")
        self.planner = Parts(
            BillingSettings.parse(json.dumps(self.settings)),
            store,
            Runs(self.aws.dynamodb, "invoices"),
            documents,
            Catalogs(documents, raw),
            self.lake,
            Tasks(self.aws, "tasks", "dead-letters"),
            Outbox(self.aws, store),
            self.aws.call_planner,
            self.aws.call_rollup,
            UsageItems(self.aws.dynamodb, "usage"),
        )
        self.worker = Parts(**{**vars(self.planner), "catalogs": Catalogs(documents)})
        today = self.planner.catalogs.today
        self.lake.catalogs = {**self.lake.catalogs, today.digest: today}

    def account(self, tenant_id: str, *subscriptions: tuple[str, str, str | None], **customer: Any) -> None:
        """Set a tenant's account, whatever it was."""
        known = self.planner.store.account(tenant_id)
        plans = [{"plan": plan, "start": start, "end": end} for plan, start, end in subscriptions]
        account = {"customer": {**CUSTOMER, **customer}, "subscriptions": plans}
        item = AccountItem(tenant_id, account, known.version if known else 0)
        self.planner.store.put_account(item, "2026-01-01T00:00:00Z")

    def calls(self, tenant_id: str, day: str, count: int, *, ingested: str | None = None) -> None:
        """Add calls of a tenant at noon of a day; they arrive a minute later if not said otherwise."""
        time = at(f"{day}T12:00:00")
        arrived = at(ingested) if ingested else time + timedelta(minutes=1)
        start = len(self.lake.rows)
        self.lake.rows += [Row(f"key-{start + number}", tenant_id, time, arrived) for number in range(count)]

    def void(self, tenant_id: str, day: str, count: int, *, at: str, action: str = VOID) -> None:
        """Make the first of a tenant's calls of a day void, or count again."""
        calls = [row for row in self.lake.rows if (row.tenant_id, row.time.date().isoformat()) == (tenant_id, day)]
        moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
        self.lake.tombstones += [Tombstone(row.key, tenant_id, row.time, moment, action) for row in calls[:count]]

    def plan(self, event: dict[str, Any]) -> dict[str, Any]:
        """Call the planner."""
        return plan(self.planner, event)

    def run(self, time: str) -> None:
        """Let the schedule call the planner, and all that follows come to its end."""
        self.aws.planner_calls.append({"scheduled_time": time})
        self.drain()

    def drain(self) -> None:
        """Deliver calls and messages until there are none; what is killed or fails comes again."""
        while self.aws.planner_calls or self.aws.tasks:
            if self.aws.planner_calls:
                event = self.aws.planner_calls[0]
                try:
                    self.plan(event)
                except (KilledError, ClientError):
                    continue
                self.aws.planner_calls.remove(event)
            else:
                self.deliver(self.aws.tasks[0])

    def roll_up(self, event: dict[str, Any]) -> dict[str, Any]:
        """Call the rollup of usage."""
        return roll_up(self.planner, event)

    def deliver(self, message: dict[str, Any]) -> None:
        """Let a worker take a message; it is gone unless the worker fails or is killed."""
        message["receives"] += 1
        record = {**message, "attributes": {"ApproximateReceiveCount": str(message["receives"])}}
        try:
            answer = work(self.worker, {"Records": [record]})
        except (KilledError, ClientError):
            return
        if not answer["batchItemFailures"] and message in self.aws.tasks:
            self.aws.tasks.remove(message)

    def copy(self) -> "World":
        """The same state again, on which another run can be tried."""
        other = World(self.raw, self.settings)
        other.aws.dynamodb.tables = copy.deepcopy(self.aws.dynamodb.tables)
        other.aws.objects = dict(self.aws.objects)
        other.aws.tasks = copy.deepcopy(self.aws.tasks)
        other.aws.published = list(self.aws.published)
        other.aws.buried = list(self.aws.buried)
        other.aws.planner_calls = copy.deepcopy(self.aws.planner_calls)
        other.lake.rows, other.lake.answers = list(self.lake.rows), self.lake.answers
        other.lake.tombstones = list(self.lake.tombstones)
        return other

    def items(self, prefix: str) -> dict[str, dict[str, Any]]:
        """Items of the invoices table whose partitions begin so, by their keys."""
        found = self.aws.dynamodb.tables["invoices"].items()
        return {f"{pk} {sk}": item for (pk, sk), item in sorted(found) if pk.startswith(prefix)}

    def document(self, key: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.aws.objects[key]["Body"])
        return document

    def state(self) -> dict[str, Any]:
        """All that runs leave behind for good, but what names the tries that led to it."""
        lasting = {
            name: item
            for prefix in ("TENANT#", "PERIODS", "NUMBERS", "OUTBOX")
            for name, item in self.items(prefix).items()
        }
        lock = {name: (item["state"], item.get("continue_at")) for name, item in self.items("FINAL").items()}
        objects = {key: found["Body"] for key, found in sorted(self.aws.objects.items()) if not key.startswith("run/")}
        events = {json.dumps(json.loads(entry["Detail"]), sort_keys=True) for entry in self.aws.published}
        return {
            "items": lasting,
            "lock": lock,
            "objects": objects,
            "events": events,
            "buried": {json.dumps(one, sort_keys=True) for one in self.aws.buried},
        }
