"""Bills of June, on plans that have a bit of everything."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from rating.bill import Bill, Group, Quantity, SegmentUsage, rate_bill
from rating.catalog import Catalog
from rating.line import Line, Part
from rating.period import Period
from rating.terms import Segment
from tests.unit.rating.catalogs import meter, parse, per_unit, plan, raw, version

D = Decimal
JUNE = Period(2026, 6)
METERS = {
    "calls": meter(unit="call", description="Calls", group_by=["route"]),
    "bytes": meter("sum", value="bytes", unit="byte", description="Bytes"),
    "users": meter("unique_count", value="route", unit="user", description="Users"),
}
TIERS = [{"up_to": "10", "unit_amount": "1", "flat_amount": "2"}, {"up_to": None, "unit_amount": "0.5"}]
CATALOG = parse(
    raw(
        meters=METERS,
        plans={
            "full": plan(
                version(
                    recurring_fee="30",
                    minimum_commitment="60",
                    discount={"percentage": "10"},
                    prices=[
                        per_unit("users", "1", discount={"usage": "2"}, description="Seats"),
                        {"meter": "calls", "price": {"model": "graduated", "tiers": TIERS, "free_units": "3"}},
                    ],
                ),
                description="Full",
                issue_zero_invoices=True,
            ),
            "calls": plan(version(prices=[per_unit("calls", "0.07")]), description="By call"),
            "default": plan(version(recurring_fee="5", prices=[per_unit("calls", "0.1")]), description="Default"),
            "empty": plan(description="Empty"),
            "yen": plan(
                version(recurring_fee="1000", prices=[per_unit("calls", "0.5")]), currency="JPY", currency_exponent=0
            ),
        },
    )
)


def segment(
    plan: str, first: int = 1, end: int = 31, index: int = 0, *, version: str = "v1", on_default: bool = False
) -> Segment:
    """Return the segment of days of June."""
    last = date(2026, 7, 1) if end == 31 else date(2026, 6, end)
    return Segment(index, date(2026, 6, first), last, plan, version, on_default)


def used(*groups: Group, rows: int = 1, **quantities: str) -> SegmentUsage:
    """Return a usage, with an event for each unit; what is not named is zero."""
    measured = {name: Quantity(D(0), 0) for name in METERS}
    measured |= {name: Quantity(D(text), int(D(text))) for name, text in quantities.items()}
    return SegmentUsage(rows, measured, {"calls": groups} if groups else {})


def bill(usage: Mapping[int, SegmentUsage], *segments: Segment, catalog: Catalog = CATALOG) -> Bill:
    return rate_bill(catalog, JUNE, segments, usage)


def amounts(made: Bill) -> dict[str, str]:
    return {line.key: str(line.line.amount) for line in made.lines}


def monthly(key: str, figure: str, **keys: Any) -> Line:
    """Return the line of a flat amount for a month."""
    part = Part("flat", None, D(1), D(figure), D(figure))
    line = Line(key, "month", D(1), None, D(figure), "flat", D(1), (part,), (), D(figure), None)
    return line._replace(**keys)
