"""Documents as customers get them, from the usual to the extreme."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from invoicing.adjustments import PeriodAdjustment, adjustment_of, billed_elsewhere, billed_lines
from invoicing.document import credit_note
from invoicing.tax import Tax
from rating.account import Subscription
from rating.bill import Bill, Group, Quantity, SegmentUsage, rate_bill
from rating.terms import segments_of
from tests.unit.invoicing.invoice_kit import (
    CUSTOMER,
    ISSUED,
    NOVEMBER,
    OCTOBER,
    REVERSE_CHARGE,
    SELLER,
    bill,
    catalog,
    draft,
    final,
    used,
)

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def usual() -> dict[str, Any]:
    """Two plans in one month, three meters: nine lines."""
    return final(of=bill([used(34_812, 81_234_567, 14), used(61_050, 130_400_211, 19)], changed=16))


def plain() -> dict[str, Any]:
    return final(of=bill(used(34_812, 81_234_567, 14)))


def drafted() -> dict[str, Any]:
    return draft(bill(used(34_812, 81_234_567, 14)), customer=replace(CUSTOMER, tax_rate=None))


def fourteen() -> dict[str, Any]:
    """Two plans in one month, and the month before corrected at another rate: as much as one sheet is meant for."""
    split = bill([used(34_812, 81_234_567, 14), used(61_050, 30_400_211, 19)], NOVEMBER, changed=12)
    late = late_usage(
        bill([used(3500, 2_500_000, 4), used(0)], changed=16),
        bill([used(3750, 2_400_000, 5), used(90_000)], changed=16),
    )
    document = final("INV-2026-000044", split, adjustments=[late])
    assert (len(document["lines"]), len(document["adjustments"][0]["lines"])) == (9, 5)
    return document


def weeks(segments: int, *, days: int = 7) -> dict[str, Any]:
    """A month in which the plan changes again and again."""
    plans = catalog()
    starts = [date(2026, 10, 1) + timedelta(days=days * n) for n in range(segments)]
    ends = [*starts[1:], None]
    names = ["team" if n % 2 else "scale" for n in range(segments)]
    subscriptions = [Subscription(*terms) for terms in zip(names, starts, ends, strict=True)]
    usage = {n: used(134_812 + 7 * n, 91_234_567, 400 + n) for n in range(segments)}
    return final(of=rate_bill(plans, OCTOBER, segments_of(plans, subscriptions, OCTOBER), usage))


def adjusted() -> dict[str, Any]:
    """Late usage of the month before, at another tax rate."""
    return final(
        "INV-2026-000043",
        bill(used(34_812, 81_234_567, 14), NOVEMBER),
        adjustments=[late_usage(bill(used(3500, 2_500_000, 4)), bill(used(3750, 2_400_000, 4)))],
    )


def credited() -> dict[str, Any]:
    return credit_note(adjusted(), "CN-2026-000007", ISSUED + timedelta(days=20), "Billed to the wrong company")


def reissued() -> dict[str, Any]:
    off = billed_elsewhere(OCTOBER, [adjusted()])
    return final(
        "INV-2026-000051", bill(used(3750, 2_500_000, 4)), adjustments=[off], revision=2, customer=REVERSE_CHARGE
    )


def long_names() -> dict[str, Any]:
    """Names without a place to break, figures without end, hostile text."""
    customer = replace(
        CUSTOMER, legal_name=LONG, address=(LONG, "<script>alert(1)</script>"), email=f"{LONG}@x.example"
    )
    groups = tuple(Group((("http_method", f"/{LONG}/{n}"),), Quantity(Decimal(10) ** 14, 5)) for n in range(8))
    usage = SegmentUsage(
        9,
        {
            "api_calls": Quantity(Decimal(10) ** 15, 9),
            "response_bytes": Quantity(Decimal(10) ** 15, 9),
            "unique_users": Quantity(Decimal("123456789.123456789"), 9),
        },
        {"api_calls": groups},
    )
    return final(
        of=bill(usage, of=catalog("KWD", 3)),
        customer=customer,
        seller=SELLER | {"legal_name": LONG},
        tenant_id=LONG + LONG[:40],
    )


def yen() -> dict[str, Any]:
    return final(of=bill(used(34_812, 81_234_567, 14), of=catalog("JPY", 0)), customer=REVERSE_CHARGE)


def late_usage(before: Bill, now: Bill) -> PeriodAdjustment | None:
    seven = replace(CUSTOMER, tax_rate=Decimal(7))
    billed = billed_lines(OCTOBER, [final("INV-2026-000001", before, customer=seven)])
    return adjustment_of(OCTOBER, now, billed, Tax(Decimal(7)), "INV-2026-000001")
