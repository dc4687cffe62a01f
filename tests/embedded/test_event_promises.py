"""What is promised of bills over usage events, lived through: three months, late rows, a void, another catalog."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from billing.catalogs import Catalogs
from billing.parts import Parts
from billing.planner import plan
from billing.recount import Recounter
from billing.rollup import roll_up
from billing.verify import Verifier
from billing.void import Voider
from customer.answering import for_tenant
from customer.parts import connect_lines
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
TENANTS = ("retries", "other", "late", "changing", "negative", "void")


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
    # Taken back and issued anew, with what came in between.
    sent("void", "a", "2026-09-05T00:00:00", "10"),
    sent("void", "a", "2026-10-01T00:00:00", "10"),
    sent("void", "b", "2026-09-05T00:00:00", "20", arrived="2026-10-20T00:00:00"),
]


@dataclass
class Story:
    """A deployment of billing, and what was seen of it on the way."""

    billing: Billing
    drafts: dict[str, tuple[dict[str, Any], dict[str, Any]]]
    """Of September, before it was final: each tenant's draft, and what it was answered by `GET /usage`."""

    def invoices(self, tenant: str) -> dict[str, dict[str, Any]]:
        """A tenant's invoices that stand, by month."""
        found = self.billing.parts.store.tenant(tenant).invoices
        return {
            str(one.period): self.billing.parts.documents.document(one.location)
            for one in found
            if one.state == "finalized"
        }


@pytest.fixture(scope="module")
def story(aws: EmbeddedAws) -> Story:
    """September to November are final; a September is void and issued anew. The drafts had a shorter window."""
    made = Billing(aws, {**CATALOG, "duplicate_window_days": 3}, Lake.make(aws, "promises"))
    made.account("changing", ("pro", "2026-09-01", "2026-09-15"), ("payg", "2026-09-15", None))
    for tenant in sorted({*TENANTS} - {"changing"}):
        made.account(tenant)  # on the default plan, with usage events and nothing else
    made.lake.append(ROWS, made.tables[USAGE_EVENTS.role])
    drafts = _drafts(made)
    deploy(made, CATALOG)
    made.run("2026-10-04T06:00:00Z")
    _void_and_reissue(made)
    made.run("2026-11-04T06:00:00Z")
    made.run("2026-12-04T06:00:00Z")
    return Story(made, drafts)


def deploy(billing: Billing, catalog: dict[str, Any]) -> None:
    """Ship another catalog."""
    parts = vars(billing.parts)
    billing.parts = Parts(**{**parts, "catalogs": Catalogs(billing.parts.documents, catalog)})


def _drafts(billing: Billing) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    now = {"as_of": "2026-10-01T06:00:00Z", "period": "2026-09"}
    plan(billing.parts, now)
    billing.drain()
    roll_up(billing.parts, now)
    found = {}
    for tenant in TENANTS:
        head, usage = billing.parts.store.head(tenant, SEPTEMBER), billing.parts.usage
        assert head
        assert head.location
        assert usage
        item = usage.get(tenant, SEPTEMBER)
        assert item
        found[tenant] = (billing.parts.documents.document(head.location), json.loads(item.text()))
    return found


def _void_and_reissue(billing: Billing) -> None:
    parts = billing.parts
    [invoice] = parts.store.tenant("void").invoices
    voider = Voider(parts.store, parts.runs, parts.documents, parts.outbox, parts.settings)
    voider.void("void", invoice.number, by="ann", reason="x", at=datetime(2026, 10, 4, 18, tzinfo=UTC))
    voider.reissue("void", invoice.number)


def billed(document: dict[str, Any], meter: str = "tokens") -> list[str]:
    return [line["quantity"] for line in document["lines"] if line["meter"] == meter]


def adjusted(document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (adjustment["period"], line["key"].partition("/")[2], line["was"]["quantity"], line["now"]["quantity"])
        for adjustment in document["adjustments"]
        for line in adjustment["lines"]
    ]


def tokens(story: Story, tenant: str) -> dict[str, list[str]]:
    return {month: billed(document) for month, document in story.invoices(tenant).items()}


def test_a_retry_is_billed_once_within_the_window_and_again_beyond_it(story: Story) -> None:
    assert tokens(story, "retries") == {"2026-09": ["7"], "2026-10": ["8"], "2026-11": ["4"]}
    assert [adjusted(document) for document in story.invoices("retries").values()] == [[], [], []]
    rows = story.invoices("retries")["2026-09"]["evidence"]["rows_per_day"]
    assert rows == {"2026-09-14": 1, "2026-09-15": 1, "2026-09-30": 1}


def test_a_bill_is_counted_by_the_window_of_its_own_catalog(story: Story) -> None:
    draft, _ = story.drafts["retries"]
    final = story.invoices("retries")["2026-09"]
    assert (billed(draft), billed(final)) == (["23"], ["7"])
    assert draft["catalog"] != final["catalog"]


def test_another_tenants_events_of_the_same_source_and_id_are_its_own(story: Story) -> None:
    assert tokens(story, "other") == {"2026-09": ["16"], "2026-10": ["32"]}


def test_late_events_are_adjusted_once_whatever_months_their_duplicates_are_dated_in(story: Story) -> None:
    invoices = story.invoices("late")
    assert {month: (billed(document), adjusted(document)) for month, document in invoices.items()} == {
        "2026-09": (["1"], []),
        "2026-10": (
            [],
            [
                ("2026-09", "last", "1", "100"),
                ("2026-09", "models", "1", "2"),
                ("2026-09", "peak", "1", "100"),
                ("2026-09", "tokens", "1", "101"),
            ],
        ),
        "2026-11": (
            ["2"],
            [
                ("2026-09", "last", "100", "1000"),
                ("2026-09", "peak", "100", "1000"),
                ("2026-09", "tokens", "101", "1101"),
            ],
        ),
    }


def test_late_events_of_a_month_on_two_plans_are_each_at_their_plans_price(story: Story) -> None:
    invoices = story.invoices("changing")
    assert {meter: billed(invoices["2026-09"], meter) for meter in METERS} == {
        "tokens": ["8", "9"],
        "models": ["2", "2"],
        "peak": ["5", "7"],
        "last": ["5", "2"],
    }
    [adjustment] = invoices["2026-10"]["adjustments"]
    changes = {
        line["key"]: (line["was"]["quantity"], line["now"]["quantity"], line["amount"]) for line in adjustment["lines"]
    }
    assert changes == {
        "2026-09-01/tokens": ("8", "58", "1.00"),
        "2026-09-01/models": ("2", "3", "0.02"),
        "2026-09-01/peak": ("5", "50", "0.90"),
        "2026-09-15/tokens": ("9", "69", "0.60"),
        "2026-09-15/models": ("2", "3", "0.01"),
        "2026-09-15/peak": ("7", "60", "0.53"),
        "2026-09-15/last": ("2", "60", "0.58"),
    }


def test_corrections_below_zero_count(story: Story) -> None:
    [document] = story.invoices("negative").values()
    assert {meter: billed(document, meter) for meter in METERS} == {
        "tokens": ["11.25"],
        "models": ["2"],
        "peak": ["10.5"],
        "last": ["1"],
    }
    [line] = [line for line in document["lines"] if line["meter"] == "tokens"]
    groups = {group["dimensions"]["data.model"]: (group["quantity"], group["events"]) for group in line["groups"]}
    assert groups == {"m": ("11.25", 3), "refunded": ("0", 2)}


def test_what_is_taken_back_is_billed_anew_with_what_came_in_between_and_no_more(story: Story) -> None:
    invoices = story.invoices("void")
    assert {month: (billed(one), one["revision"], adjusted(one)) for month, one in invoices.items()} == {
        "2026-09": (["30"], 2, [])
    }


def test_every_document_is_the_same_when_counted_again(story: Story) -> None:
    parts = story.billing.parts
    finals = [document for tenant in TENANTS for document in story.invoices(tenant).values()]
    documents = [*finals, *(draft for draft, _ in story.drafts.values())]
    verifier = Verifier(parts.store, Recounter(parts.lake, Catalogs(parts.documents)))
    assert [(one["tenant_id"], found) for one, found in verifier.verify(documents)] == [
        (document["tenant_id"], ()) for document in documents
    ]


@pytest.mark.parametrize("tenant", TENANTS)
def test_what_a_customer_is_shown_is_its_draft(story: Story, tenant: str) -> None:
    draft, shown = story.drafts[tenant]
    assert {**shown["bill"], "projected_total": None} == {
        **{name: draft[name] for name in shown["bill"] if name != "projected_total"},
        "projected_total": None,
    }
    assert shown["bill"]["projected_total"] == draft["total"]


def test_behind_every_line_of_two_plans_is_its_quantity_though_late_rows_have_come_since(story: Story) -> None:
    lines = connect_lines(story.billing.environment(), story.billing.aws.session())
    document = story.invoices("changing")["2026-09"]
    asked = {
        "requestContext": {
            "requestTimeEpoch": 1800000000000,
            "authorizer": {"claims": {"custom:tenant_id": "changing"}},
        }
    }
    for place, line in enumerate(document["lines"], start=1):
        path = {"pathParameters": {"number": document["number"], "line": str(place)}}
        told = json.loads(for_tenant({**asked, **path}, lines.usage)["body"])
        groups = {json.dumps(one["dimensions"]): (one["quantity"], one["events"]) for one in told["by_dimension"]}
        assert (told["quantity"], "counted" in told, groups) == (
            line["quantity"],
            False,
            {json.dumps(one["dimensions"]): (one["quantity"], one["events"]) for one in line["groups"]},
        )
