from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from rating.catalog import Catalog, Filter, Meter, Plan, PlanPrice, PlanVersion, UsageLimit, canonical_json
from rating.form import FormError
from rating.price import Discount, Price
from rating.pricers.flat import Flat
from rating.pricers.per_unit import PerUnit
from tests.unit.rating.catalogs import COLUMNS, NAME_RULE, NUMBER_RULE, WHOLE, meter, parse, plan, raw, version


def faults(value: Any) -> list[str]:
    with pytest.raises(FormError) as caught:
        parse(value)
    return list(caught.value.problems)


def test_a_catalog_is_read_whole() -> None:
    parsed = parse(WHOLE)
    ten = Discount(percentage=Decimal(10))
    assert parsed == Catalog(
        meters={
            "calls": Meter("calls", "Things", "thing", "api-requests", "count", None, (), ()),
            "events": Meter(
                "events",
                "Things",
                "thing",
                "usage-events",
                "latest",
                "data.seats",
                (Filter("data.left", "less_than", (Decimal("0.5"),)), Filter("data.kind", "in", ("a", "true"))),
                ("data.region", "type"),
                event_type="com.example.seats",
                allow_negative=True,
            ),
            "z-volume": Meter(
                "z-volume",
                "Things",
                "thing",
                "api-requests",
                "sum",
                "bytes",
                (
                    Filter("billable", "equals", (True,)),
                    Filter("route", "not_in", ("/a", "it's")),
                    Filter("bytes", "greater_than_or_equal", (Decimal(10),)),
                    Filter("share", "less_than", (Decimal("-0.5"),)),
                ),
                ("route", "billable"),
            ),
        },
        plans={
            "basic": Plan(
                "basic",
                "A plan",
                "JPY",
                0,
                issue_zero_invoices=False,
                versions=(PlanVersion("v1", date(2026, 1, 1), None, (), None, None),),
            ),
            "team": Plan(
                "team",
                "Team",
                "USD",
                2,
                issue_zero_invoices=True,
                versions=(
                    PlanVersion(
                        "v1",
                        date(2026, 1, 1),
                        Decimal("49.50"),
                        (
                            PlanPrice(
                                "z-volume",
                                Price("per_unit", PerUnit(Decimal("0.1"))),
                                Discount(usage=Decimal(5)),
                                "Traffic",
                            ),
                            PlanPrice("calls", Price("per_unit", PerUnit(Decimal("0.2"))), ten, "Things"),
                        ),
                        Decimal(100),
                        ten,
                        (
                            UsageLimit("events", Decimal("0.5"), soft=False),
                            UsageLimit("calls", Decimal(1000), soft=True),
                        ),
                    ),
                    PlanVersion(
                        "v2",
                        date(2027, 1, 1),
                        None,
                        (PlanPrice("calls", Price("flat", Flat(Decimal(1))), None, "Things"),),
                        None,
                        None,
                    ),
                ),
            ),
        },
        default_plan="basic",
        duplicate_window_days=40,
        digest=sha256(canonical_json(WHOLE).encode()).hexdigest(),
        raw=parsed.raw,
    )
    assert [list(parsed.meters), list(parsed.plans)] == [["calls", "events", "z-volume"], ["basic", "team"]]


def test_what_is_shipped_as_json_is_the_same_catalog() -> None:
    parsed = parse(WHOLE)
    assert parsed.raw["plans"]["team"]["versions"][1]["effective_from"] == "2027-01-01"
    assert parse(parsed.raw) == parsed
    turned = {key: dict(reversed(value.items())) if key == "meters" else value for key, value in WHOLE.items()}
    assert parse(dict(reversed(turned.items()))) == parsed
    assert parse({**WHOLE, "default_plan": "team"}).digest != parsed.digest


def test_canonical_json_has_one_text_for_a_value() -> None:
    assert canonical_json({"b": [date(2026, 1, 2), "é", None], "a": {"d": 1, "c": True}}) == (
        '{"a":{"c":true,"d":1},"b":["2026-01-02","é",null]}'
    )
    with pytest.raises(TypeError, match=r"^must be JSON or a day, got 2026-01-02 00:00:00\+00:00$"):
        canonical_json([datetime(2026, 1, 2, tzinfo=UTC)])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 35),
        ({"duplicate_window_days": 0}, 0),
        ({"duplicate_window_days": "366"}, 366),
        ({"duplicate_window_days": 367}, ["duplicate_window_days: must be 366 at most, got 367"]),
        ({"duplicate_window_days": "1.5"}, ['duplicate_window_days: must be a whole number, got "1.5"']),
        ({"duplicate_window_days": -1}, ["duplicate_window_days: must be zero or more, got -1"]),
    ],
    ids=str,
)
def test_duplicates_are_looked_for_in_a_window_of_whole_days(given: dict[str, Any], expected: Any) -> None:
    if isinstance(expected, list):
        assert faults(raw(**given)) == expected
    else:
        assert parse(raw(**given)).duplicate_window_days == expected


def test_the_version_of_a_day_is_the_last_that_has_begun() -> None:
    team = parse(WHOLE).plans["team"]
    held = {day: team.version_on(date.fromisoformat(day)) for day in ("2025-12-31", "2026-01-01", "2026-12-31")}
    assert held == {"2025-12-31": None, "2026-01-01": team.versions[0], "2026-12-31": team.versions[0]}
    assert team.version_on(date(2027, 1, 1)) is team.versions[1] is team.version_named("v2")
    assert team.version_named("v3") is None


def test_every_fault_is_in_one_report_with_its_path() -> None:
    tiers = [{"up_to": "5", "unit_amount": "1"}, {"up_to": "5", "unit_amount": "1"}, {"up_to": "9", "unit_amount": "x"}]
    value = {
        "meters": {"calls": meter(value="bytes"), "Bytes": meter("sum", value="byte", colour="red")},
        "plans": {
            "pro": plan(
                version(),
                version(
                    "v2",
                    1.10,
                    recurring_fee=1.10,
                    prices=[{"meter": "calls", "price": {"model": "volume", "tiers": tiers}}],
                ),
            )
        },
        "default_plan": "basic",
        "version": 1,
    }
    assert faults(value) == [
        f'meters.Bytes: {NAME_RULE}, got "Bytes"',
        f'meters.Bytes.value: must be a column of the meter\'s table ({COLUMNS}), got "byte"',
        'meters.Bytes: unknown key "colour"',
        'meters.calls.value: must be absent, for count counts rows, got "bytes"',
        "plans.pro.versions[1].effective_from: must be a day such as 2026-10-01, got 1.1",
        f"plans.pro.versions[1].recurring_fee: {NUMBER_RULE}, got 1.1",
        'plans.pro.versions[1].prices[0].price.tiers[1].up_to: must be above that of the tier before, 5, got "5"',
        'plans.pro.versions[1].prices[0].price.tiers[2].up_to: must be null in the last tier, got "9"',
        f'plans.pro.versions[1].prices[0].price.tiers[2].unit_amount: {NUMBER_RULE}, got "x"',
        'default_plan: must be one of pro, got "basic"',
        'unknown key "version"',
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ["must be an object, got null"]),
        ([], ["must be an object, got a list"]),
        (
            {},
            [
                "meters: must be an object with at least one name, got null",
                "plans: must be an object with at least one name, got null",
            ],
        ),
        (
            {"meters": {}, "plans": [], "default_plan": "x", True: 1},
            [
                "meters: must be an object with at least one name, got an object",
                "plans: must be an object with at least one name, got a list",
                "unknown key true",
            ],
        ),
        (
            {"meters": {"calls": None, 1: {}}, "plans": {"basic": "x"}},
            [
                f"meters.1: {NAME_RULE}, got 1",
                "meters.calls: must be an object, got null",
                'plans.basic: must be an object, got "x"',
            ],
        ),
        (raw(default_plan=1), ["default_plan: must be one of basic, got 1"]),
    ],
)
def test_what_is_no_catalog_is_said(value: Any, expected: list[str]) -> None:
    assert faults(value) == expected
