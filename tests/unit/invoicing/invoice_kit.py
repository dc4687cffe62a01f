"""Bills and documents to try things on; every document made here is checked against the schema."""

import json
import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from invoicing.adjustments import adjustment_of, billed_lines
from invoicing.document import draft_document, finalized
from invoicing.tax import Tax
from metering.records import TABLES
from rating.account import Customer, Subscription
from rating.bill import Bill, Group, Quantity, SegmentUsage, rate_bill
from rating.catalog import Catalog, parse_catalog
from rating.period import Period
from rating.terms import segments_of

ROOT = pathlib.Path(__file__).resolve().parents[3]
OCTOBER = Period(2026, 10)
NOVEMBER = Period(2026, 11)
ISSUED = date(2026, 11, 4)
CUTOFF = datetime(2026, 11, 3, 6, tzinfo=UTC)

SELLER: dict[str, Any] = {
    "legal_name": "Meterworks Ltd",
    "address": ["1 Harbour Street", "Dublin 2", "Ireland"],
    "tax_id": "IE1234567T",
    "email": "billing@meterworks.example",
}
CUSTOMER = Customer(
    legal_name="Blue Harbour GmbH",
    email="accounts@blue-harbour.example",
    address=("Elbchaussee 12", "22765 Hamburg", "Germany"),
    tax_id="DE123456789",
    country="DE",
    tax_rate=Decimal(19),
)
REVERSE_CHARGE = replace(CUSTOMER, tax_rate=None, reverse_charge=True)


@cache
def catalog(currency: str = "USD", exponent: int = 2) -> Catalog:
    """Return meters and plans in which every amount is small: `team` and `scale`."""
    calls = {
        "model": "graduated",
        "free_units": "1000",
        "tiers": [
            {"up_to": "2000", "unit_amount": "0.001"},
            {"up_to": "10000", "unit_amount": "0.0008"},
            {"up_to": None, "unit_amount": "0.0005"},
        ],
    }
    traffic = {
        "model": "volume",
        "tiers": [{"up_to": "1000000", "flat_amount": "1"}, {"up_to": None, "unit_amount": "0.000002"}],
    }
    users = {"model": "per_unit", "unit_amount": "2"}
    prices = [
        {"meter": "api_calls", "price": calls},
        {"meter": "response_bytes", "price": traffic},
        {"meter": "unique_users", "price": users, "discount": {"percentage": "10"}},
    ]
    version = {"name": "v1", "effective_from": "2025-01-01", "recurring_fee": "49", "prices": prices}
    plan = {"currency": currency, "currency_exponent": exponent}
    meters = {
        "api_calls": {"description": "API calls", "unit": "call", "aggregation": "count", "group_by": ["http_method"]},
        "response_bytes": {
            "description": "Data transfer",
            "unit": "byte",
            "aggregation": "sum",
            "value": "response_length",
        },
        "unique_users": {
            "description": "Active users",
            "unit": "user",
            "aggregation": "unique_count",
            "value": "user",
        },
    }
    return parse_catalog(
        {
            "default_plan": "team",
            "meters": meters,
            "plans": {
                "team": {"description": "Team", **plan, "versions": [version]},
                "scale": {
                    "description": "Scale",
                    **plan,
                    "versions": [version | {"recurring_fee": "99", "minimum_commitment": "500"}],
                },
            },
        },
        TABLES,
    )


def used(calls: int, traffic: int = 0, users: int = 0) -> SegmentUsage:
    """Return the usage of a segment; a fifth of the calls are POSTs."""
    posts = calls // 5
    groups = (
        Group((("http_method", "GET"),), Quantity(Decimal(calls - posts), calls - posts)),
        Group((("http_method", "POST"),), Quantity(Decimal(posts), posts)),
    )
    measured = {"api_calls": calls, "response_bytes": traffic, "unique_users": users}
    quantities = {meter: Quantity(Decimal(value), calls) for meter, value in measured.items()}
    return SegmentUsage(calls, quantities, {"api_calls": groups})


def bill(
    usage: SegmentUsage | Sequence[SegmentUsage],
    period: Period = OCTOBER,
    *,
    changed: int | None = None,
    of: Catalog | None = None,
) -> Bill:
    """Return the bill of a month on the team plan; with `changed`, on the scale plan from that day on."""
    plans = of or catalog()
    first = period.first_day
    subscriptions = [Subscription("team", date(2025, 1, 1))]
    if changed:
        day = first.replace(day=changed)
        subscriptions = [Subscription("team", date(2025, 1, 1), day), Subscription("scale", day)]
    every = [usage] if isinstance(usage, SegmentUsage) else usage
    return rate_bill(plans, period, segments_of(plans, subscriptions, period), dict(enumerate(every)))


def draft(of: Bill | None = None, **changes: Any) -> dict[str, Any]:
    """Return a draft document, valid by the schema."""
    made = bill(used(3500, 2_500_000, 4)) if of is None and "bill" not in changes else of
    values: dict[str, Any] = {
        "tenant_id": "blue-harbour",
        "period": made.period if made else OCTOBER,
        "revision": 1,
        "customer": CUSTOMER,
        "seller": SELLER,
        "bill": made,
        "adjustments": (),
        "evidence": {"rows_per_day": {"2026-10-01": 3500}, "digest": "5f" * 32},
        "cutoff": CUTOFF,
        "reconciliation": "balanced",
        "catalog_digest": catalog().digest,
        "payment_terms_days": 14,
        "query_ids": ["0d9c5c1e-7f2b-4f3e-9a51-000000000001"],
    }
    return valid(draft_document(**(values | changes)))


def final(number: str = "INV-2026-000001", of: Bill | None = None, **changes: Any) -> dict[str, Any]:
    """Return a final document, valid by the schema."""
    return valid(finalized(draft(of, **changes), number, ISSUED))


def valid(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as it is; fails if the schema refuses it."""
    faults = [f"{error.json_path}: {error.message}" for error in validator().iter_errors(document)]
    assert faults == []
    return document


@cache
def validator() -> Draft202012Validator:
    schema: Mapping[str, Any] = json.loads((ROOT / "docs" / "invoice-v1.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def adjusted() -> dict[str, Any]:
    """Return November's invoice with late usage of October, which was under reverse charge."""
    billed = billed_lines(OCTOBER, [final(customer=REVERSE_CHARGE)])
    late = adjustment_of(OCTOBER, bill(used(3750, 2_500_000, 4)), billed, Tax(reverse_charge=True), "INV-2026-000001")
    return final("INV-2026-000002", bill(used(0), NOVEMBER), adjustments=[late])
