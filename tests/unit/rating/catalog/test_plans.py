from datetime import UTC, date, datetime
from typing import Any

import pytest

from rating.form import FormError
from tests.unit.rating.catalogs import NAME_RULE, NUMBER_RULE, meter, parse, per_unit, plan, raw, version

NO_VALUE = "whose unique_count is no value"
METERS = {"calls": meter(), "users": meter("unique_count", value="route"), "bytes": meter("sum", value="bytes")}


def faults(form: Any, **others: Any) -> list[str]:
    """Return what is wrong with the plan `p`, without its path."""
    with pytest.raises(FormError) as caught:
        parse(raw(meters=METERS, plans={"p": form, **others}))
    return [problem.removeprefix("plans.p.") for problem in caught.value.problems]


def priced(*prices: Any) -> dict[str, Any]:
    return plan(version(prices=list(prices)))


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            {},
            [
                "description: missing, must be text",
                'currency: must be a code of three capital letters, such as "USD", got null',
                "currency_exponent: missing, must be the currency's number of decimal places: 2 for USD",
                "versions: must be a list of at least one version, got null",
            ],
        ),
        (
            plan(currency="usd", currency_exponent=13, issue_zero_invoices="no", versions=[]),
            [
                'currency: must be a code of three capital letters, such as "USD", got "usd"',
                "currency_exponent: must be 0 to 12, got 13",
                'issue_zero_invoices: must be true or false, got "no"',
                "versions: must be a list of at least one version, got a list",
            ],
        ),
        (plan(currency_exponent="2.5"), ['currency_exponent: must be a whole number, got "2.5"']),
        (plan(versions="v1"), ['versions: must be a list, got "v1"']),
        (plan(5), ["versions[0]: must be an object, got 5"]),
        (
            plan({"recurring_fee": "-1", "minimum_commitment": 0.5, "discount": {"usage": "1"}, "prices": {}}),
            [
                "versions[0].discount.usage: must be a percentage: only a price can have a usage discount",
                "versions[0].name: missing, must be a name",
                "versions[0].effective_from: missing, must be a day such as 2026-10-01",
                'versions[0].recurring_fee: must be zero or more, got "-1"',
                "versions[0].prices: must be a list, got an object",
                f"versions[0].minimum_commitment: {NUMBER_RULE}, got 0.5",
            ],
        ),
        (plan(version(2026)), [f"versions[0].name: {NAME_RULE}, got 2026"]),
        *(
            (
                plan(version(effective_from=day)),
                [f"versions[0].effective_from: must be a day such as 2026-10-01, got {shown}"],
            )
            for day, shown in (
                (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01 00:00:00+00:00"),
                ("2026-02-30", '"2026-02-30"'),
                ("20260201", '"20260201"'),
                (2026, "2026"),
            )
        ),
        (
            plan(version("v1", "2026-01-01"), version("v2", "2026-01-01"), version("v1", "2025-01-01")),
            [
                "versions[1].effective_from: must be after that of the version before, 2026-01-01, got 2026-01-01",
                "versions[2].effective_from: must be after that of the version before, 2026-01-01, got 2025-01-01",
                'versions[2].name: must be the only one of its plan, got "v1" again',
            ],
        ),
        (
            priced({}, per_unit("call", "1"), per_unit("calls", "1"), per_unit("calls", "2")),
            [
                "versions[0].prices[0].meter: must be one of bytes, calls, users, got null",
                "versions[0].prices[0].price: must be an object, got null",
                'versions[0].prices[1].meter: must be one of bytes, calls, users, got "call"',
                'versions[0].prices[3].meter: must have one price in a plan\'s version, got "calls" again',
            ],
        ),
        (
            priced(
                {
                    "meter": "calls",
                    "price": {"model": "flat", "amount": "1", "minimum": "2", "maximum": "1"},
                    "discount": {"percentage": "101"},
                    "unit": "x",
                }
            ),
            [
                "versions[0].prices[0].price.minimum: must not be above maximum, 1, got 2",
                "versions[0].prices[0].discount.percentage: must be 100 at most, got 101",
                'versions[0].prices[0]: unknown key "unit"',
            ],
        ),
        (
            priced(
                {"meter": "calls", "price": {"model": "percentage", "rate": "1"}},
                {
                    "meter": "users",
                    "price": {"model": "graduated_percentage", "tiers": [{"up_to": None, "rate": "1"}]},
                },
                {"meter": "bytes", "price": {"model": "percentage", "rate": "1"}},
            ),
            [
                "versions[0].prices[0].price.model: must not be percentage for calls, whose count is no value",
                f"versions[0].prices[1].price.model: must not be graduated_percentage for users, {NO_VALUE}",
            ],
        ),
    ],
)
def test_a_faulty_plan_is_refused(form: Any, expected: list[str]) -> None:
    assert faults(form) == expected


def test_faulty_limits_are_refused() -> None:
    limits = [
        {"meter": "calls", "limit": "10"},
        {"meter": "calls", "limit": 5, "soft": True},
        {"meter": "call", "limit": "0"},
        {"meter": "users", "limit": "-1", "soft": "yes", "hard": True},
        {"meter": "bytes"},
    ]
    assert faults(plan(version(limits=limits))) == [
        'versions[0].limits[1].meter: must have one limit in a plan\'s version, got "calls" again',
        'versions[0].limits[2].meter: must be one of bytes, calls, users, got "call"',
        'versions[0].limits[2].limit: must be above zero, got "0"',
        'versions[0].limits[3].limit: must be above zero, got "-1"',
        'versions[0].limits[3].soft: must be true or false, got "yes"',
        'versions[0].limits[3]: unknown key "hard"',
        "versions[0].limits[4].limit: missing, must be a number as a string",
    ]


def test_a_currency_has_one_exponent() -> None:
    assert faults(plan(), q=plan(currency_exponent=3), r=plan(currency="KWD", currency_exponent=3)) == [
        "plans.q.currency_exponent: must be that of the other plans in USD, 2, got 3"
    ]


def test_the_price_of_a_faulty_meter_says_nothing_more() -> None:
    value = raw(
        meters={"calls": meter("cuont")},
        plans={"p": priced({"meter": "calls", "price": {"model": "percentage", "rate": "1"}})},
    )
    with pytest.raises(FormError) as caught:
        parse(value)
    assert caught.value.problems == (
        'meters.calls.aggregation: must be one of count, sum, max, unique_count, latest, got "cuont"',
    )


def test_a_discount_of_a_price_is_in_the_place_of_the_plans() -> None:
    none = {"percentage": "0"}
    prices = [per_unit("calls", "1"), per_unit("users", "1", discount=none)]
    parsed = parse(raw(meters=METERS, plans={"p": plan(version(discount={"percentage": "25"}, prices=prices))})).plans[
        "p"
    ]
    discounts = [price.discount and price.discount.percentage for price in parsed.versions[0].prices]
    assert discounts == [25, 0]
    assert parsed.versions[0].effective_from == date(2026, 1, 1)
