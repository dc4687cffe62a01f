"""What a finalized period is billed later."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from invoicing.adjustments import BilledLine, adjustment_of, billed_elsewhere, billed_lines
from invoicing.document import credit_note
from invoicing.failure import InvoiceError
from invoicing.lines import detail_json
from invoicing.tax import Tax
from tests.unit.invoicing.invoice_kit import (
    CUSTOMER,
    CUTOFF,
    ISSUED,
    NOVEMBER,
    OCTOBER,
    bill,
    catalog,
    draft,
    final,
    used,
)

TAX = Tax(Decimal(19))
DECEMBER = NOVEMBER.next


def test_only_lines_whose_amount_differs_are_billed_again() -> None:
    billed = billed_lines(OCTOBER, [final()])
    rerated = bill(used(3750, 2_500_000, 4))
    evidence = {"rows_per_day": {"2026-10-01": 3750}, "digest": "6f" * 32}
    found = adjustment_of(OCTOBER, rerated, billed, TAX, "INV-2026-000001", evidence=evidence)
    assert found is not None
    assert found.amount == Decimal("0.20")
    assert found.to_json() == {
        "period": "2026-10",
        "reason": "late_usage",
        "invoices": ["INV-2026-000001"],
        "lines": [
            {
                "key": "2026-10-01/api_calls",
                "meter": "api_calls",
                "description": "API calls",
                "unit": "call",
                "was": {"quantity": "3500", "amount": "2.40"},
                "now": {"quantity": "3750", "amount": "2.60"},
                "amount": "0.20",
                "tax": {"rate": "19", "reverse_charge": False},
                "detail": detail_json(rerated.lines[1].line),
            }
        ],
        "evidence": evidence,
    }


def test_nothing_new_is_no_adjustment() -> None:
    assert adjustment_of(OCTOBER, bill(used(3500, 2_500_000, 4)), billed_lines(OCTOBER, [final()]), TAX, "x") is None


def test_an_adjustment_can_be_negative() -> None:
    """A volume price falls when the total reaches the next tier; a voided row would do the same."""
    billed = billed_lines(OCTOBER, [final()])
    found = adjustment_of(OCTOBER, bill(used(3500, 2_000_000, 4)), billed, TAX, "INV-2026-000001")
    assert found is not None
    assert [(line.key, line.amount) for line in found.lines] == [("2026-10-01/response_bytes", Decimal("-1.00"))]
    document = draft(bill(used(0), NOVEMBER), adjustments=[replace(found, lines=found.lines * 60)])
    assert (document["subtotal"], document["taxes"], document["total"]) == (
        "-10.00",
        [{"rate": "19", "base": "-10.00", "amount": "-1.90"}],
        "-11.90",
    )


def test_a_line_that_is_new_and_one_that_is_gone() -> None:
    billed = billed_lines(OCTOBER, [final(of=bill([used(3500), used(0)], changed=16))])
    found = adjustment_of(OCTOBER, bill([used(3500), used(0)], changed=21), billed, TAX, "INV-2026-000001")
    assert found is not None
    assert {line.key: (line.was.quantity, line.now.quantity, line.detail is None) for line in found.lines} == {
        "2026-10-01/api_calls": ("3500", "3500", False),  # dearer: its free units are those of 20 days
        "2026-10-01/recurring": ("1", "1", False),
        "2026-10-01/response_bytes": ("0", "0", False),
        "2026-10-16/commitment": ("1", None, True),
        "2026-10-16/recurring": ("1", None, True),
        "2026-10-16/response_bytes": ("0", None, True),
        "2026-10-21/commitment": (None, "1", False),
        "2026-10-21/recurring": (None, "1", False),
        "2026-10-21/response_bytes": (None, "0", False),
    }


def test_a_period_that_had_no_invoice_is_billed_from_nothing() -> None:
    found = adjustment_of(OCTOBER, bill(used(3500)), {}, TAX, None)
    assert found is not None
    assert (found.amount, found.numbers) == (bill(used(3500)).subtotal, ())


def test_what_is_billed_is_the_sum_of_own_lines_and_adjustments() -> None:
    first = final("INV-2026-000001")
    late = adjustment_of(OCTOBER, bill(used(3750, 2_500_000, 4)), billed_lines(OCTOBER, [first]), TAX, first["number"])
    second = final(
        "INV-2026-000002", bill(used(0), NOVEMBER), adjustments=[late], cutoff=CUTOFF + timedelta(microseconds=1)
    )
    expected = BilledLine(
        "2026-10-01/api_calls", "API calls", "call", "api_calls", "USD", "3750", {TAX: Decimal("2.60")}
    )
    for order in ([first, second], [second, first]):
        assert billed_lines(OCTOBER, order)["2026-10-01/api_calls"] == expected
    assert billed_lines(DECEMBER, [first, second]) == {}


def test_a_reissued_invoice_leaves_out_what_a_later_one_has_billed() -> None:
    first = final("INV-2026-000001")
    rerated = bill(used(3750, 2_500_000, 4))
    late = adjustment_of(OCTOBER, rerated, billed_lines(OCTOBER, [first]), TAX, first["number"])
    second = final("INV-2026-000002", bill(used(0), NOVEMBER), adjustments=[late])
    found = billed_elsewhere(OCTOBER, [second])
    assert found is not None
    assert found.to_json() == {
        "period": "2026-10",
        "reason": "billed_before",
        "invoices": ["INV-2026-000002"],
        "lines": [
            {
                "key": "2026-10-01/api_calls",
                "meter": "api_calls",
                "description": "API calls",
                "unit": "call",
                "was": {"quantity": None, "amount": "0.20"},
                "now": {"quantity": None, "amount": "0.00"},
                "amount": "-0.20",
                "tax": {"rate": "19", "reverse_charge": False},
                "detail": None,
            }
        ],
        "evidence": None,
    }
    again = final("INV-2026-000003", rerated, revision=2, adjustments=[found])
    assert again["subtotal"] == "63.60"  # as the first: 63.80 less 0.20
    assert adjustment_of(OCTOBER, rerated, billed_lines(OCTOBER, [second, again]), TAX, again["number"]) is None
    assert billed_elsewhere(OCTOBER, [final(of=bill(used(0), NOVEMBER))]) is None


def test_what_was_billed_under_another_rate_goes_back_under_that_rate() -> None:
    """The invoice is issued again at 7 per cent; a later one has billed a part of it at 19."""
    seven = Tax(Decimal(7))
    rerated = bill(used(3750, 2_500_000, 4))
    late = adjustment_of(OCTOBER, rerated, billed_lines(OCTOBER, [final()]), TAX, "INV-2026-000001")
    second = final("INV-2026-000002", bill(used(0), NOVEMBER), adjustments=[late])
    off = billed_elsewhere(OCTOBER, [second])
    again = final(
        "INV-2026-000003", rerated, adjustments=[off], customer=replace(CUSTOMER, tax_rate=Decimal(7)), revision=2
    )
    assert again["taxes"] == [
        {"rate": "7", "base": "63.80", "amount": "4.47"},
        {"rate": "19", "base": "-0.20", "amount": "-0.04"},
    ]
    # The later one is voided as well: what was taken off is billed again, at 19, so that in the end all is at 7.
    found = adjustment_of(OCTOBER, rerated, billed_lines(OCTOBER, [again]), seven, "INV-2026-000003")
    assert found is not None
    assert [(line.key, line.tax, line.amount) for line in found.lines] == [
        ("2026-10-01/api_calls", TAX, Decimal("0.20"))
    ]


def test_documents_that_do_not_bill_are_refused() -> None:
    with pytest.raises(InvoiceError, match=r"^only finalized invoices bill, got a draft invoice$"):
        billed_lines(OCTOBER, [draft()])
    with pytest.raises(InvoiceError, match=r"^only finalized invoices bill, got a finalized credit_note$"):
        billed_lines(OCTOBER, [credit_note(final(), "CN-2026-000001", ISSUED, "Duplicate")])
    with pytest.raises(InvoiceError, match=r"^2026-10: must have no invoice that stands, got INV-2026-000001$"):
        billed_elsewhere(OCTOBER, [final()])
    with pytest.raises(InvoiceError, match=r"^re-rated bill: must be of 2026-11, got 2026-10$"):
        adjustment_of(NOVEMBER, bill(used(1)), {}, TAX, None)


def test_currencies_are_never_mixed() -> None:
    euros = bill(used(3500), of=catalog("EUR"))
    with pytest.raises(InvoiceError) as error:
        adjustment_of(OCTOBER, euros, billed_lines(OCTOBER, [final()]), TAX, "INV-2026-000001")
    assert str(error.value) == "2026-10, line 2026-10-01/api_calls: must be re-rated in USD as billed, got EUR"
    with pytest.raises(InvoiceError) as error:
        billed_lines(OCTOBER, [final("INV-2026-000001"), final("INV-2026-000002", euros)])
    assert str(error.value) == (
        "invoice INV-2026-000002: must be in USD as another one that billed for 2026-10, got EUR; void one of them"
    )
