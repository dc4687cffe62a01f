"""A document as CSV (RFC 4180, UTF-8): one row for each line, adjustment, tax and total.

Text that others choose can begin like a formula; a spreadsheet would compute it. It gets an apostrophe in front, as
OWASP advises. Numbers are ours and stay numbers.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

COLUMNS = (
    "document",
    "number",
    "status",
    "issue_date",
    "tenant_id",
    "customer",
    "period",
    "row",
    "key",
    "segment_start",
    "segment_end",
    "plan",
    "kind",
    "meter",
    "description",
    "quantity",
    "unit",
    "unit_amount",
    "amount",
    "currency",
    "tax_rate",
    "reverse_charge",
    "corrects",
)
"""The header. `row` is line, adjustment, subtotal, tax, reverse_charge or total; line and adjustment rows add up to the
subtotal. `period` of an adjustment is the one that it corrects, `corrects` names the invoices."""

_NUMBERS = {"quantity", "unit_amount", "amount", "tax_rate"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full width


def to_csv(document: Mapping[str, Any]) -> bytes:
    """Return a document as CSV with a header and CRLF at the end of each row."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    common = {
        "document": document["kind"],
        "number": document["number"],
        "status": document["status"],
        "issue_date": document["issue_date"],
        "tenant_id": document["tenant_id"],
        "customer": document["customer"] and document["customer"]["legal_name"],
        "period": document["period"]["id"],
        "currency": document["currency"],
    }
    for row in _rows(document):
        cells = common | row
        writer.writerow([_cell(column, cells.get(column)) for column in COLUMNS])
    return sheet.getvalue().encode()


def _rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    segments = {segment["index"]: segment for segment in document["terms"]}
    for line in document["lines"]:
        segment = segments[line["segment"]]
        place = {"segment_start": segment["start"], "segment_end": segment["end"], "plan": segment["plan"]}
        yield {"row": "line", **line, **place, **_tax(line["tax"])}
    for adjustment in document["adjustments"]:
        corrected = {"period": adjustment["period"], "corrects": " ".join(adjustment["invoices"])}
        for line in adjustment["lines"]:
            quantity = {"quantity": line["now"]["quantity"], "kind": adjustment["reason"]}
            yield {"row": "adjustment", **line, **corrected, **quantity, **_tax(line["tax"])}
    yield {"row": "subtotal", "amount": document["subtotal"]}
    for tax in document["taxes"]:
        description = f"Tax on {tax['base']}"
        yield {"row": "tax", "description": description, "amount": tax["amount"], "tax_rate": tax["rate"]}
    if document["reverse_charge"]:
        reverse = document["reverse_charge"]
        zero = {"amount": None, "reverse_charge": True}
        yield {"row": "reverse_charge", "description": reverse["note"], **zero}
    yield {"row": "total", "amount": document["total"]}


def _tax(tax: Mapping[str, Any]) -> dict[str, Any]:
    return {"tax_rate": tax["rate"], "reverse_charge": tax["reverse_charge"]}


def _cell(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if column not in _NUMBERS and text.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{text}"
    return text
