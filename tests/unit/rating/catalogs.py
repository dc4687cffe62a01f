"""Catalogs to try things with."""

from datetime import date
from typing import Any

from metering.records import RecordTable
from metering.schema import Column
from rating.catalog import Catalog, parse_catalog

TABLES = {
    "api-requests": RecordTable(
        "api-requests",
        (
            Column("tenant_id", "string", required=False),
            Column("route", "string", required=False),
            Column("bytes", "long", required=False),
            Column("share", "decimal(38, 9)", required=False),
            Column("ratio", "double", required=False),
            Column("at", "timestamptz", required=True),
            Column("billable", "boolean", required=True),
        ),
        key=("route",),
        time="at",
        ingested_at="at",
        tenant="tenant_id",
    ),
    "usage-events": RecordTable(
        "usage-events",
        (
            Column("type", "string", required=True),
            Column("at", "timestamptz", required=True),
            Column("data", "string", required=False),
        ),
        key=("type",),
        time="at",
        ingested_at="at",
        tenant="type",
        event_type="type",
        data="data",
    ),
}
COLUMNS = "tenant_id, route, bytes, share, ratio, at, billable"
EVENT_FIELDS = "type, at, data, data.<name>"
NAME_RULE = "must be a lower-case letter, then at most 63 of lower-case letters, digits, _ and -"
NUMBER_RULE = 'must be a number as a string, such as "12.50"'


def meter(aggregation: str = "count", **keys: Any) -> dict[str, Any]:
    return {"description": "Things", "unit": "thing", "aggregation": aggregation, **keys}


def version(name: Any = "v1", effective_from: Any = "2026-01-01", **keys: Any) -> dict[str, Any]:
    return {"name": name, "effective_from": effective_from, **keys}


def plan(*versions: Any, currency: str = "USD", **keys: Any) -> dict[str, Any]:
    return {
        "description": "A plan",
        "currency": currency,
        "currency_exponent": 2,
        "versions": list(versions) or [version()],
        **keys,
    }


def per_unit(name: str, unit_amount: str, **keys: Any) -> dict[str, Any]:
    """Return the price of a meter in a plan."""
    return {"meter": name, "price": {"model": "per_unit", "unit_amount": unit_amount}, **keys}


def raw(meters: Any = None, plans: Any = None, **keys: Any) -> dict[str, Any]:
    return {"meters": meters or {"calls": meter()}, "plans": plans or {"basic": plan()}, **keys}


def parse(value: Any) -> Catalog:
    return parse_catalog(value, TABLES)


WHOLE = raw(
    meters={
        "z-volume": meter(
            "sum",
            value="bytes",
            filters=[
                {"column": "billable", "equals": True},
                {"column": "route", "not_in": ["/a", "it's"]},
                {"column": "bytes", "greater_than_or_equal": 10},
                {"column": "share", "less_than": "-0.5"},
            ],
            group_by=["route", "billable"],
        ),
        "events": meter(
            "latest",
            value="data.seats",
            table="usage-events",
            event_type="com.example.seats",
            filters=[{"column": "data.left", "less_than": "0.5"}, {"column": "data.kind", "in": ["a", "true"]}],
            group_by=["data.region", "type"],
            allow_negative=True,
        ),
        "calls": meter(filters=[], group_by=[]),
    },
    plans={
        "team": plan(
            version(
                recurring_fee="49.50",
                minimum_commitment=100,
                discount={"percentage": "10"},
                prices=[
                    per_unit("z-volume", "0.1", discount={"usage": "5"}, description="Traffic"),
                    per_unit("calls", "0.2"),
                ],
                limits=[
                    {"meter": "events", "limit": "0.5"},
                    {"meter": "calls", "limit": 1000, "soft": True},
                ],
            ),
            version("v2", date(2027, 1, 1), prices=[{"meter": "calls", "price": {"model": "flat", "amount": "1"}}]),
            description="Team",
            issue_zero_invoices=True,
        ),
        "basic": plan(currency="JPY", currency_exponent="0"),
    },
    default_plan="basic",
    duplicate_window_days=40,
)
"""A catalog in which every key of the form stands."""
