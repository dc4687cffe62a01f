"""Void: an invoice is taken back by a credit note with a number of its own; its month may then be billed again.

One transaction decides it: invoice and bill become void, the credit note takes its number, and the event is left in the
outbox. What follows, the documents, the event's publication and the new draft, can be done again at any time, and is by
the next call for the same invoice.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from billing.config import BillingSettings
from billing.documents import Documents
from billing.dynamo import Condition, ConditionFailedError
from billing.events import Outbox, voided
from billing.moments import moment_text, parse_moment
from billing.records import PERIODS, CreditNoteRecord, Head, InvoiceRecord
from billing.runs import Runs
from billing.store import ABSENT, Store
from invoicing.document import credit_note
from invoicing.keys import final_stem
from invoicing.numbers import invoice_number

_TRIES = 10
_NUMBER, _INVOICE, _RUN = 0, 1, 3
"""Places of writes in the transaction."""


class VoidError(ValueError):
    """An invoice cannot be taken back, or not now; the message names it and why."""


@dataclass(frozen=True)
class Voider:
    """What a void works with."""

    store: Store
    runs: Runs
    documents: Documents
    outbox: Outbox
    settings: BillingSettings

    def void(self, tenant_id: str, number: str, *, by: str, reason: str, at: datetime) -> CreditNoteRecord:
        """Take an invoice back, or complete what an earlier call for it began; then by whom and why stays as it was.

        Args:
            tenant_id: whose invoice it is.
            number: of the invoice.
            by: who takes it back.
            reason: why; the customer reads it on the credit note.
            at: when; the credit note's issue date is its day, UTC.

        Returns:
            The credit note; its documents are written and the event is published.

        Raises:
            VoidError: there is no such invoice at that time, it is not its month's bill, or a final run is in flight.
            MissingObjectError: the invoice's document is not there.
        """
        invoice = self._invoice(tenant_id, number)
        self.documents.document(invoice.location)  # the credit note is made of it: without it, nothing is begun
        for _ in range(_TRIES):
            if invoice.state == "void":
                break
            self._transit(invoice, by=by, reason=reason, at=at)
            invoice = self._invoice(tenant_id, number)
        else:
            raise VoidError(f"invoice {number}: others take numbers of credit notes all the time; try again")
        return self._complete(invoice)

    def reissue(self, tenant_id: str, number: str) -> Head:
        """Let the month of a void invoice be billed again: a draft of the next revision, which the next run fills.

        Returns:
            The bill as it is then.

        Raises:
            VoidError: the invoice is not void, its month has another one, or a final run is in flight.
        """
        invoice = self._invoice(tenant_id, number)
        head = self._head(invoice)
        if invoice.state != "void" or (head.state, head.number) != ("void", number):
            if head.state == "draft" and head.revision == invoice.revision + 1:
                return head
            raise VoidError(f"invoice {number}: must be void to be issued again, its bill is {_told(head)}")
        draft = replace(head, state="draft", revision=head.revision + 1, number=None, total=None, location=None)
        still = Condition("#state = :void AND #number = :number", {"void": "void", "number": number})
        table = self.store.invoices
        opened = table.updating(
            (PERIODS, str(head.period)),
            "SET #period = :period, #state = :open",
            None,
            period=str(head.period),
            open="open",
        )
        try:
            table.transact([table.putting(draft.to_item(), still), self.runs.none_in_flight(), opened])
        except ConditionFailedError as error:
            raise VoidError(f"invoice {number}: {_why(error, head, run=1)}") from error
        return draft

    def _transit(self, invoice: InvoiceRecord, *, by: str, reason: str, at: datetime) -> None:
        """Take the invoice back and give its credit note the next number; nothing is done if that number is taken."""
        head, day = self._head(invoice), at.astimezone(UTC).date()
        if day.isoformat() < invoice.issue_date:
            raise VoidError(f"invoice {invoice.number}: must be void from {invoice.issue_date} on or later, got {day}")
        series = f"{self.settings.credit_note_prefix}-{day.year}"
        first = int(self.runs.next_number(series))
        note = self._note(invoice, invoice_number(self.settings.credit_note_prefix, day.year, first), day, reason)
        details = {"at": moment_text(at), "by": by, "reason": reason}
        table, valid = self.store.invoices, {"finalized": "finalized"}
        writes = [
            self.runs.taking(series, first, 1),
            table.updating(
                invoice.key,
                "SET #state = :gone, #void = :details, #credit_note = :note",
                Condition("#state = :finalized", valid),
                gone="void",
                details=details,
                note=note.number,
            ),
            table.updating(
                head.key,
                "SET #state = :gone",
                Condition("#state = :finalized AND #number = :number", {**valid, "number": invoice.number}),
                gone="void",
            ),
            self.runs.none_in_flight(),
            table.putting(note.to_item(), ABSENT),
            table.putting(voided(head, note, self.documents, details["at"]).to_item()),
        ]
        try:
            table.transact(writes)
        except ConditionFailedError as error:
            if _INVOICE in error.failed or error.failed == (_NUMBER,):
                return  # another one took it back, or took the number: whoever called looks again
            raise VoidError(f"invoice {invoice.number}: {_why(error, head, run=_RUN)}") from error

    def _complete(self, invoice: InvoiceRecord) -> CreditNoteRecord:
        """Write the documents of a void invoice's credit note and publish its event, unless that is done."""
        records = self.store.tenant(invoice.tenant_id)
        note = next((one for one in records.credit_notes if one.number == invoice.credit_note), None)
        if note is None or invoice.void is None:
            raise VoidError(f"invoice {invoice.number}: is void without its credit note {invoice.credit_note}")
        day = date.fromisoformat(note.issue_date)
        document = credit_note(self.documents.document(invoice.location), note.number, day, note.reason)
        issued = parse_moment(f"{note.issue_date}T00:00:00Z")
        self.documents.write_final(
            note.location,
            document,
            lock_mode=self.settings.object_lock_mode,
            retain_until=issued + timedelta(days=self.settings.retention_days),
        )
        head = replace(self._head(invoice), number=invoice.number)
        self.outbox.publish([voided(head, note, self.documents, invoice.void["at"]).key])
        return note

    def _note(self, invoice: InvoiceRecord, number: str, day: date, reason: str) -> CreditNoteRecord:
        location = final_stem(invoice.period, invoice.tenant_id, number)
        return CreditNoteRecord(
            invoice.tenant_id, number, invoice.number, invoice.period, day.isoformat(), reason, location
        )

    def _invoice(self, tenant_id: str, number: str) -> InvoiceRecord:
        invoice = self.store.invoice(tenant_id, number)
        if invoice is None:
            raise VoidError(f"invoice {number}: must be one of tenant {tenant_id}, is none")
        return invoice

    def _head(self, invoice: InvoiceRecord) -> Head:
        head = self.store.head(invoice.tenant_id, invoice.period)
        if head is None:
            raise VoidError(f"invoice {invoice.number}: tenant {invoice.tenant_id} has no bill of {invoice.period}")
        return head


def _why(error: ConditionFailedError, head: Head, *, run: int) -> str:
    if run in error.failed:
        return "a final run is in flight and computes with what is billed; try again when it is done"
    return f"is no longer the bill of {head.period}, which is {_told(head)}"


def _told(head: Head) -> str:
    return f"{head.state} {head.number or ''}".strip() + f", revision {head.revision}"
