"""Three months of usage events, lived through: retries, late ones, a void, another catalog, corrections."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from billing.catalogs import Catalogs
from billing.parts import Parts
from billing.planner import plan
from billing.rollup import roll_up
from billing.void import Voider
from embedded_aws.server import EmbeddedAws
from metering.records import USAGE_EVENTS
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.billing_kit import Billing
from tests.embedded.plain_usage import Row

TOKENS = {"description": "x", "unit": "x", "table": "usage-events", "event_type": "com.example.tokens"}
METERS: dict[str, dict[str, Any]] = {
    "tokens": {"aggregation": "sum", "value": "data.value", "group_by": ["data.model"], "allow_negative": True},
    "models": {"aggregation": "unique_count", "value": "data.model"},
    "peak": {"aggregation": "max", "value": "data.value", "group_by": ["data.model"], "allow_negative": True},
    "last": {"aggregation": "latest", "value": "data.value", "allow_negative": True},
}


def _plan(unit_amount: str) -> dict[str, Any]:
    prices = [{"meter": name, "price": {"model": "per_unit", "unit_amount": unit_amount}} for name in METERS]
    version = {"name": "v1", "effective_from": "2025-01-01", "prices": prices}
    return {"description": "Plan", "currency": "USD", "currency_exponent": 2, "versions": [version]}


CATALOG = {
    "default_plan": "payg",
    "duplicate_window_days": 35,
    "meters": {name: {**TOKENS, **meter} for name, meter in METERS.items()},
    "plans": {"payg": _plan("0.01"), "pro": _plan("0.02")},
}
SEPTEMBER = Period(2026, 9)
TENANTS = ("retries", "other", "late", "changing", "negative", "void", "below")


def sent(tenant: str, key: str, time: str, value: str, *, arrived: str | None = None, model: str = "m") -> Row:
    """One delivery of an event; it arrives at its time if not said otherwise."""
    at, ingested_at = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (time, arrived or time))
    row = {"tenant_id": tenant, "source": "/app", "id": key, "type": "com.example.tokens", "time": at}
    return {**row, "ingested_at": ingested_at, "subject": None, "data": f'{{"value":{value},"model":"{model}"}}'}


ROWS = [
    # A retry across midnight, one across the month's end, and one that is further away than the window.
    sent("retries", "midnight", "2026-09-14T23:59:59.999", "1"),
    sent("retries", "midnight", "2026-09-15T00:00:01", "1"),
    sent("retries", "month", "2026-09-30T23:59:59.999", "2"),
    sent("retries", "month", "2026-10-01T00:00:01", "2"),
    sent("retries", "far", "2026-09-15T00:00:00", "4"),
    sent("retries", "far", "2026-11-06T00:00:00", "4"),
    # One whose first delivery is dated in the later month, and whose second comes when the earlier is settled.
    sent("retries", "back", "2026-10-01T00:00:01", "8"),
    sent("retries", "back", "2026-09-30T23:59:59", "8", arrived="2026-10-20T00:00:00"),
    # One that a short window, by which September is drafted, does not see to be a retry.
    sent("retries", "window", "2026-08-20T00:00:00", "16"),
    sent("retries", "window", "2026-09-05T00:00:00", "16"),
    # Another tenant's events of the same source and ids.
    sent("other", "midnight", "2026-09-14T00:00:00", "16"),
    sent("other", "month", "2026-10-01T00:00:00", "32"),
    # Late ones, found before and after the month between was settled; their duplicates are dated in other months.
    sent("late", "in time", "2026-09-05T00:00:00", "1"),
    sent("late", "before", "2026-09-14T00:00:00", "100", arrived="2026-10-10T00:00:00", model="other"),
    sent("late", "before", "2026-10-01T00:00:00", "100", arrived="2026-10-11T00:00:00", model="other"),
    sent("late", "before", "2026-11-06T00:00:00", "100", model="other"),
    sent("late", "after", "2026-09-15T00:00:00", "1000", arrived="2026-11-10T00:00:00"),
    sent("late", "after", "2026-10-01T00:00:00", "1000", arrived="2026-11-12T00:00:00"),
    sent("late", "after", "2026-11-06T00:00:00", "1000", arrived="2026-11-13T00:00:00"),
    sent("late", "november", "2026-11-06T00:00:01", "2"),
    # Two plans in a month; a late row for each of them.
    sent("changing", "a", "2026-09-05T00:00:00", "3", model="a"),
    sent("changing", "b", "2026-09-14T23:59:59", "5", model="b"),
    sent("changing", "b", "2026-09-15T00:00:00", "5", model="b"),
    sent("changing", "c", "2026-09-15T00:00:00", "7", model="a"),
    sent("changing", "d", "2026-09-30T00:00:00", "2", model="c"),
    sent("changing", "late", "2026-09-05T00:00:00", "50", arrived="2026-10-09T00:00:00", model="d"),
    sent("changing", "later", "2026-09-30T12:00:00", "60", arrived="2026-10-09T00:00:00", model="d"),
    # Corrections below zero.
    sent("negative", "a", "2026-09-05T00:00:00", "10.5"),
    sent("negative", "b", "2026-09-05T00:00:01", "-0.25"),
    sent("negative", "c", "2026-09-14T00:00:00", "3", model="refunded"),
    sent("negative", "d", "2026-09-14T00:00:01", "-3", model="refunded"),
    sent("negative", "e", "2026-09-15T00:00:00", "1"),
    # One that is below zero until the month was to be final.
    sent("below", "a", "2026-09-05T00:00:00", "-1"),
    sent("below", "b", "2026-09-05T00:00:01", "3", arrived="2026-10-20T00:00:00"),
    # Taken back and issued anew, with what came in between.
    sent("void", "a", "2026-09-05T00:00:00", "10"),
    sent("void", "a", "2026-10-01T00:00:00", "10"),
    sent("void", "b", "2026-09-05T00:00:00", "20", arrived="2026-10-20T00:00:00"),
]


@dataclass
class Story:
    """A deployment of billing, and what was seen of it on the way."""

    billing: Billing
    drafts: dict[str, tuple[dict[str, Any] | None, dict[str, Any]]]
    """Of September, before it was final: each tenant's draft, if it has one, and the answer of `GET /usage`."""

    def invoices(self, tenant: str) -> dict[str, dict[str, Any]]:
        """A tenant's invoices that stand, by month."""
        found = self.billing.parts.store.tenant(tenant).invoices
        return {
            str(one.period): self.billing.parts.documents.document(one.location)
            for one in found
            if one.state == "finalized"
        }


def live_through(aws: EmbeddedAws) -> Story:
    """September to November are final; a September is void and issued anew. The drafts had a shorter window."""
    made = Billing(aws, {**CATALOG, "duplicate_window_days": 3}, Lake.make(aws, "promises"))
    made.account("changing", ("pro", "2026-09-01", "2026-09-15"), ("payg", "2026-09-15", None))
    for tenant in sorted({*TENANTS} - {"changing"}):
        made.account(tenant)  # on the default plan, with usage events and nothing else
    made.lake.append(ROWS, made.tables[USAGE_EVENTS.role])
    drafts = _drafts(made)
    _deploy(made, CATALOG)
    made.run("2026-10-04T06:00:00Z")
    _void_and_reissue(made)
    made.run("2026-11-04T06:00:00Z")
    made.run("2026-12-04T06:00:00Z")
    return Story(made, drafts)


def _deploy(billing: Billing, catalog: dict[str, Any]) -> None:
    """Ship another catalog."""
    parts = vars(billing.parts)
    billing.parts = Parts(**{**parts, "catalogs": Catalogs(billing.parts.documents, catalog)})


def _drafts(billing: Billing) -> dict[str, tuple[dict[str, Any] | None, dict[str, Any]]]:
    now = {"as_of": "2026-10-01T06:00:00Z", "period": "2026-09"}
    plan(billing.parts, now)
    billing.drain()
    roll_up(billing.parts, now)
    found = {}
    for tenant in TENANTS:
        head, usage = billing.parts.store.head(tenant, SEPTEMBER), billing.parts.usage
        item = usage and usage.get(tenant, SEPTEMBER)
        assert item
        draft = billing.parts.documents.document(head.location) if head and head.location else None
        found[tenant] = (draft, json.loads(item.text()))
    return found


def _void_and_reissue(billing: Billing) -> None:
    parts = billing.parts
    [invoice] = parts.store.tenant("void").invoices
    voider = Voider(parts.store, parts.runs, parts.documents, parts.outbox, parts.settings)
    voider.void("void", invoice.number, by="ann", reason="x", at=datetime(2026, 10, 4, 18, tzinfo=UTC))
    voider.reissue("void", invoice.number)
