"""Drafts, final invoices and credit notes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from invoicing.adjustments import adjustment_of
from invoicing.document import draft_document, is_zero, utc_text
from invoicing.failure import InvoiceError
from invoicing.tax import REVERSE_CHARGE_NOTE, Tax
from tests.unit.invoicing.invoice_kit import (
    CUSTOMER,
    CUTOFF,
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


def test_groups_that_are_left_out_are_counted_on_their_line_alone() -> None:
    found = draft(bill(replace(used(3500), groups_omitted={"api_calls": 7})))
    whole = draft(bill(used(3500)))["lines"]
    assert found["lines"] == [{**line, "groups_omitted": 7} if line["meter"] == "api_calls" else line for line in whole]


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


def test_the_seller_of_the_config_is_taken_as_it_is() -> None:
    minimal = {"legal_name": SELLER["legal_name"], "address": SELLER["address"]}
    assert final(seller=minimal)["seller"] == {**minimal, "tax_id": None, "email": None, "country": None}
