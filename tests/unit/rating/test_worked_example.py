"""The example of the README's "How a bill is made": November 2026 of a tenant that changes its plan on the 16th.

The figures are worked out by hand from `catalog.yaml`. Each plan holds for 15 of 30 days, so that what is for a month
is halved: fee, included units, bounds of tiers, flat amount, commitment. Prices of a unit are not.
"""

import json
from decimal import Decimal
from pathlib import Path

from rating.account import parse_account
from rating.bill import Bill, Quantity, SegmentUsage, rate_bill
from rating.period import Period
from rating.terms import segments_of
from tests.unit.rating.catalog.shipped import shipped_catalog

GIVEN = json.loads((Path(__file__).resolve().parents[3] / "docs" / "worked-month.json").read_text(encoding="utf-8"))


def november() -> Bill:
    catalog = shipped_catalog()
    account = parse_account(GIVEN["tenant_id"], GIVEN["account"])
    period = Period.parse(GIVEN["period"])
    segments = segments_of(catalog, account.subscriptions, period)
    usage = {
        index: SegmentUsage(
            measured["api_calls"],
            {name: Quantity(Decimal(value), measured["api_calls"]) for name, value in measured.items()},
            {},
        )
        for index, measured in enumerate(GIVEN["usage"])
    }
    return rate_bill(catalog, period, segments, usage)


def test_the_month_is_split_where_the_plan_changes() -> None:
    split = [(str(one.start), str(one.end), one.plan, one.version, one.days) for one in november().segments]
    assert split == [
        ("2026-11-01", "2026-11-16", "team", "v1", 15),
        ("2026-11-16", "2026-12-01", "enterprise", "v1", 15),
    ]


def test_every_line_is_what_was_worked_out_by_hand() -> None:
    lines = [
        (
            line.key,
            line.description,
            f"{line.line.billed_quantity.normalize():f} {line.line.unit}",
            str(line.line.amount),
        )
        for line in november().lines
    ]
    assert lines == [
        # 49 / 2
        ("2026-11-01/recurring", "Team: monthly fee", "1 month", "24.50"),
        # 61,834 - 10,000 / 2 included; 50,000 x 0.001 + 6,834 x 0.0008 = 50 + 5.4672
        ("2026-11-01/api_calls", "API calls", "56834 call", "55.47"),
        # above 50 GB / 2, hence all at the second tier: 41.326508214 GB x 0.08 = 3.30612065712
        ("2026-11-01/response_bytes", "Data transfer", "41326508214 byte", "3.31"),
        # 23 - 5 / 2 included; 20.5 x 2
        ("2026-11-01/unique_users", "Active users, 5 included", "20.5 user", "41.00"),
        # 1,840 x 0.0008 = 1.472
        ("2026-11-01/usage_events", "Usage events", "1840 event", "1.47"),
        # 1,312,500 - 500,000 / 2 included; 1,000,000 x 0.000003 + 62,500 x 0.0000025 = 3 + 0.15625
        ("2026-11-01/tokens", "Tokens", "1062500 token", "3.16"),
        # 500 / 2 less 10 %
        ("2026-11-16/recurring", "Enterprise: monthly fee", "1 month", "225.00"),
        # 500,000 x 0.0008 + 142,118 x 0.0004 = 400 + 56.8472; less 10 %: 411.16248
        ("2026-11-16/api_calls", "API calls", "642118 call", "411.16"),
        # 212.750330006 GB x 0.06 = 12.76501980036; less 10 %: 11.488517820324
        ("2026-11-16/response_bytes", "Data transfer", "212750330006 byte", "11.49"),
        # 100 / 2, of which the plan's discount is not
        ("2026-11-16/unique_users", "Active users, any number", "31 user", "50.00"),
        # 2,000 / 2 less 225.00 + 411.16 + 11.49 + 50.00 = 697.65
        ("2026-11-16/commitment", "Enterprise: rest of the minimum commitment", "1 month", "302.35"),
    ]


def test_the_tiers_are_shown_unrounded() -> None:
    shown = {
        line.key: [
            (part.tier, f"{part.quantity.normalize():f}", f"{part.each:f}", f"{part.amount.normalize():f}")
            for part in line.line.parts
        ]
        for line in november().lines
        if line.meter in {"api_calls", "response_bytes", "tokens"}
    }
    assert shown == {
        "2026-11-01/api_calls": [(1, "50000", "0.001", "50"), (2, "6834", "0.0008", "5.4672")],
        "2026-11-01/response_bytes": [(2, "41326508214", "0.00000000008", "3.30612065712")],
        "2026-11-01/tokens": [(1, "1000000", "0.000003", "3"), (2, "62500", "0.0000025", "0.15625")],
        "2026-11-16/api_calls": [(1, "500000", "0.0008", "400"), (2, "142118", "0.0004", "56.8472")],
        "2026-11-16/response_bytes": [(None, "212750330006", "0.00000000006", "12.76501980036")],
    }


def test_the_bill_is_the_sum_of_its_lines() -> None:
    bill = november()
    by_segment = [
        sum((line.line.amount for line in bill.lines if line.segment == segment.index), Decimal(0))
        for segment in bill.segments
    ]
    assert [str(amount) for amount in by_segment] == ["128.91", "1000.00"]
    assert (bill.currency, str(bill.subtotal)) == ("USD", "1128.91")
