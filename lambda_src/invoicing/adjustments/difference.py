"""From what is billed to what is right."""

from collections.abc import Iterable, Mapping
from typing import Any

from invoicing.adjustments.billed import BilledLine, billed_lines, lines_of
from invoicing.adjustments.form import AdjustmentLine, Figure, PeriodAdjustment
from invoicing.failure import InvoiceError
from invoicing.lines import detail_json
from invoicing.tax import Tax
from rating.bill import Bill, BillLine
from rating.exact import ZERO, to_text
from rating.period import Period

_NOTHING = Figure(None, ZERO)


def adjustment_of(
    period: Period,
    rerated: Bill,
    billed: Mapping[str, BilledLine],
    tax: Tax,
    number: str | None,
    *,
    evidence: Mapping[str, Any] | None = None,
) -> PeriodAdjustment | None:
    """Return what is still to be billed for a period: its re-rated bill less what is billed; None if that is nothing.

    Args:
        period: finalized.
        rerated: its bill with all rows that are known now, under its frozen terms.
        billed: as of `billed_lines`.
        tax: of the original invoice, `Tax.from_json(invoice["tax"])`; the customer's if the period had none.
        number: of the original invoice, if there is one.
        evidence: of the rows that are known now.

    Raises:
        InvoiceError: the bill is of another period, or in another currency than what is billed.
    """
    if rerated.period != period:
        raise InvoiceError([f"re-rated bill: must be of {period}, got {rerated.period}"])
    lines: list[AdjustmentLine] = []
    right = {line.key: line for line in rerated.lines}
    for key in sorted(right.keys() | billed.keys()):
        before = billed.get(key)
        if before and before.currency != rerated.currency:
            raise InvoiceError(
                [f"{period}, line {key}: must be re-rated in {before.currency} as billed, got {rerated.currency}"]
            )
        lines += _differences(right.get(key), before, tax)
    if not lines:
        return None
    numbers = () if number is None else (number,)
    return PeriodAdjustment(
        period, "late_usage", rerated.currency, rerated.currency_exponent, tuple(lines), numbers, evidence
    )


def billed_elsewhere(period: Period, invoices: Iterable[dict[str, Any]]) -> PeriodAdjustment | None:
    """Return what a re-issued invoice must take off because invoices of other periods have billed it already.

    It is what `adjustment_of` would find right after the invoice was issued without it.

    Args:
        period: whose invoice is issued again.
        invoices: as of `billed_lines`; none of them is the period's own.

    Raises:
        InvoiceError: as of `billed_lines`, or the period has an invoice that stands.
    """
    others = [invoice for invoice in invoices if any(lines_of(period, invoice))]
    for invoice in others:
        if invoice["period"]["id"] == str(period):
            raise InvoiceError([f"{period}: must have no invoice that stands, got {invoice['number']}"])
    lines = [
        AdjustmentLine(key, line.meter, line.description, line.unit, tax, Figure(None, amount), _NOTHING, None)
        for key, line in sorted(billed_lines(period, others).items())
        for tax, amount in line.amounts.items()
        if amount
    ]
    if not lines:
        return None
    numbers = tuple(sorted(invoice["number"] for invoice in others))
    first = others[0]
    return PeriodAdjustment(
        period, "billed_before", first["currency"], first["currency_exponent"], tuple(lines), numbers
    )


def _differences(right: BillLine | None, before: BilledLine | None, tax: Tax) -> list[AdjustmentLine]:
    """Return the lines that lead from what is billed to what is right: all of it under `tax`, nothing under others."""
    known = right or before
    if known is None:
        return []
    unit = right.line.unit if right else before.unit if before else ""
    was = dict(before.amounts) if before else {}
    quantity = before.quantity if before else None
    lines: list[AdjustmentLine] = []
    for treatment in sorted({tax, *was}, key=lambda other: (other != tax, other.reverse_charge, other.rate or ZERO)):
        now, detail = _NOTHING, None
        if right and treatment == tax:
            now, detail = Figure(to_text(right.line.quantity), right.line.amount), detail_json(right.line)
        old = Figure(quantity, was[treatment]) if treatment in was else _NOTHING
        if old.amount != now.amount:
            lines.append(AdjustmentLine(known.key, known.meter, known.description, unit, treatment, old, now, detail))
    return lines
