import json
from datetime import date
from decimal import Decimal

from metering.records import TABLES
from rating.catalog import Filter, Meter, UsageLimit, canonical_json, parse_catalog
from rating.price import MODELS
from tests.unit.rating.catalog.shipped import FILE, shipped_catalog, shipped_value

BILLABLE = (Filter("billable", "equals", (True,)),)


def test_calls_bytes_and_users_are_measured_over_billable_rows_and_events_by_their_type() -> None:
    assert shipped_catalog().meters == {
        "api_calls": Meter(
            "api_calls", "API calls", "call", "api-requests", "count", None, BILLABLE, ("http_method", "resource_path")
        ),
        "response_bytes": Meter(
            "response_bytes", "Data transfer", "byte", "api-requests", "sum", "response_length", BILLABLE, ()
        ),
        "tokens": Meter(
            "tokens",
            "Tokens",
            "token",
            "usage-events",
            "sum",
            "data.value",
            (),
            ("data.model",),
            event_type="com.example.tokens",
        ),
        "unique_users": Meter(
            "unique_users", "Active users", "user", "api-requests", "unique_count", "user", BILLABLE, ()
        ),
        "usage_events": Meter(
            "usage_events",
            "Usage events",
            "event",
            "usage-events",
            "count",
            None,
            (),
            (),
            event_type="com.example.usage",
        ),
    }


def test_the_plans_show_what_plans_can_do() -> None:
    catalog = shipped_catalog()
    assert catalog.default_plan == "pay-as-you-go"
    assert {
        name: (plan.currency, [(version.name, version.effective_from) for version in plan.versions])
        for name, plan in catalog.plans.items()
    } == {
        "enterprise": ("USD", [("v1", date(2025, 1, 1))]),
        "pay-as-you-go": ("USD", [("v1", date(2025, 1, 1))]),
        "team": ("USD", [("v1", date(2025, 1, 1)), ("v2", date(2027, 1, 1))]),
        "team-eu": ("EUR", [("v1", date(2025, 1, 1))]),
    }


def test_usage_is_limited_hard_on_one_plan_and_soft_on_another() -> None:
    catalog = shipped_catalog()
    soft = (UsageLimit("tokens", Decimal(5_000_000), soft=True),)
    assert {
        (plan.name, version.name): version.limits for plan in catalog.plans.values() for version in plan.versions
    } == {
        ("enterprise", "v1"): (),
        ("pay-as-you-go", "v1"): (UsageLimit("api_calls", Decimal(10_000_000), soft=False),),
        ("team", "v1"): soft,
        ("team", "v2"): soft,
        ("team-eu", "v1"): (),
    }
    assert catalog.duplicate_window_days == 35


def test_the_functions_read_the_same_catalog_from_json() -> None:
    catalog = shipped_catalog()
    assert parse_catalog(json.loads(canonical_json(shipped_value())), TABLES) == catalog
    assert parse_catalog(catalog.raw, TABLES) == catalog


def test_the_comments_name_every_model() -> None:
    comments = " ".join(line for line in FILE.read_text().splitlines() if line.startswith("#"))
    assert [model for model in MODELS if model not in comments] == []
