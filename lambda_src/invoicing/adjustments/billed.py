"""What invoices that stand have billed for a period."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from invoicing.failure import InvoiceError
from invoicing.money import exact_sum
from invoicing.tax import Tax
from rating.exact import EXACT, ZERO
from rating.period import Period


@dataclass(frozen=True, slots=True)
class BilledLine:
    """What invoices that stand have billed, all in all, under one line key of a period."""

    key: str
    description: str
    unit: str
    meter: str | None
    currency: str
    quantity: str | None
    """Plain text, of the invoice with the latest cutoff; None if that invoice took the line back."""
    amounts: Mapping[Tax, Decimal]
    """By tax treatment; never empty."""

    @property
    def amount(self) -> Decimal:
        """The sum over all tax treatments."""
        return exact_sum(self.amounts.values())


def billed_lines(period: Period, invoices: Iterable[dict[str, Any]]) -> dict[str, BilledLine]:
    """Return what invoices billed for a period, by line key: with their own lines or with adjustments.

    Args:
        period: billed for.
        invoices: finalized documents of one tenant that are not void; those that have nothing of the period are passed
            over. Their order does not matter.

    Raises:
        InvoiceError: a document is a draft or a credit note, or currencies differ.
    """
    billed: dict[str, BilledLine] = {}
    currency: str | None = None
    for invoice in sorted(invoices, key=lambda invoice: datetime.fromisoformat(invoice["cutoff"])):
        if invoice["kind"] != "invoice" or invoice["status"] != "finalized":
            raise InvoiceError([f"only finalized invoices bill, got a {invoice['status']} {invoice['kind']}"])
        for line, quantity in lines_of(period, invoice):
            currency = currency or invoice["currency"]
            if currency != invoice["currency"]:
                rule = f"must be in {currency} as another one that billed for {period}"
                raise InvoiceError(
                    [f"invoice {invoice['number']}: {rule}, got {invoice['currency']}; void one of them"]
                )
            billed[line["key"]] = _with(billed.get(line["key"]), line, quantity, currency)
    return billed


def lines_of(period: Period, invoice: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield the lines of an invoice that bill for a period, each with the quantity that it stands for."""
    if invoice["period"]["id"] == str(period):
        yield from ((line, line["quantity"]) for line in invoice["lines"])
    for adjustment in invoice["adjustments"]:
        if adjustment["period"] == str(period):
            yield from ((line, line["now"]["quantity"]) for line in adjustment["lines"])


def _with(known: BilledLine | None, line: dict[str, Any], quantity: str | None, currency: str) -> BilledLine:
    tax = Tax.from_json(line["tax"])
    amounts = dict(known.amounts) if known else {}
    amounts[tax] = EXACT.add(amounts.get(tax, ZERO), Decimal(line["amount"]))
    if known and quantity is None:
        quantity = known.quantity
    return BilledLine(line["key"], line["description"], line["unit"], line["meter"], currency, quantity, amounts)
