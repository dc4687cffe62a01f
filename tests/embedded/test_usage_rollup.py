"""The rollup on the embedded AWS: both tables, asked by Athena, beside the drafts of the same moment."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.planner import plan
from billing.rollup import roll_up
from customer.usage import usage
from embedded_aws.server import EmbeddedAws
from metering import quota
from metering.records import API_REQUESTS, USAGE_EVENTS
from proxy.request import Request
from rating.period import Period
from tests.embedded.athena_kit import Lake
from tests.embedded.billing_kit import Billing
from tests.embedded.plain_usage import Plain, Row
from tests.embedded.usage_kit import CUTOFF, METERS, PERIOD, TENANTS, answer, make_table, make_tombstones, requests
from usage.counted import Counted
from usage.daily import TenantDays, daily_query, read_daily
from usage.days import GroupDays, MeterDays
from usage.spans import Span
from usage.sql import TableName

NOW = "2026-11-16T00:00:00Z"
NOVEMBER = Period(2026, 11)
NOVEMBER_NOW = {"as_of": NOW, "period": "2026-11"}
TOKENS = {"table": "usage-events", "event_type": "com.example.tokens"}
CATALOG = {
    "default_plan": "payg",
    "meters": {
        "api_calls": {
            "description": "API calls",
            "unit": "call",
            "aggregation": "count",
            "filters": [{"column": "billable", "equals": True}],
            "group_by": ["user"],
        },
        "models": {**TOKENS, "description": "x", "unit": "x", "aggregation": "unique_count", "value": "data.model"},
        "tokens": {
            **TOKENS,
            "description": "Tokens",
            "unit": "token",
            "aggregation": "sum",
            "value": "data.value",
            "group_by": ["data.model"],
        },
    },
    "plans": {
        "payg": {
            "description": "Pay as you go",
            "currency": "USD",
            "currency_exponent": 2,
            "versions": [
                {
                    "name": "v1",
                    "effective_from": "2026-01-01",
                    "prices": [
                        {"meter": "api_calls", "price": {"model": "per_unit", "unit_amount": "0.10"}},
                        {"meter": "tokens", "price": {"model": "per_unit", "unit_amount": "0.01", "free_units": "2"}},
                    ],
                    "limits": [{"meter": "api_calls", "limit": "5"}, {"meter": "tokens", "limit": "10", "soft": True}],
                }
            ],
        }
    },
}
NAME = "o'brien 😀"


def tokens(tenant_id: str, event_id: str, day: int, value: str, model: str | None) -> Row:
    """Return an event of so many tokens; the digits are those of the text."""
    time = datetime(2026, 11, day, 12, tzinfo=UTC)
    of_model = f',"model":"{model}"' if model else ""
    return {
        "tenant_id": tenant_id,
        "source": "/worker",
        "id": event_id,
        "type": "com.example.tokens",
        "time": time,
        "ingested_at": time + timedelta(minutes=1),
        "subject": None,
        "data": f'{{"value":{value}{of_model}}}',
    }


@pytest.fixture(scope="module")
def billing(aws: EmbeddedAws) -> Billing:
    """Half of November, with a token event delivered again on another day, and by another tenant, too."""
    made = Billing(aws, CATALOG, Lake.make(aws, "rollup"))
    made.requests((NAME, "2026-11-02", 3, None), (NAME, "2026-11-15", 2, None), ("quiet", "2026-11-02", 1, None))
    again = {**tokens(NAME, "e1", 2, "4.25", "small"), "time": datetime(2026, 11, 3, 12, tzinfo=UTC)}
    rows = [
        tokens(NAME, "e1", 2, "4.25", "small"),
        {**again, "ingested_at": datetime(2026, 11, 4, tzinfo=UTC)},
        tokens(NAME, "e2", 15, "3.75", "small"),
        tokens(NAME, "e3", 15, "1", "large"),
        tokens(NAME, "e4", 15, "0.5", None),
        tokens("other", "e1", 2, "1", "small"),
    ]
    made.lake.append(rows, made.tables[USAGE_EVENTS.role])
    plan(made.parts, NOVEMBER_NOW)
    made.drain()
    roll_up(made.parts, NOVEMBER_NOW)
    return made


def shown(billing: Billing, tenant_id: str) -> dict[str, Any]:
    """What the tenant is answered by `GET /usage`, at the very end of the month."""
    assert billing.parts.usage
    time = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    claims = {"claims": {"custom:tenant_id": tenant_id}}
    context = {"requestTimeEpoch": int(time.timestamp() * 1000), "authorizer": claims}
    request = Request.of({"httpMethod": "GET", "requestContext": context})
    answered = usage(request, tenant_id, billing.parts.usage.get)
    assert answered["statusCode"] == 200
    body: dict[str, Any] = json.loads(answered["body"])
    return body


def test_a_customer_is_shown_what_the_draft_bills(billing: Billing) -> None:
    for tenant_id in (NAME, "quiet", "other"):
        head = billing.parts.store.head(tenant_id, NOVEMBER)
        assert head
        assert head.location
        draft = billing.parts.documents.document(head.location)
        bill = shown(billing, tenant_id)["bill"]
        assert {name: bill[name] for name in ("lines", "subtotal", "taxes", "total")} == {
            name: draft[name] for name in ("lines", "subtotal", "taxes", "total")
        }


def test_the_days_and_dimensions_of_both_tables(billing: Billing) -> None:
    body = shown(billing, NAME)
    figures = {
        meter["meter"]: (meter["quantity"], meter["events"], meter["by_day"], meter["by_dimension"])
        for meter in body["meters"]
    }

    def days(**quantities: str) -> list[dict[str, str]]:
        return [{"day": f"2026-11-{day[1:]}", "quantity": quantity} for day, quantity in quantities.items()]

    assert figures == {
        "api_calls": (
            "5",
            5,
            days(d02="3", d15="2"),
            [
                {"dimensions": {"user": "user-0"}, "quantity": "3", "by_day": days(d02="2", d15="1")},
                {"dimensions": {"user": "user-1"}, "quantity": "2", "by_day": days(d02="1", d15="1")},
            ],
        ),
        "models": ("2", 3, days(d02="1", d15="2"), []),
        "tokens": (
            "9.5",
            4,
            days(d02="4.25", d15="5.25"),
            [
                {"dimensions": {"data.model": "small"}, "quantity": "8", "by_day": days(d02="4.25", d15="3.75")},
                {"dimensions": {"data.model": "large"}, "quantity": "1", "by_day": days(d15="1")},
                {"dimensions": {"data.model": None}, "quantity": "0.5", "by_day": days(d15="0.5")},
            ],
        ),
    }
    for meter in body["meters"]:
        if meter["aggregation"] != "unique_count":
            assert sum(Decimal(day["quantity"]) for day in meter["by_day"]) == Decimal(meter["quantity"])
    assert body["differing_duplicates"] == 1
    assert (body["bill"]["total"], body["bill"]["projected_total"]) == ("0.58", "1.17")
    allowance = {"free_units": {"included": "2", "used": "2", "remaining": "0"}, "tier": None}
    assert body["meters"][2]["allowance"] == allowance


def test_the_guard_refuses_who_is_over_a_hard_limit_and_nobody_else(
    billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = billing.aws.session()
    monkeypatch.setattr("boto3.client", session.client)
    monkeypatch.setenv("USAGE_TABLE", f"{billing.name}-usage")
    quota._table.cache_clear()
    handler = quota.guard(lambda *_: {"statusCode": 200}, ["api_calls"])
    epoch_ms = int(datetime(2026, 11, 30, 23, 59, tzinfo=UTC).timestamp() * 1000)

    def status(tenant_id: str) -> tuple[int, str | None]:
        claims = {"claims": {"custom:tenant_id": tenant_id}}
        found = handler({"requestContext": {"requestTimeEpoch": epoch_ms, "authorizer": claims}}, None)
        return found["statusCode"], found.get("headers", {}).get("Retry-After")

    assert [status(tenant_id) for tenant_id in (NAME, "quiet", "other", "nobody")] == [
        (429, "60"),
        (200, None),
        (200, None),
        (200, None),
    ]
    quota._table.cache_clear()


def test_thresholds_are_marked_once_and_an_older_rollup_changes_nothing(billing: Billing) -> None:
    def marks() -> list[tuple[str, int, str, bool]]:
        items = billing.parts.store.invoices.query(f"LIMITS#{NAME}")
        return [(item["meter"], item["percent"], item["used"], item["soft"]) for item in items]

    expected = [("api_calls", 80, "5", False), ("api_calls", 100, "5", False), ("tokens", 80, "9.5", True)]
    before = shown(billing, NAME)
    assert marks() == expected
    roll_up(billing.parts, NOVEMBER_NOW)
    usage_items = billing.parts.usage
    assert usage_items
    item = usage_items.get(NAME, NOVEMBER)
    assert item
    assert usage_items.put(replace(item, as_of="2026-11-15T23:59:59Z", body=b"older")) is False
    assert (marks(), shown(billing, NAME)) == (expected, before)
    assert [list(billing.parts.store.outbox(shard)) for shard in "0123456789abcdef"] == [[]] * 16


def test_every_aggregation_is_measured_by_day_as_the_meters_say(aws: EmbeddedAws) -> None:
    lake, rows = Lake.make(aws, "daily"), requests(300)
    name = make_table(lake)
    lake.append(rows, name)
    table = TableName(f"s3tablescatalog/{lake.bucket}", lake.namespace, name, tombstones=make_tombstones(lake))
    query = daily_query(METERS, Counted(table, PERIOD, CUTOFF, 0))
    found = list(read_daily(METERS, *answer(lake, query)))
    assert {used.tenant_id: _sorted(used) for used in found} == by_day(
        Plain(METERS, API_REQUESTS, PERIOD, CUTOFF), rows
    )
    assert len(found) == len(TENANTS) - 1


def by_day(plain: Plain, rows: list[Row]) -> dict[str, dict[str, Any]]:
    """What each tenant used, from its whole period and from each day as if it were a period of its own."""
    days = plain.period.each_day()
    tenants = {row["tenant_id"] for row in rows if row["tenant_id"]}
    spans = [Span(tenant, index, day, day + timedelta(days=1)) for tenant in tenants for index, day in enumerate(days)]
    daily = {used.tenant_id: used.segments for used in plain.measured(rows, spans)}
    expected = {}
    for used in plain.measured(rows):
        of_days = {days[index]: segment for index, segment in daily[used.tenant_id].items()}
        whole = used.segments[0]
        expected[used.tenant_id] = {
            name: MeterDays(
                quantity,
                {day: one.quantities[name] for day, one in of_days.items() if one.quantities[name].events},
                tuple(
                    GroupDays(
                        group.dimensions,
                        group.quantity,
                        {
                            day: same.quantity
                            for day, one in of_days.items()
                            for same in one.groups[name]
                            if same.dimensions == group.dimensions
                        },
                    )
                    for group in whole.groups.get(name, ())
                ),
            )
            for name, quantity in whole.quantities.items()
            if quantity.events
        }
    return expected


def _sorted(used: TenantDays) -> dict[str, MeterDays]:
    def order(group: GroupDays) -> list[tuple[bool, str]]:
        return [(value is not None, value or "") for _, value in group.dimensions]

    return {name: replace(days, groups=tuple(sorted(days.groups, key=order))) for name, days in used.meters.items()}
