"""A tenant's numbered documents, as the invoices table knows them."""

import heapq
from collections.abc import Iterator
from itertools import chain
from typing import Any

from billing.dynamo import Table
from billing.records import CREDIT_NOTE, INVOICE, TENANT, CreditNoteRecord, InvoiceRecord
from customer.pages import Place, is_number, place_of
from invoicing.money import negated

DocumentRecord = InvoiceRecord | CreditNoteRecord


class Ledger:
    """The invoices and credit notes of tenants.

    Args:
        table: of bills.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, tenant_id: str, number: str) -> DocumentRecord | None:
        """Return a tenant's document of a number; None if the tenant has none, whoever else may have it."""
        return self.invoice(tenant_id, number) or self._credit_note(tenant_id, number)

    def invoice(self, tenant_id: str, number: str) -> InvoiceRecord | None:
        """Return a tenant's invoice of a number; None if the tenant has none."""
        item = self._table.get((TENANT + tenant_id, INVOICE + number)) if is_number(number) else None
        return InvoiceRecord.of(item) if item else None

    def newest(self, tenant_id: str, most: int, after: Place | None) -> list[dict[str, Any]]:
        """Return what a page lists of a tenant's newest documents, the newest first.

        Keys are in the order of numbers, and numbers of invoices, credit notes, years and prefixes follow one another
        in no order of time. So all of the tenant's records are read, page by page, and only `most` of them are held: a
        tenant has some dozen a year.

        Args:
            tenant_id: whose they are.
            most: how many to return.
            after: only documents that come after this place; None for all.
        """
        partition = TENANT + tenant_id
        all_notes = map(CreditNoteRecord.of, self._table.query(partition, prefix=CREDIT_NOTE))
        notes = heapq.nlargest(most, (note for note in all_notes if after is None or place(note) < after), key=place)
        wanted = {note.invoice for note in notes}
        credited: dict[str, InvoiceRecord] = {}

        def invoices() -> Iterator[InvoiceRecord]:
            for invoice in map(InvoiceRecord.of, self._table.query(partition, prefix=INVOICE)):
                if invoice.number in wanted:
                    credited[invoice.number] = invoice
                if after is None or place(invoice) < after:
                    yield invoice

        found = heapq.nlargest(most, chain[DocumentRecord](notes, invoices()), key=place)
        return [
            _of_invoice(record) if isinstance(record, InvoiceRecord) else _of_note(record, credited[record.invoice])
            for record in found
        ]

    def _credit_note(self, tenant_id: str, number: str) -> CreditNoteRecord | None:
        item = self._table.get((TENANT + tenant_id, CREDIT_NOTE + number)) if is_number(number) else None
        return CreditNoteRecord.of(item) if item else None


def place(record: DocumentRecord) -> Place:
    """Return where a record is among its tenant's."""
    return place_of(record.issue_date, record.number)


def _of_invoice(record: InvoiceRecord) -> dict[str, Any]:
    return {
        "number": record.number,
        "kind": "invoice",
        "period": str(record.period),
        "issue_date": record.issue_date,
        "currency": record.currency,
        "total": record.total,
        "state": record.state,
        "revision": record.revision,
        "credit_note": record.credit_note,
        "credits": None,
    }


def _of_note(record: CreditNoteRecord, credited: InvoiceRecord) -> dict[str, Any]:
    """Return what a page lists of a credit note: it takes the whole of its invoice back."""
    return {
        "number": record.number,
        "kind": "credit_note",
        "period": str(record.period),
        "issue_date": record.issue_date,
        "currency": credited.currency,
        "total": negated(credited.total),
        "state": "finalized",
        "revision": credited.revision,
        "credit_note": None,
        "credits": record.invoice,
    }
