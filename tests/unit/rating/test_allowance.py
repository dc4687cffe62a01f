"""What is left of free units and tiers, at each bound and one above it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rating.allowance import allowance_of, allowances_of
from rating.bill import Quantity, SegmentUsage
from rating.period import Period
from rating.pipeline import Charge, Usage, prorate
from rating.price import parse_price, read_discount
from rating.terms import Segment
from tests.unit.rating.builders import tiered
from tests.unit.rating.catalogs import meter, parse, per_unit, plan, raw, version

TIERS = (("10", "5", None), ("20", "3", "1"), (None, "1", None))
GRADUATED, VOLUME = tiered("graduated", *TIERS), tiered("volume", *TIERS)
PER_UNIT = {"model": "per_unit", "unit_amount": "1"}


def allowance(form: dict[str, Any], quantity: str, days: int = 30, discount: dict[str, str] | None = None) -> Any:
    charge = Charge("calls", "call", parse_price(form), read_discount(discount, "discount", []))
    scaled = charge if days == 30 else prorate(charge, days, 30)
    found = allowance_of(scaled, Usage(Decimal(quantity), 1))
    return found and found.to_json()


def tier(number: int, up_to: str | None, remaining: str | None, of: int = 3) -> dict[str, Any]:
    return {"number": number, "of": of, "up_to": up_to, "remaining": remaining}


def free(included: str, used: str, remaining: str) -> dict[str, Any]:
    return {"included": included, "used": used, "remaining": remaining}


@pytest.mark.parametrize("form", [GRADUATED, VOLUME], ids=["graduated", "volume"])
@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("0", tier(1, "10", "10")),
        ("9.5", tier(1, "10", "0.5")),
        ("10", tier(1, "10", "0")),
        ("11", tier(2, "20", "9")),
        ("20", tier(2, "20", "0")),
        ("21", tier(3, None, None)),
        ("1000000", tier(3, None, None)),
    ],
)
def test_the_tier_at_its_bounds(form: dict[str, Any], quantity: str, expected: Any) -> None:
    assert allowance(form, quantity) == {"free_units": None, "tier": expected}


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("0", free("100", "0", "100")),
        ("99.25", free("100", "99.25", "0.75")),
        ("100", free("100", "100", "0")),
        ("101", free("100", "100", "0")),
    ],
)
def test_free_units_at_their_bound(quantity: str, expected: Any) -> None:
    assert allowance(PER_UNIT | {"free_units": "100"}, quantity) == {"free_units": expected, "tier": None}


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("100", {"free_units": free("100", "100", "0"), "tier": tier(1, "10", "10")}),
        ("110", {"free_units": free("100", "100", "0"), "tier": tier(1, "10", "0")}),
        ("111", {"free_units": free("100", "100", "0"), "tier": tier(2, "20", "9")}),
    ],
)
def test_tiers_begin_after_the_free_units(quantity: str, expected: Any) -> None:
    assert allowance(GRADUATED | {"free_units": "100"}, quantity) == expected


def test_tiers_begin_after_a_usage_discount_which_is_no_free_unit() -> None:
    assert allowance(GRADUATED, "15", discount={"usage": "5"}) == {"free_units": None, "tier": tier(1, "10", "0")}


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("0", {"free_units": free("33.333333333333", "0", "33.333333333333"), "tier": tier(1, "5", "5", of=2)}),
        (
            "38.333333333333",
            {"free_units": free("33.333333333333", "33.333333333333", "0"), "tier": tier(1, "5", "0", of=2)},
        ),
        (
            "38.333333333334",
            {"free_units": free("33.333333333333", "33.333333333333", "0"), "tier": tier(2, None, None, of=2)},
        ),
    ],
)
def test_a_part_of_the_period_has_its_part_of_them(quantity: str, expected: Any) -> None:
    form = tiered("graduated", ("15", "5", None), (None, "1", None), free_units="100")
    assert allowance(form, quantity, days=10) == expected


@pytest.mark.parametrize(
    "form",
    [PER_UNIT, PER_UNIT | {"free_units": "0"}, {"model": "flat", "amount": "3"}],
    ids=["per unit", "no free unit", "flat"],
)
def test_a_price_without_either_has_no_allowance(form: dict[str, Any]) -> None:
    assert allowance(form, "5") is None


def test_the_prices_of_a_segment_by_meter() -> None:
    prices = [
        {"meter": "calls", "price": GRADUATED},
        {"meter": "gigabytes", "price": PER_UNIT | {"free_units": "6"}},
        per_unit("seats", "1"),
        {"meter": "unused", "price": VOLUME},
        {"meter": "back", "price": PER_UNIT | {"free_units": "6"}},
    ]
    meters = {name: meter() for name in ("calls", "gigabytes", "seats", "unused", "back")}
    catalog = parse(raw(meters, {"basic": plan(version(prices=prices))}))
    [terms] = catalog.plans["basic"].versions
    segment = Segment(0, date(2026, 11, 16), date(2026, 12, 1), "basic", "v1", on_default=False)
    quantities = {"calls": "5", "gigabytes": "2", "seats": "9", "back": "-1"}
    used = SegmentUsage(9, {name: Quantity(Decimal(value), 1) for name, value in quantities.items()}, {})
    found = allowances_of(terms, Period(2026, 11), segment, used)
    assert {name: one.to_json() for name, one in found.items()} == {
        "calls": {"free_units": None, "tier": tier(1, "5", "0")},
        "gigabytes": {"free_units": free("3", "2", "1"), "tier": None},
        "unused": {"free_units": None, "tier": tier(1, "5", "5")},
    }
    nothing = allowances_of(terms, Period(2026, 11), segment, None)
    assert nothing["gigabytes"].to_json() == {"free_units": free("3", "0", "3"), "tier": None}
