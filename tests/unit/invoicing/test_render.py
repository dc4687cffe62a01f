"""JSON and CSV of a document."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from invoicing.document import credit_note
from invoicing.keys import FORMS
from invoicing.render import RENDERERS, to_csv, to_json
from invoicing.sheet import COLUMNS
from tests.unit.invoicing.invoice_kit import CUSTOMER, ISSUED, adjusted, final


def rows(document: dict[str, Any]) -> list[dict[str, str]]:
    """Return the cells of every row that are not empty and not the same in all rows."""
    table = list(csv.DictReader(io.StringIO(to_csv(document).decode(), newline="")))
    common = {"document", "number", "status", "issue_date", "tenant_id", "customer", "currency"}
    return [{name: cell for name, cell in row.items() if cell and name not in common} for row in table]


def test_json_is_canonical() -> None:
    document = final(customer=replace(CUSTOMER, legal_name="Müller & Söhne"))
    text = to_json(document)
    assert json.loads(text) == document
    assert to_json(json.loads(text)) == text == to_json(dict(reversed(document.items())))
    assert "Müller".encode() in text


def test_every_form_has_its_renderer() -> None:
    assert tuple(RENDERERS) == FORMS


def test_csv_has_a_row_for_every_line_tax_and_total() -> None:
    line = {"row": "line", "segment_start": "2026-11-01", "segment_end": "2026-12-01", "plan": "team"}
    line |= {"period": "2026-11", "tax_rate": "19", "reverse_charge": "false"}
    usage = line | {"kind": "usage", "quantity": "0"}
    assert rows(adjusted()) == [
        line
        | {"key": "2026-11-01/recurring", "kind": "recurring", "description": "Team: monthly fee"}
        | {"quantity": "1", "unit": "month", "amount": "49.00"},
        usage
        | {"key": "2026-11-01/api_calls", "meter": "api_calls", "description": "API calls", "unit": "call"}
        | {"amount": "0.00"},
        usage
        | {"key": "2026-11-01/response_bytes", "meter": "response_bytes", "description": "Data transfer"}
        | {"unit": "byte", "amount": "1.00"},
        usage
        | {"key": "2026-11-01/unique_users", "meter": "unique_users", "description": "Active users"}
        | {"unit": "user", "unit_amount": "2", "amount": "0.00"},
        {
            "row": "adjustment",
            "period": "2026-10",
            "key": "2026-10-01/api_calls",
            "kind": "late_usage",
            "meter": "api_calls",
            "description": "API calls",
            "quantity": "3750",
            "unit": "call",
            "amount": "0.20",
            "reverse_charge": "true",
            "corrects": "INV-2026-000001",
        },
        {"row": "subtotal", "period": "2026-11", "amount": "50.20"},
        {"row": "tax", "period": "2026-11", "description": "Tax on 50.00", "amount": "9.50", "tax_rate": "19"},
        {
            "row": "reverse_charge",
            "period": "2026-11",
            "description": "Reverse charge: the recipient of the services is liable for the tax.",
            "reverse_charge": "true",
        },
        {"row": "total", "period": "2026-11", "amount": "59.70"},
    ]


def test_csv_is_rfc_4180() -> None:
    name = 'Blue, "Harbour"\nGmbH'
    text = to_csv(final(customer=replace(CUSTOMER, legal_name=name))).decode()
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    assert text.count('"Blue, ""Harbour""\nGmbH"') == text.count("\r\n") - 1
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["customer"] for row in table} == {name}
    assert {row["document"] + row["number"] + row["issue_date"] + row["currency"] for row in table} == {
        "invoiceINV-2026-0000012026-11-04USD"
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝"])  # noqa: RUF001 - full width
def test_no_text_of_a_tenant_is_a_formula(start: str) -> None:
    name = f"{start}HYPERLINK(1)"
    document = final(customer=replace(CUSTOMER, legal_name=name), tenant_id=name)
    table = list(csv.DictReader(io.StringIO(to_csv(document).decode(), newline="")))
    assert {(row["customer"], row["tenant_id"]) for row in table} == {(f"'{name}", f"'{name}")}


def test_negative_amounts_stay_numbers() -> None:
    note = credit_note(final(), "CN-2026-000001", ISSUED, "Duplicate")
    assert [row["amount"] for row in rows(note)] == ["-49.00", "-2.40", "-5.00", "-7.20", "-63.60", "-12.08", "-75.68"]
