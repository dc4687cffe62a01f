from dataclasses import replace
from decimal import Decimal

import pytest

from rating.bill import Bill, BillLine, Group, Quantity, SegmentUsage
from rating.failure import TermsError, UsageError
from rating.line import Adjustment, Line, Part, Proration, ScaledFigure
from tests.unit.rating.bills import JUNE, METERS, amounts, bill, monthly, segment, used
from tests.unit.rating.catalogs import parse, per_unit, plan, raw, version

D = Decimal


def test_a_bill_is_made_whole() -> None:
    groups = (Group((("route", "/a"),), Quantity(D(9), 9)), Group((("route", None),), Quantity(D(4), 4)))
    full = segment("full")
    assert bill({0: used(*groups, rows=20, calls="13", users="5")}, full) == Bill(
        JUNE,
        "USD",
        2,
        (full,),
        (
            BillLine(
                "2026-06-01/recurring",
                0,
                "recurring",
                None,
                "Full: monthly fee",
                monthly(
                    "2026-06-01/recurring",
                    "30",
                    amount=D("27.00"),
                    adjustments=(Adjustment("percentage_discount", D(10), D(-3)),),
                    unrounded=D(27),
                ),
                (),
            ),
            BillLine(
                "2026-06-01/users",
                0,
                "usage",
                "users",
                "Seats",
                Line(
                    key="2026-06-01/users",
                    unit="user",
                    quantity=D(5),
                    unit_amount=D(1),
                    amount=D("3.00"),
                    model="per_unit",
                    billed_quantity=D(3),
                    parts=(Part("units", None, D(3), D(1), D(3)),),
                    adjustments=(Adjustment("usage_discount", D(2), D(-2)),),
                    unrounded=D(3),
                    proration=None,
                ),
                (),
            ),
            BillLine(
                "2026-06-01/calls",
                0,
                "usage",
                "calls",
                "Calls",
                Line(
                    key="2026-06-01/calls",
                    unit="call",
                    quantity=D(13),
                    unit_amount=None,
                    amount=D("10.80"),
                    model="graduated",
                    billed_quantity=D(10),
                    parts=(Part("units", 1, D(10), D(1), D(10)), Part("flat", 1, D(1), D(2), D(2))),
                    adjustments=(
                        Adjustment("free_units", D(3), D(-3)),
                        Adjustment("percentage_discount", D(10), D("-1.2")),
                    ),
                    unrounded=D("10.8"),
                    proration=None,
                ),
                (groups[1], groups[0]),
            ),
            BillLine(
                "2026-06-01/commitment",
                0,
                "commitment",
                None,
                "Full: rest of the minimum commitment",
                monthly(
                    "2026-06-01/commitment",
                    "60",
                    amount=D("19.20"),
                    model="commitment",
                    adjustments=(Adjustment("charged", D("40.80"), D("-40.80")),),
                    unrounded=D("19.20"),
                ),
                (),
            ),
        ),
        issue_zero_invoices=True,
    )


def test_what_was_not_used_has_its_lines() -> None:
    expected = {
        "2026-06-01/recurring": "27.00",
        "2026-06-01/users": "0.00",
        "2026-06-01/calls": "1.80",
        "2026-06-01/commitment": "31.20",
    }
    made = bill({}, segment("full"))
    assert amounts(made) == amounts(bill({0: used(rows=0)}, segment("full"))) == expected
    assert str(made.subtotal) == "60.00"


def test_a_segment_has_its_part_of_fee_tiers_and_commitment() -> None:
    made = bill({1: used(calls="13", users="5")}, segment("calls", end=21), segment("full", 21, index=1))
    assert amounts(made) == {
        "2026-06-01/calls": "0.00",
        "2026-06-21/recurring": "9.00",
        "2026-06-21/users": "4.33",
        "2026-06-21/calls": "7.50",
    }
    [calls] = [line for line in made.lines if line.key == "2026-06-21/calls"]
    assert calls.segment == 1
    assert calls.line.proration == Proration(
        10,
        30,
        (
            ScaledFigure("tiers[0].up_to", D(10), D("3.333333333333")),
            ScaledFigure("tiers[0].flat_amount", D(2), D("0.666666666667")),
            ScaledFigure("free_units", D(3), D("1.000000000000")),
        ),
    )
    [*_, rest] = bill({}, segment("calls", end=24), segment("full", 24, index=1)).lines
    assert rest.line == monthly(
        "2026-06-24/commitment",
        "14",
        amount=D("7.28"),
        model="commitment",
        adjustments=(Adjustment("charged", D("6.72"), D("-6.72")),),
        unrounded=D("7.28"),
        proration=Proration(7, 30, (ScaledFigure("minimum_commitment", D(60), D(14)),)),
    )


@pytest.mark.parametrize(
    ("calls", "rest"),
    [("978", "0.01"), ("979", None), ("980", None)],
    ids=["short by a cent", "short by less than half a cent", "reached"],
)
def test_a_commitment_is_charged_only_where_it_is_not_reached(calls: str, rest: str | None) -> None:
    catalog = parse(
        raw(
            meters=METERS,
            plans={"p": plan(version(minimum_commitment="9.794", prices=[per_unit("calls", "0.01")]))},
        )
    )
    lines = amounts(bill({0: used(calls=calls)}, segment("p"), catalog=catalog))
    assert lines.get("2026-06-01/commitment") == rest


def test_days_on_the_default_plan_count_only_with_rows() -> None:
    segments = (
        segment("default", end=11, on_default=True),
        segment("calls", 11, 21, 1),
        segment("default", 21, index=2, on_default=True),
    )
    usage = {0: used(rows=0), 2: used(rows=1)}
    made = bill(usage, *segments)
    assert made.segments == segments[1:]
    # One row that no meter counts is enough.
    assert amounts(made) == {
        "2026-06-11/calls": "0.00",
        "2026-06-21/recurring": "1.67",
        "2026-06-21/calls": "0.00",
    }
    alone = segment("default", on_default=True)
    assert bill({}, alone) == Bill(JUNE, "USD", 2, (), (), issue_zero_invoices=False)
    assert str(bill({}, alone).subtotal) == "0.00"
    subscribed = replace(alone, on_default=False)
    assert amounts(bill({}, subscribed)) == {"2026-06-01/recurring": "5.00", "2026-06-01/calls": "0.00"}


def test_zero_invoices_are_issued_if_one_of_the_plans_that_count_says_so() -> None:
    halves = (segment("calls", end=16), segment("full", 16, index=1))
    assert bill({}, *halves).issue_zero_invoices is True
    assert bill({}, halves[0]).issue_zero_invoices is False
    assert bill({}, halves[0], replace(halves[1], on_default=True)).issue_zero_invoices is False


def test_a_plan_without_prices_and_a_currency_without_cents() -> None:
    assert amounts(bill({0: used(calls="5")}, segment("empty"))) == {}
    yen = bill({0: used(calls="5")}, segment("yen", end=16))
    assert (yen.currency, yen.currency_exponent, str(yen.subtotal)) == ("JPY", 0, "503")
    assert amounts(yen) == {"2026-06-01/recurring": "500", "2026-06-01/calls": "3"}


def test_the_rest_of_a_commitment_is_exact_whatever_its_length() -> None:
    committed = "1234567890123456789012345678901234567890"
    catalog = parse(raw(plans={"p": plan(version(minimum_commitment=committed, recurring_fee="0.01"))}))
    [_, rest] = bill({}, segment("p"), catalog=catalog).lines
    assert str(rest.line.amount) == "1234567890123456789012345678901234567889.99"


@pytest.mark.parametrize(
    ("usage", "message"),
    [
        (used(calls="-1"), "^2026-06-16/calls: usage: must be zero or more, got -1$"),
        (
            SegmentUsage(3, {"bytes": Quantity(D(1), 1)}, {}),
            "^2026-06-16/calls: must be measured wherever its segment is$",
        ),
    ],
)
def test_impossible_usage_names_the_line(usage: SegmentUsage, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        bill({1: usage}, segment("empty", end=16), segment("calls", 16, index=1))


def test_what_no_bill_can_be_made_of_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^segments of a bill must be in one currency, got \[\]$"):
        bill({})
    with pytest.raises(ValueError, match=r"^segments of a bill must be in one currency, got \['JPY', 'USD'\]$"):
        bill({}, segment("yen", end=16), segment("calls", 16, index=1))
    with pytest.raises(ValueError, match=r"^usage must be of the bill's segments, got that of segment 3$"):
        bill({0: used(), 3: used()}, segment("calls"))
    for unknown in (segment("gone"), segment("calls", version="v9")):
        with pytest.raises(TermsError, match=f"^segment must be of .* got {unknown.plan} {unknown.version}$"):
            bill({}, unknown)
