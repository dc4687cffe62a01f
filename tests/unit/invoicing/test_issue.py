"""Final invoices and credit notes."""

import copy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from invoicing.adjustments import adjustment_of
from invoicing.document import credit_note, finalized, missing_for_issue
from invoicing.failure import InvoiceError
from invoicing.tax import REVERSE_CHARGE_NOTE, Tax
from tests.unit.invoicing.invoice_kit import (
    CUSTOMER,
    ISSUED,
    NOVEMBER,
    OCTOBER,
    REVERSE_CHARGE,
    SELLER,
    bill,
    draft,
    final,
    used,
    valid,
)


def test_finalizing_stamps_number_and_dates_and_leaves_the_draft_alone() -> None:
    before = draft()
    kept = copy.deepcopy(before)
    document = finalized(before, "INV-2026-000007", ISSUED)
    stamped = {
        "status": "finalized",
        "number": "INV-2026-000007",
        "issue_date": "2026-11-04",
        "due_date": "2026-11-18",
    }
    assert valid(document) == {**kept, **stamped}
    document["lines"][0]["amount"] = "0.00"
    assert before == kept


def test_only_a_draft_can_be_finalized() -> None:
    with pytest.raises(InvoiceError, match=r"^status: only a draft can be finalized, got finalized$"):
        finalized(final(), "INV-2026-000002", ISSUED)


def test_a_credit_note_takes_every_amount_back() -> None:
    late = adjustment_of(OCTOBER, bill(used(3500)), {}, Tax(Decimal(7)), "INV-2026-000001")
    assert late is not None
    invoice = final("INV-2026-000009", bill(used(0), NOVEMBER), adjustments=[late])
    kept = copy.deepcopy(invoice)
    note = valid(credit_note(invoice, "CN-2026-000001", ISSUED + timedelta(days=9), "Wrong address"))
    assert invoice == kept
    changed = {key: value for key, value in note.items() if value != invoice[key]}
    assert [line["amount"] for line in changed.pop("lines")] == ["-49.00", "0.00", "-1.00", "0.00"]
    [adjustment] = changed.pop("adjustments")
    first = adjustment["lines"][0]
    assert (first["was"], first["now"], first["amount"]) == (
        {"quantity": "3500", "amount": "2.40"},
        {"quantity": None, "amount": "0.00"},
        "-2.40",
    )
    assert changed == {
        "kind": "credit_note",
        "number": "CN-2026-000001",
        "issue_date": "2026-11-13",
        "due_date": None,
        "credits": {"number": "INV-2026-000009", "issue_date": "2026-11-04", "reason": "Wrong address"},
        "subtotal": "-102.40",
        "taxes": [
            {"rate": "7", "base": "-52.40", "amount": "-3.67"},
            {"rate": "19", "base": "-50.00", "amount": "-9.50"},
        ],
        "total": "-115.57",
    }


def test_a_credit_note_under_reverse_charge_takes_its_base_back() -> None:
    note = valid(credit_note(final(customer=REVERSE_CHARGE), "CN-2026-000001", ISSUED, "Duplicate"))
    assert note["reverse_charge"] == {"base": "-63.60", "note": REVERSE_CHARGE_NOTE}


def test_only_a_final_invoice_is_credited_and_with_a_reason() -> None:
    note = credit_note(final(), "CN-2026-000001", ISSUED, "Duplicate")
    with pytest.raises(InvoiceError, match=r"^only a finalized invoice can be credited, got a finalized credit_note$"):
        credit_note(note, "CN-2026-000002", ISSUED, "Duplicate")
    with pytest.raises(InvoiceError, match=r"^only a finalized invoice can be credited, got a draft invoice$"):
        credit_note(draft(), "CN-2026-000002", ISSUED, "Duplicate")
    with pytest.raises(InvoiceError, match=r"^reason: a credit note must give one, got none$"):
        credit_note(final(), "CN-2026-000002", ISSUED, " ")


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        (
            {"seller": None, "customer": None},
            [
                "seller: a final invoice must have one, got none",
                "customer: a final invoice must have one, got none",
            ],
        ),
        (
            {
                "seller": SELLER | {"legal_name": " ", "address": []},
                "customer": replace(CUSTOMER, address=("",), tax_rate=None),
            },
            [
                "seller.legal_name: a final invoice must have one, got none",
                "seller.address: a final invoice must have at least one line, got none",
                "customer.address: a final invoice must have at least one line, got none",
                "customer.tax_rate: a final invoice must state it, be it 0, or reverse charge, got neither",
            ],
        ),
        (
            {"seller": SELLER | {"tax_id": None}, "customer": replace(REVERSE_CHARGE, tax_id="")},
            [
                "seller.tax_id: must be there under reverse charge, got none",
                "customer.tax_id: must be there under reverse charge, got none",
            ],
        ),
    ],
    ids=["nobody", "incomplete", "reverse charge"],
)
def test_what_a_final_invoice_lacks_is_said_all_at_once(changes: dict[str, Any], problems: list[str]) -> None:
    document = draft(**changes)
    assert missing_for_issue(document) == tuple(problems)
    with pytest.raises(InvoiceError) as error:
        finalized(document, "INV-2026-000001", ISSUED)
    assert error.value.problems == tuple(problems)
