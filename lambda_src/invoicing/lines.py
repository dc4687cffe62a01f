"""Lines of a bill as JSON values."""

from typing import Any

from invoicing.money import amount_text
from invoicing.tax import Tax
from rating.bill import BillLine, Group
from rating.exact import to_text
from rating.line import Line, detail

_ON_THE_LINE = ("amount", "quantity", "unit_amount")


def line_json(bill_line: BillLine, tax: Tax, currency_exponent: int) -> dict[str, Any]:
    """Return one line of an invoice.

    Args:
        bill_line: as it was rated.
        tax: how it is taxed.
        currency_exponent: decimal places of the amount; all other figures have as many as they need.

    Returns:
        A `line` of docs/invoice-v1.schema.json; `groups_omitted` is there only if there are any.
    """
    line = bill_line.line
    return {
        "key": bill_line.key,
        "segment": bill_line.segment,
        "kind": bill_line.kind,
        "meter": bill_line.meter,
        "description": bill_line.description,
        "quantity": to_text(line.quantity),
        "unit": line.unit,
        "unit_amount": None if line.unit_amount is None else to_text(line.unit_amount),
        "amount": amount_text(line.amount, currency_exponent),
        "tax": tax.to_json(),
        "detail": detail_json(line),
        "groups": [_group(group) for group in bill_line.groups],
        **({"groups_omitted": bill_line.groups_omitted} if bill_line.groups_omitted else {}),
    }


def detail_json(line: Line) -> dict[str, Any]:
    """Return what a customer needs to recompute a line by hand, without what stands on the line itself."""
    shown = {key: value for key, value in detail(line).items() if key not in _ON_THE_LINE}
    return {"proration": None, **shown}


def _group(group: Group) -> dict[str, Any]:
    return {
        "dimensions": dict(group.dimensions),
        "quantity": to_text(group.quantity.value),
        "events": group.quantity.events,
    }
