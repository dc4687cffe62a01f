"""The document of an invoice, from its draft to its credit note; docs/invoice-v1.schema.json has its form.

All values are JSON's: amounts are strings with exactly the currency's decimal places, quantities and unit amounts are
strings in plain notation, moments are ISO 8601 in UTC.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from invoicing.adjustments import PeriodAdjustment
from invoicing.failure import InvoiceError
from invoicing.lines import line_json
from invoicing.money import negated
from invoicing.tax import Tax, totals
from rating.account import Customer
from rating.bill import Bill
from rating.period import Period

VERSION = 1


def draft_document(
    *,
    tenant_id: str,
    period: Period,
    revision: int,
    customer: Customer | None,
    seller: Mapping[str, Any] | None,
    bill: Bill | None,
    adjustments: Sequence[PeriodAdjustment],
    evidence: Mapping[str, Any],
    cutoff: datetime,
    reconciliation: str,
    catalog_digest: str,
    payment_terms_days: int,
    query_ids: Sequence[str],
) -> dict[str, Any]:
    """Return the draft of a tenant's invoice for a period.

    Args:
        tenant_id: whose it is.
        period: which is billed.
        revision: from 1; one more each time that an invoice of the period was voided.
        customer: None if nobody is known yet; a final invoice needs one.
        seller: `{"legal_name", "address": [...], "tax_id", "email"}`, None as above.
        bill: of the period; None if there are adjustments only.
        adjustments: of finalized periods, all in the bill's currency.
        evidence: `{"rows_per_day", "digest"}` of the rows that the bill counts.
        cutoff: rows before it are counted.
        reconciliation: the state of the period's reconciliation, in words.
        catalog_digest: of the catalog that the segments' plans are in.
        payment_terms_days: from issue to due date.
        query_ids: of the queries that measured the usage.

    Raises:
        InvoiceError: there is nothing to bill, the bill is of another period, or the currencies differ.
    """
    currency, exponent = _currency(period, bill, adjustments)
    tax = Tax.of(customer)
    ordered = sorted(adjustments, key=lambda adjustment: (adjustment.period, adjustment.reason))
    document = {
        "version": VERSION,
        "kind": "invoice",
        "status": "draft",
        "number": None,
        "revision": revision,
        "tenant_id": tenant_id,
        "seller": _party(seller),
        "customer": None if customer is None else _party(customer.to_json()),
        "period": {
            "id": str(period),
            "start": utc_text(period.start),
            "end": utc_text(period.end),
            "timezone": "UTC",
        },
        "issue_date": None,
        "due_date": None,
        "payment_terms_days": payment_terms_days,
        "credits": None,
        "currency": currency,
        "currency_exponent": exponent,
        "tax": tax.to_json(),
        "lines": [line_json(line, tax, exponent) for line in bill.lines] if bill else [],
        "adjustments": [adjustment.to_json() for adjustment in ordered],
        "terms": [segment.to_json() for segment in bill.segments] if bill else [],
        "catalog": catalog_digest,
        "cutoff": utc_text(cutoff),
        "evidence": {**evidence, "query_ids": list(query_ids)},
        "reconciliation": reconciliation,
    }
    amounts = ((Tax.from_json(line["tax"]), Decimal(line["amount"])) for line in _every_line(document))
    return document | totals(amounts, exponent)


def finalized(draft: Mapping[str, Any], number: str, issue_date: date) -> dict[str, Any]:
    """Return the final invoice of a draft, which stays as it is.

    Args:
        draft: as of `draft_document`.
        number: of the invoice.
        issue_date: UTC.

    Raises:
        InvoiceError: with everything that a final invoice must have and the draft lacks.
    """
    problems = list(_missing(draft))
    if draft["status"] != "draft":
        problems.append(f"status: only a draft can be finalized, got {draft['status']}")
    if problems:
        raise InvoiceError(problems)
    due = issue_date + timedelta(days=draft["payment_terms_days"])
    return copy.deepcopy(dict(draft)) | {
        "status": "finalized",
        "number": number,
        "issue_date": issue_date.isoformat(),
        "due_date": due.isoformat(),
    }


def missing_for_issue(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return everything that a final invoice must have and the document lacks: none if it can be finalized."""
    return tuple(_missing(document))


def is_zero(document: Mapping[str, Any]) -> bool:
    """Tell whether the amount of every line is zero, adjustments included."""
    return not any(Decimal(line["amount"]) for line in _every_line(document))


def credit_note(invoice: Mapping[str, Any], number: str, issue_date: date, reason: str) -> dict[str, Any]:
    """Return the credit note that takes a whole invoice back: every amount is the opposite of the invoice's.

    Args:
        invoice: finalized.
        number: of the credit note, in a series of its own.
        issue_date: UTC.
        reason: for the customer.

    Raises:
        InvoiceError: the document is no final invoice, or there is no reason.
    """
    if invoice["kind"] != "invoice" or invoice["status"] != "finalized":
        raise InvoiceError([f"only a finalized invoice can be credited, got a {invoice['status']} {invoice['kind']}"])
    if not reason.strip():
        raise InvoiceError(["reason: a credit note must give one, got none"])
    document = copy.deepcopy(dict(invoice))
    for line in document["lines"]:
        line["amount"] = negated(line["amount"])
    for adjustment in document["adjustments"]:
        for line in adjustment["lines"]:
            line["amount"] = negated(line["amount"])
            line["was"], line["now"], line["detail"] = line["now"], line["was"], None
    for tax in document["taxes"]:
        tax.update(base=negated(tax["base"]), amount=negated(tax["amount"]))
    if document["reverse_charge"]:
        document["reverse_charge"]["base"] = negated(document["reverse_charge"]["base"])
    return document | {
        "kind": "credit_note",
        "number": number,
        "issue_date": issue_date.isoformat(),
        "due_date": None,
        "credits": {"number": invoice["number"], "issue_date": invoice["issue_date"], "reason": reason},
        "subtotal": negated(document["subtotal"]),
        "total": negated(document["total"]),
    }


def utc_text(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with a Z, fractions of a second only if there are any.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a moment must have a time zone, got {moment.isoformat()}")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _every_line(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["lines"]
    for adjustment in document["adjustments"]:
        yield from adjustment["lines"]


def _currency(period: Period, bill: Bill | None, adjustments: Sequence[PeriodAdjustment]) -> tuple[str, int]:
    if bill and bill.period != period:
        raise InvoiceError([f"bill: must be of {period}, got {bill.period}"])
    parts: list[Bill | PeriodAdjustment] = [*([bill] if bill else []), *adjustments]
    if not parts:
        raise InvoiceError([f"{period}: nothing to bill, neither a bill nor an adjustment"])
    first = parts[0]
    for part in adjustments:
        if part.currency != first.currency:
            rule = f"must be in {first.currency}, the invoice's currency"
            instead = f"void and re-issue {', '.join(part.numbers) or 'that period'} instead"
            raise InvoiceError([f"adjustment of {part.period}: {rule}, got {part.currency}; {instead}"])
    return first.currency, first.currency_exponent


def _party(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {
        "legal_name": values["legal_name"],
        "address": list(values["address"]),
        "tax_id": values.get("tax_id"),
        "email": values.get("email"),
        "country": values.get("country"),
    }


def _missing(document: Mapping[str, Any]) -> Iterator[str]:
    for role in ("seller", "customer"):
        party = document[role]
        if party is None:
            yield f"{role}: a final invoice must have one, got none"
            continue
        if not party["legal_name"].strip():
            yield f"{role}.legal_name: a final invoice must have one, got none"
        if not any(line.strip() for line in party["address"]):
            yield f"{role}.address: a final invoice must have at least one line, got none"
        if document["reverse_charge"] and not party["tax_id"]:
            yield f"{role}.tax_id: must be there under reverse charge, got none"
    if document["customer"] is not None and not Tax.from_json(document["tax"]).stated:
        yield "customer.tax_rate: a final invoice must state it, be it 0, or reverse charge, got neither"
