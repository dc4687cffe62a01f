"""What holds of every bill."""

import random
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from rating.bill import Bill, Group, Quantity, SegmentUsage, rate_bill
from rating.exact import round_amount
from rating.period import Period
from rating.terms import Segment
from tests.unit.rating.catalogs import meter, parse, per_unit, plan, raw, version

MARCH = Period(2026, 3)
METERS = {"calls": meter(group_by=["route"]), "users": meter("unique_count", value="tenant_id")}
TIERED = {
    "model": "graduated",
    "tiers": [{"up_to": "100", "unit_amount": "0.3"}, {"up_to": None, "unit_amount": "0.07", "flat_amount": "1"}],
    "free_units": "7",
}
CATALOG = parse(
    raw(
        meters=METERS,
        plans={
            "metered": plan(version(prices=[per_unit("users", "0.37"), per_unit("calls", "0.0013")])),
            "full": plan(
                version(
                    recurring_fee="49",
                    minimum_commitment="80",
                    discount={"percentage": "15"},
                    prices=[{"meter": "calls", "price": TIERED}, per_unit("users", "2")],
                )
            ),
        },
    )
)
PLANS = list(CATALOG.plans)

quantities = st.integers(0, 5000)


def used(calls: int, users: int, groups: list[str | None] | None = None) -> SegmentUsage:
    made = tuple(Group((("route", route),), Quantity(Decimal(1), 1)) for route in groups or [])
    return SegmentUsage(
        calls + users,
        {"calls": Quantity(Decimal(calls), calls), "users": Quantity(Decimal(users), calls)},
        {"calls": made},
    )


def split(bounds: list[int], plans: list[str], default: list[bool]) -> list[Segment]:
    """Return the segments of the whole month between days (0 is the first)."""
    days = [MARCH.first_day + timedelta(days=day) for day in [0, *sorted(bounds), MARCH.days]]
    pairs = zip(days, days[1:], plans, default, strict=False)
    return [
        Segment(index, start, end, plan, "v1", on_default) for index, (start, end, plan, on_default) in enumerate(pairs)
    ]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Segment], dict[int, SegmentUsage]]:
    bounds = draw(st.lists(st.integers(1, MARCH.days - 1), unique=True, max_size=4))
    size = len(bounds) + 1
    plans = draw(st.lists(st.sampled_from(PLANS), min_size=size, max_size=size))
    default = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    routes = st.lists(st.none() | st.text(max_size=2), max_size=4, unique=True)
    usage = draw(st.dictionaries(st.integers(0, size - 1), st.builds(used, quantities, quantities, routes)))
    return split(bounds, plans, default), usage


def unrounded(bill: Bill, meter_name: str) -> Fraction:
    return sum((Fraction(line.line.unrounded) for line in bill.lines if line.meter == meter_name), Fraction(0))


@given(cases(), st.randoms())
def test_a_bill_is_the_sum_of_its_lines_whatever_the_order_of_its_input(
    case: tuple[list[Segment], dict[int, SegmentUsage]], rng: random.Random
) -> None:
    segments, usage = case
    bill = rate_bill(CATALOG, MARCH, segments, usage)
    assert Fraction(bill.subtotal) == sum(Fraction(line.line.amount) for line in bill.lines)
    assert len({line.key for line in bill.lines}) == len(bill.lines)
    kept = [one for one in segments if not one.on_default or (one.index in usage and usage[one.index].rows)]
    assert list(bill.segments) == kept
    for line in bill.lines:
        assert line.key == line.line.key
        assert line.line.amount == round_amount(line.line.unrounded, 2)
    shuffled = rng.sample(segments, len(segments))
    turned = {
        index: SegmentUsage(
            usage[index].rows,
            {name: usage[index].quantities[name] for name in reversed(METERS)},
            {name: tuple(rng.sample(groups, len(groups))) for name, groups in usage[index].groups.items()},
        )
        for index in rng.sample(sorted(usage), len(usage))
    }
    assert rate_bill(CATALOG, MARCH, shuffled, turned) == bill


@given(cases())
def test_fee_usage_and_rest_of_a_segment_come_to_its_commitment_at_least(
    case: tuple[list[Segment], dict[int, SegmentUsage]],
) -> None:
    bill = rate_bill(CATALOG, MARCH, *case)
    for segment in bill.segments:
        lines = [line for line in bill.lines if line.segment == segment.index]
        charged = sum((Fraction(line.line.amount) for line in lines), Fraction(0))
        committed = Fraction(80 * segment.days, MARCH.days) if segment.plan == "full" else Fraction(0)
        assert charged >= committed - Fraction(1, 200) - Fraction(1, 10**12)
        if any(line.kind == "commitment" for line in lines):
            assert abs(charged - committed) <= Fraction(1, 200) + Fraction(1, 10**12)


@given(st.lists(st.integers(1, MARCH.days - 1), unique=True, max_size=4), st.lists(quantities, min_size=5, max_size=5))
def test_a_month_in_segments_on_one_plan_costs_what_the_whole_costs_per_unit(
    bounds: list[int], calls: list[int]
) -> None:
    segments = split(bounds, ["metered"] * 5, [False] * 5)
    parts = rate_bill(CATALOG, MARCH, segments, {one.index: used(calls[one.index], 0) for one in segments})
    total = sum(calls[: len(segments)])
    whole = rate_bill(CATALOG, MARCH, split([], ["metered"], [False]), {0: used(total, 0)})
    assert unrounded(parts, "calls") == unrounded(whole, "calls") == Fraction(13 * total, 10**4)
    assert abs(Fraction(parts.subtotal) - Fraction(whole.subtotal)) <= Fraction(len(segments), 100)


@given(st.integers(1, MARCH.days - 1))
def test_a_fee_in_two_segments_is_the_fee_to_the_cent(day: int) -> None:
    fees = [
        line.line.amount
        for line in rate_bill(CATALOG, MARCH, split([day], ["full"] * 2, [False] * 2), {}).lines
        if line.kind == "recurring"
    ]
    assert abs(sum(fees) - Decimal("41.65")) <= Decimal("0.01")
