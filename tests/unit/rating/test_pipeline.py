from decimal import Decimal, Inexact, InvalidOperation
from typing import Any

import pytest

from rating.failure import UsageError
from rating.line import Adjustment, Line, Part, Proration, ScaledFigure
from rating.pipeline import Charge, Usage, prorate, rate, rate_all, total
from rating.price import Discount, Price, parse_price
from rating.pricers.per_unit import PerUnit
from tests.unit.rating.builders import amount, line, tiered

D = Decimal
GRADUATED = tiered("graduated", ("10", "2", "5"), ("20", "1", "3"), (None, "0.5", None))
VOLUME = tiered("volume", ("10", "2", "5"), ("20", "1", "3"), (None, "0.5", None))
SHARES = tiered("graduated_percentage", ("10", "2", "5"), ("20", "1", "3"), (None, "0.5", None))
PER_UNIT = {"model": "per_unit", "unit_amount": "0.5"}
PACKAGE = {"model": "package", "package_amount": "4", "package_size": "2.5"}
PERCENTAGE = {"model": "percentage", "rate": "1.5", "fixed_amount": "0.3"}


@pytest.mark.parametrize(
    ("form", "amounts"),
    [
        ({"model": "flat", "amount": "9"}, {"0": "9.00", "1000": "9.00"}),
        (PER_UNIT, {"0": "0.00", "0.01": "0.01", "3": "1.50"}),
        (
            GRADUATED,
            {"0": "5.00", "10": "25.00", "10.01": "28.01", "11": "29.00", "20": "38.00", "21": "38.50", "22": "39.00"},
        ),
        (VOLUME, {"0": "5.00", "10": "25.00", "10.01": "13.01", "11": "14.00", "20": "23.00", "21": "10.50"}),
        (PACKAGE, {"0": "0.00", "0.001": "4.00", "2.5": "4.00", "2.501": "8.00", "1e15": "1600000000000000.00"}),
        (PERCENTAGE, {"0": "0.90", "100": "2.40"}),
        (SHARES, {"0": "5.00", "10": "5.20", "11": "8.21", "20": "8.30", "21": "8.31", "22": "8.31"}),
    ],
    ids=lambda value: value.get("model", "") if isinstance(value, dict) else "",
)
def test_each_model_at_zero_at_its_bounds_and_above(form: dict[str, Any], amounts: dict[str, str]) -> None:
    assert {usage: amount(form, usage, events=3) for usage in amounts} == amounts


def test_a_line_shows_every_step() -> None:
    form = {**GRADUATED, "free_units": "4", "maximum": "30", "minimum": "1"}
    charge = Charge("calls", "call", parse_price(form), Discount(percentage=D(10)))
    assert rate(charge, Usage(D("24.5")), 2) == Line(
        key="calls",
        unit="call",
        quantity=D("24.5"),
        unit_amount=None,
        amount=D("30.00"),
        model="graduated",
        billed_quantity=D("20.5"),
        parts=(
            Part("units", 1, D(10), D(2), D(20)),
            Part("flat", 1, D(1), D(5), D(5)),
            Part("units", 2, D(10), D(1), D(10)),
            Part("flat", 2, D(1), D(3), D(3)),
            Part("units", 3, D("0.5"), D("0.5"), D("0.25")),
        ),
        adjustments=(
            Adjustment("free_units", D(4), D(-4)),
            Adjustment("percentage_discount", D(10), D("-3.825")),
            Adjustment("maximum", D(30), D("-4.425")),
        ),
        unrounded=D(30),
        proration=None,
    )


@pytest.mark.parametrize(
    ("form", "usage", "discount", "expected"),
    [
        # Off before tiers are chosen: 12 - 2 is in the first tier of a volume price.
        ({**VOLUME, "free_units": "2"}, "12", None, "25.00"),
        (VOLUME, "12", {"usage": "2"}, "25.00"),
        ({**VOLUME, "free_units": "1"}, "12", {"usage": "1"}, "25.00"),
        ({**VOLUME, "free_units": "50"}, "12", {"usage": "50"}, "5.00"),
        ({**PACKAGE, "free_units": "0.5"}, "3", None, "4.00"),
        # Off the value, not off the events.
        ({**PERCENTAGE, "free_units": "100"}, "100", None, "0.90"),
        ({"model": "flat", "amount": "9", "free_units": "1"}, "1", {"usage": "5"}, "9.00"),
        # Of the unrounded amount: 3 x 0.335 x 50 % = 0.5025, not 50 % of 1.01.
        ({"model": "per_unit", "unit_amount": "0.335"}, "3", {"percentage": "50"}, "0.50"),
        # Maximum and minimum hold after the discount, and the minimum without any usage too.
        ({**PER_UNIT, "maximum": "80"}, "200", {"percentage": "50"}, "50.00"),
        ({**PER_UNIT, "maximum": "40"}, "200", {"percentage": "50"}, "40.00"),
        ({**PER_UNIT, "minimum": "60"}, "200", {"percentage": "50"}, "60.00"),
        ({**PER_UNIT, "minimum": "7"}, "0", {"percentage": "100"}, "7.00"),
        ({**PER_UNIT, "minimum": "7", "maximum": "7"}, "100", None, "7.00"),
        ({**PER_UNIT, "maximum": "0"}, "100", None, "0.00"),
        (PER_UNIT, "200", {"percentage": "100"}, "0.00"),
    ],
)
def test_the_order_of_steps(form: dict[str, Any], usage: str, discount: dict[str, str] | None, expected: str) -> None:
    assert amount(form, usage, discount=discount, events=3) == expected


@pytest.mark.parametrize(
    ("unit_amount", "exponent", "expected"),
    [("0.005", 2, "0.01"), ("0.0049999", 2, "0.00"), ("2.5", 0, "3"), ("1.5", 0, "2"), ("0.0005", 3, "0.001")],
)
def test_a_line_is_rounded_once_half_away_from_zero(unit_amount: str, exponent: int, expected: str) -> None:
    assert amount({"model": "per_unit", "unit_amount": unit_amount}, "1", exponent=exponent) == expected


def test_tiers_are_not_rounded_before_they_are_added() -> None:
    form = tiered("graduated", ("1", "0.004", None), ("2", "0.004", None), (None, "0.004", None))
    assert amount(form, "3") == "0.01"


@pytest.mark.parametrize(
    ("form", "unit_amount"),
    [
        (PER_UNIT, D("0.5")),
        (VOLUME, D(1)),
        (GRADUATED, None),
        (PACKAGE, None),
        (PERCENTAGE, None),
        (SHARES, None),
        ({"model": "flat", "amount": "9"}, None),
        (tiered("volume", (None, None, "4")), None),
    ],
)
def test_a_unit_amount_is_one_that_every_unit_costs(form: dict[str, Any], unit_amount: Decimal | None) -> None:
    assert line(form, "12", events=3).unit_amount == unit_amount


def test_impossible_usage_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^usage: must be zero or more, got -0.1$"):
        amount(PER_UNIT, "-0.1")
    with pytest.raises(UsageError, match=r"^events: missing, must be the number of events, for the price has"):
        amount(PERCENTAGE, "1")
    with pytest.raises(UsageError, match=r"^events: must be zero or more, got -1$"):
        amount(PERCENTAGE, "1", events=-1)
    assert amount(PERCENTAGE, "0") == "0.00"
    assert amount({"model": "percentage", "rate": "10"}, "5") == "0.50"


@pytest.mark.parametrize("quantity", [D("NaN"), D("Infinity"), D("sNaN")])
def test_what_is_no_quantity_is_never_a_bill(quantity: Decimal) -> None:
    with pytest.raises(InvalidOperation):
        line(PER_UNIT, quantity)


def test_what_cannot_be_exact_is_never_a_bill() -> None:
    with pytest.raises(Inexact):
        line({**PER_UNIT, "unit_amount": "0.3"}, D("1" * 450))


def test_a_bill_has_each_key_once_and_a_known_exponent() -> None:
    charge = Charge("fee", "month", Price("per_unit", PerUnit(D(1))))
    with pytest.raises(ValueError, match=r"^every charge of a bill must have a key of its own, got fee twice$"):
        rate_all([(charge, Usage(D(1)))] * 2, 2)
    with pytest.raises(ValueError, match=r"^currency exponent must be 0 to 12, got 13$"):
        rate(charge, Usage(D(1)), 13)
    assert total(rate_all([], 2)) == 0


def test_a_segment_scales_what_is_for_the_period_and_nothing_else() -> None:
    form = {**GRADUATED, "free_units": "4", "minimum": "1", "maximum": "100"}
    charge = prorate(Charge("calls", "call", parse_price(form), Discount(usage=D(1))), 10, 30)
    rated = rate(charge, Usage(D("10.999999999999")), 2)
    assert rated == Line(
        key="calls",
        unit="call",
        quantity=D("10.999999999999"),
        unit_amount=None,
        amount=D("14.00"),
        model="graduated",
        billed_quantity=D("9.333333333333"),
        parts=(
            Part("units", 1, D("3.333333333333"), D(2), D("6.666666666666")),
            Part("flat", 1, D(1), D("1.666666666667"), D("1.666666666667")),
            Part("units", 2, D("3.333333333334"), D(1), D("3.333333333334")),
            Part("flat", 2, D(1), D(1), D(1)),
            Part("units", 3, D("2.666666666666"), D("0.5"), D("1.333333333333")),
        ),
        adjustments=(
            Adjustment("free_units", D("1.333333333333"), D("-1.333333333333")),
            Adjustment("usage_discount", D("0.333333333333"), D("-0.333333333333")),
        ),
        unrounded=D("14.000000000000"),
        proration=Proration(
            10,
            30,
            (
                ScaledFigure("tiers[0].up_to", D(10), D("3.333333333333")),
                ScaledFigure("tiers[0].flat_amount", D(5), D("1.666666666667")),
                ScaledFigure("tiers[1].up_to", D(20), D("6.666666666667")),
                ScaledFigure("tiers[1].flat_amount", D(3), D(1)),
                ScaledFigure("free_units", D(4), D("1.333333333333")),
                ScaledFigure("minimum", D(1), D("0.333333333333")),
                ScaledFigure("maximum", D(100), D("33.333333333333")),
                ScaledFigure("discount.usage", D(1), D("0.333333333333")),
            ),
        ),
    )


@pytest.mark.parametrize("form", [PER_UNIT, PACKAGE, PERCENTAGE])
def test_what_is_for_a_unit_is_not_scaled(form: dict[str, Any]) -> None:
    charge = Charge("key", "unit", parse_price(form), Discount(percentage=D(5)))
    assert prorate(charge, 1, 30) == Charge("key", "unit", charge.price, charge.discount, Proration(1, 30, ()))


def test_the_two_segments_of_a_fee() -> None:
    fee = Charge("fee", "month", parse_price({"model": "flat", "amount": "100"}))
    assert [rate(prorate(fee, days, 31), Usage(D(0)), 2).amount for days in (10, 21)] == [D("32.26"), D("67.74")]


def test_the_whole_period_is_not_scaled() -> None:
    fee = Charge("fee", "month", parse_price({"model": "flat", "amount": "1e-20"}))
    assert prorate(fee, 31, 31) == Charge("fee", "month", fee.price, None, Proration(31, 31, ()))


def test_a_segment_must_fit_and_is_scaled_once() -> None:
    fee = Charge("fee", "month", parse_price({"model": "flat", "amount": "1"}))
    for days in (0, -1, 32):
        with pytest.raises(ValueError, match=rf"^a segment must have 1 to 31 days, those of its period, got {days}$"):
            prorate(fee, days, 31)
    with pytest.raises(ValueError, match=r"^charge fee is already that of 5 days$"):
        prorate(prorate(fee, 5, 31), 5, 31)


def test_a_scaled_figure_is_rounded_half_away_from_zero() -> None:
    fee = Charge("fee", "month", parse_price({"model": "flat", "amount": "0.000000000003"}))
    assert prorate(fee, 15, 30).proration == Proration(
        15, 30, (ScaledFigure("amount", D("0.000000000003"), D("0.000000000002")),)
    )
    assert prorate(fee, 14, 30).proration == Proration(
        14, 30, (ScaledFigure("amount", D("0.000000000003"), D("0.000000000001")),)
    )
