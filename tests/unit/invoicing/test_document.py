"""Drafts, final invoices and credit notes."""

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from invoicing.adjustments import adjustment_of
from invoicing.document import credit_note, draft_document, finalized, is_zero, missing_for_issue, utc_text
from invoicing.failure import InvoiceError
from invoicing.tax import REVERSE_CHARGE_NOTE, Tax, totals
from tests.unit.invoicing.invoice_kit import (
    CUSTOMER,
    CUTOFF,
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
    valid,
)

AMOUNTS = ("subtotal", "taxes", "reverse_charge", "total")
SUMMARY = ("key", "kind", "segment", "meter", "quantity", "unit", "unit_amount", "amount")


def amounts(document: dict[str, Any]) -> dict[str, Any]:
    return {key: document[key] for key in AMOUNTS}


def test_a_draft_says_what_is_owed_for_what() -> None:
    document = draft()
    assert [tuple(line[key] for key in SUMMARY) for line in document["lines"]] == [
        ("2026-10-01/recurring", "recurring", 0, None, "1", "month", None, "49.00"),
        ("2026-10-01/api_calls", "usage", 0, "api_calls", "3500", "call", None, "2.40"),
        ("2026-10-01/response_bytes", "usage", 0, "response_bytes", "2500000", "byte", "0.000002", "5.00"),
        ("2026-10-01/unique_users", "usage", 0, "unique_users", "4", "user", "2", "7.20"),
    ]
    assert amounts(document) == {
        "subtotal": "63.60",
        "taxes": [{"rate": "19", "base": "63.60", "amount": "12.08"}],
        "reverse_charge": None,
        "total": "75.68",
    }
    assert {key: value for key, value in document.items() if key not in {*AMOUNTS, "lines", "customer"}} == {
        "version": 1,
        "kind": "invoice",
        "status": "draft",
        "number": None,
        "revision": 1,
        "tenant_id": "blue-harbour",
        "seller": {**SELLER, "country": None},
        "period": {
            "id": "2026-10",
            "start": "2026-10-01T00:00:00Z",
            "end": "2026-11-01T00:00:00Z",
            "timezone": "UTC",
        },
        "issue_date": None,
        "due_date": None,
        "payment_terms_days": 14,
        "credits": None,
        "currency": "USD",
        "currency_exponent": 2,
        "tax": {"rate": "19", "reverse_charge": False},
        "adjustments": [],
        "terms": [
            {
                "index": 0,
                "start": "2026-10-01",
                "end": "2026-11-01",
                "plan": "team",
                "version": "v1",
                "on_default": False,
            }
        ],
        "catalog": catalog().digest,
        "cutoff": "2026-11-03T06:00:00Z",
        "evidence": {
            "rows_per_day": {"2026-10-01": 3500},
            "digest": "5f" * 32,
            "query_ids": ["0d9c5c1e-7f2b-4f3e-9a51-000000000001"],
        },
        "reconciliation": "balanced",
    }


def test_a_line_shows_how_it_was_rated_and_what_its_quantity_is_made_of() -> None:
    line = draft()["lines"][1]
    assert line["detail"] == {
        "model": "graduated",
        "billed_quantity": "2500",
        "unrounded": "2.4",
        "proration": None,
        "parts": [
            {"kind": "units", "tier": 1, "quantity": "2000", "each": "0.001", "amount": "2"},
            {"kind": "units", "tier": 2, "quantity": "500", "each": "0.0008", "amount": "0.4"},
        ],
        "adjustments": [{"kind": "free_units", "figure": "1000", "change": "-1000"}],
    }
    assert line["groups"] == [
        {"dimensions": {"http_method": "GET"}, "quantity": "2800", "events": 2800},
        {"dimensions": {"http_method": "POST"}, "quantity": "700", "events": 700},
    ]


@pytest.mark.parametrize(
    ("currency", "exponent", "subtotal", "tax", "total"),
    [
        ("USD", 2, "63.60", "12.08", "75.68"),
        ("JPY", 0, "63", "12", "75"),  # 2.4 -> 2, 7.2 -> 7
        ("KWD", 3, "63.600", "12.084", "75.684"),
    ],
)
def test_amounts_have_the_decimal_places_of_their_currency(
    currency: str, exponent: int, subtotal: str, tax: str, total: str
) -> None:
    document = draft(bill(used(3500, 2_500_000, 4), of=catalog(currency, exponent)))
    assert (document["currency"], document["currency_exponent"]) == (currency, exponent)
    assert amounts(document) == {
        "subtotal": subtotal,
        "taxes": [{"rate": "19", "base": subtotal, "amount": tax}],
        "reverse_charge": None,
        "total": total,
    }


def test_tax_is_rounded_once_per_rate_and_adjustments_keep_their_own() -> None:
    nineteen, seven = Tax(Decimal(19)), Tax(Decimal("7.0"))
    cent = Decimal("0.01")
    found = totals([(nineteen, 3 * cent), (Tax(Decimal(7)), 50 * cent), (nineteen, 4 * cent), (seven, -cent)], 2)
    assert found == {
        "subtotal": "0.56",
        "taxes": [
            {"rate": "7", "base": "0.49", "amount": "0.03"},
            {"rate": "19", "base": "0.07", "amount": "0.01"},  # 0.0133; 0.0057 and 0.0076 would be 0.02
        ],
        "reverse_charge": None,
        "total": "0.60",
    }
    half = totals([(Tax(Decimal(10)), Decimal("-0.25"))], 2)
    assert (half["taxes"], half["total"]) == ([{"rate": "10", "base": "-0.25", "amount": "-0.03"}], "-0.28")


def test_tax_of_enormous_amounts_is_exact() -> None:
    enormous = Decimal("1234567890123456789012345678901234567.89")
    found = totals([(Tax(Decimal("12.345")), enormous)], 2)
    assert found["taxes"][0]["amount"] == "152407406035740740603574074060357407.41"
    assert found["total"] == "1386975296159197529615919752961591975.30"


def test_reverse_charge_has_a_note_and_no_tax() -> None:
    document = final(customer=REVERSE_CHARGE)
    assert amounts(document) == {
        "subtotal": "63.60",
        "taxes": [],
        "reverse_charge": {"base": "63.60", "note": REVERSE_CHARGE_NOTE},
        "total": "63.60",
    }


def test_a_rate_of_zero_is_stated() -> None:
    document = final(customer=replace(CUSTOMER, tax_rate=Decimal(0)))
    assert document["taxes"] == [{"rate": "0", "base": "63.60", "amount": "0.00"}]


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


def test_only_a_draft_can_be_finalized() -> None:
    with pytest.raises(InvoiceError, match=r"^status: only a draft can be finalized, got finalized$"):
        finalized(final(), "INV-2026-000002", ISSUED)


def test_an_invoice_is_zero_if_every_line_is() -> None:
    made = bill(used(0))
    free = replace(made, lines=made.lines[1:2])
    assert [is_zero(draft(of)) for of in (made, free)] == [False, True]
    late = adjustment_of(OCTOBER, bill(used(3500)), {}, Tax(), None)
    assert late is not None
    assert is_zero(draft(replace(free, period=NOVEMBER), adjustments=[late])) is False


def test_amounts_that_cancel_out_are_no_zero_invoice() -> None:
    document = draft()
    document["lines"][0]["amount"], document["lines"][1]["amount"] = "5.00", "-5.00"
    document["lines"][2]["amount"] = document["lines"][3]["amount"] = "0.00"
    assert is_zero(document) is False


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


def test_a_document_can_be_of_adjustments_alone() -> None:
    late = adjustment_of(OCTOBER, bill(used(3500)), {}, Tax(Decimal(7)), None)
    assert late is not None
    document = draft(bill=None, period=NOVEMBER, adjustments=[late])
    assert (document["lines"], document["terms"], document["currency"], document["subtotal"]) == (
        [],
        [],
        "USD",
        "52.40",
    )


def test_adjustments_stand_in_the_order_of_their_periods() -> None:
    found = [
        adjustment_of(period, bill(used(3500), period), {}, Tax(Decimal(7)), None) for period in (NOVEMBER, OCTOBER)
    ]
    document = draft(bill(used(0), NOVEMBER.next), adjustments=found)
    assert [adjustment["period"] for adjustment in document["adjustments"]] == ["2026-10", "2026-11"]


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(InvoiceError, match=r"^bill: must be of 2026-11, got 2026-10$"):
        draft(bill(used(1)), period=NOVEMBER)
    with pytest.raises(InvoiceError, match=r"^2026-10: nothing to bill, neither a bill nor an adjustment$"):
        draft(bill=None)
    euros = adjustment_of(OCTOBER, bill(used(3500), of=catalog("EUR")), {}, Tax(), "INV-2026-000001")
    with pytest.raises(InvoiceError) as error:
        draft(bill(used(1), NOVEMBER), adjustments=[euros])
    assert str(error.value) == (
        "adjustment of 2026-10: must be in USD, the invoice's currency, got EUR; void and re-issue INV-2026-000001"
        " instead"
    )


def test_moments_are_utc() -> None:
    assert utc_text(datetime(2026, 11, 3, 7, tzinfo=timezone(timedelta(hours=1)))) == "2026-11-03T06:00:00Z"
    assert utc_text(datetime(2026, 11, 3, 6, 0, 0, 1, tzinfo=UTC)) == "2026-11-03T06:00:00.000001Z"
    with pytest.raises(ValueError, match=r"^a moment must have a time zone, got 2026-11-03T06:00:00$"):
        utc_text(CUTOFF.replace(tzinfo=None))


def test_a_draft_needs_nobody_to_be_known() -> None:
    document = draft(seller=None, customer=None)
    assert (document["seller"], document["customer"], document["tax"]) == (
        None,
        None,
        {"rate": None, "reverse_charge": False},
    )
    assert amounts(document) == {"subtotal": "63.60", "taxes": [], "reverse_charge": None, "total": "63.60"}


def test_the_same_input_makes_the_same_document() -> None:
    assert draft() == draft()
    assert draft_document.__kwdefaults__ is None  # nothing is left to a default
