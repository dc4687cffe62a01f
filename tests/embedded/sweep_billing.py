"""The month of a billing that lives through all that its roles are for: usage, late rows, a limit, adjustments."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from billing.rollup_store import UsageItems
from billing.store import AccountItem, shard_of
from embedded_aws import iceberg
from rating.period import Period
from tests.embedded.billing_kit import CUSTOMER
from tests.embedded.gateway_kit import request
from tests.embedded.sweep_kit import Deployment
from tools.billing.stack import BillingStack

TENANT = "swept"
FIRST = Period(2040, 1)
LATER = Period(2049, 5)
"""A month that is rolled up and not billed."""
CALLS, TOKENS, LATE = 3, 6_000_000, 1_000_000
"""Requests of a month; tokens, beyond the plan's soft limit; and those that come a month later."""
FUNCTIONS = ("billing-planner", "billing-worker", "billing-rollup")


class Months:
    """Months of one tenant, billed one after the other by the deployment's own schedule."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stack = deployment, BillingStack(deployment.outputs)
        self._open(TENANT, FIRST)
        self.month = FIRST.previous
        self.open = False
        """Whether there are rows that no `check` has found on an invoice."""

    def use(self) -> None:
        """Begin the next month, with its rows and a late one of the month before."""
        self.month, self._runs, self.open = self.month.next, 0, True
        outputs = self._deployment.outputs
        self._append(outputs.table_name, [_request(self.month, day) for day in range(10, 10 + CALLS)])
        events = [_tokens(self.month, "in time", TOKENS, self.month)]
        if self.month != FIRST:
            events.append(_tokens(self.month.previous, "late", LATE, self.month))
        self._append(outputs.usage_events_table_name, events)

    def run(self) -> list[str]:
        """Let the next run be called by its schedule; give what stays in a queue."""
        self._runs += 1
        time = self.month.end + timedelta(days=3, hours=self._runs)
        outputs = self._deployment.outputs
        body = {
            "Name": outputs.billing_schedule_name,
            "GroupName": outputs.billing_schedule_group_name,
            "ScheduledTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        }
        url = f"{self._deployment.aws.url}/_embedded/scheduler/fire"
        assert request(url, method="POST", data=json.dumps(body).encode()).status == 200
        return self._deployment.settle()

    def invoice(self) -> str:
        """Give the number of an invoice, of the first month if none is billed yet."""
        if self.month < FIRST:
            self.use()
            self.run()
        return self._stack.store.tenant(TENANT).invoices[0].number

    def line(self) -> str:
        """Give the place of the line of API calls in that invoice."""
        location = self._stack.store.tenant(TENANT).invoices[0].location
        meters = [line["meter"] for line in self._stack.parts.documents.document(location)["lines"]]
        return str(meters.index("api_calls") + 1)

    def check(self) -> None:
        """Demand the month's one invoice, with all of its rows and the late ones of the month before; all is told."""
        store, documents = self._stack.store, self._stack.parts.documents
        found = [one for one in store.tenant(TENANT).invoices if one.period == self.month]
        assert len(found) == 1, f"{self.month} has {len(found)} invoices"
        document = documents.document(found[0].location)
        quantities = {line["meter"]: line["quantity"] for line in document["lines"] if line["meter"]}
        assert (quantities["api_calls"], quantities["tokens"]) == (str(CALLS), str(TOKENS)), self.month
        adjusted = {
            (one["period"], line["was"]["quantity"], line["now"]["quantity"])
            for one in document["adjustments"]
            for line in one["lines"]
            if line["key"].endswith("tokens")
        }
        late = (str(self.month.previous), str(TOKENS), str(TOKENS + LATE))
        assert adjusted == (set() if self.month == FIRST else {late}), (self.month, adjusted)
        assert list(store.outbox(shard_of(TENANT))) == []
        self.open = False

    def newcomer(self) -> str:
        """Give a new tenant, who has used more tokens in `LATER` than its plan's soft limit."""
        tenant = f"rolled-{uuid.uuid4().hex[:8]}"
        self._open(tenant, LATER)
        row = {**_tokens(LATER, "in time", TOKENS, LATER), "tenant_id": tenant, "ingested_at": _moment(LATER, 8)}
        self._append(self._deployment.outputs.usage_events_table_name, [row])
        return tenant

    def check_rolled_up(self, tenant: str) -> None:
        """Demand the tenant's usage, and that both limits were told of."""
        store, table_name = self._stack.store, self._deployment.outputs.usage_table_name
        item = UsageItems(self._deployment.client("dynamodb"), table_name).get(tenant, LATER)
        assert item, f"{tenant} has no usage"
        [used] = [meter for meter in json.loads(item.text())["meters"] if meter["meter"] == "tokens"]
        assert used["quantity"] == str(TOKENS)
        marks = {mark["sk"] for mark in store.invoices.query(f"LIMITS#{tenant}")}
        assert marks == {f"{LATER}#tokens#080", f"{LATER}#tokens#100"}
        assert list(store.outbox(shard_of(tenant))) == []

    def _open(self, tenant: str, since: Period) -> None:
        account = {
            "customer": CUSTOMER,
            "subscriptions": [{"plan": "team", "start": str(since.first_day), "end": None}],
        }
        self._stack.store.put_account(AccountItem(tenant, account, 0), f"{since}-01T00:00:00Z")

    def _append(self, table_name: str, rows: list[dict[str, Any]]) -> None:
        outputs = self._deployment.outputs
        table = iceberg.load(iceberg.TableName(outputs.table_bucket_arn, outputs.namespace, table_name))
        table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))


def _request(month: Period, day: int) -> dict[str, Any]:
    key, time = f"{month}-{day}", _moment(month, day)
    row = {"extended_request_id": key, "request_id": key, "request_time": time, "ingested_at": time}
    row |= {"tenant_id": TENANT, "user": "user", "http_method": "GET", "resource_path": "/random/strings"}
    return {**row, "status": 200, "response_length": 10, "billable": True}


def _tokens(month: Period, key: str, value: int, arrives_in: Period) -> dict[str, Any]:
    row = {"tenant_id": TENANT, "source": "/s", "id": f"{month} {key}", "type": "com.example.tokens"}
    data = json.dumps({"model": "large", "value": value})
    return {**row, "time": _moment(month, 7), "ingested_at": _moment(arrives_in, 20), "data": data}


def _moment(month: Period, day: int) -> datetime:
    return datetime(month.year, month.month, day, 12, tzinfo=UTC)
