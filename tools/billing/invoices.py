"""Commands about documents: list, show, void, verify."""

from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from billing.documents import MissingObjectError
from billing.records import BILL, CREDIT_NOTE, INVOICE, CreditNoteRecord, Head, InvoiceRecord
from billing.verify import Difference
from invoicing.money import negated
from rating.period import Period
from tools.billing import sheet
from tools.billing.stack import BillingStack, NotFoundError
from tools.command.output import Output

_FIELDS = ("period", "tenant_id", "number", "revision", "state", "total", "currency", "cutoff")
_SHOWN = ("period", "tenant_id", "number", "state", "total", "currency")
"""What fits on a terminal; JSON has all."""
_UNFILLED = {"draft": "a draft that no run has filled yet"}
"""A bill without a document, in words."""
Answer = tuple[Mapping[str, Any], Sequence[Difference]]
"""A document and all in which it differs."""


def list_invoices(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """List bills without a number, invoices and credit notes, of some tenants or of all."""
    rows = sorted(
        (row for row in _rows(stack, arguments) if arguments.period is None or row["period"] == str(arguments.period)),
        key=lambda row: (row["period"], row["tenant_id"], row["revision"] or 0, row["number"] or ""),
    )
    cells = [[sheet.figure(row[name]) if name == "total" else row[name] for name in _SHOWN] for row in rows]
    out.show(sheet.listing("Bills", ("month", "tenant", *_SHOWN[2:-1], ""), cells, figures=("total",)), rows)
    return 0


def show(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Show a document, by its number or by tenant and month; save its page if wanted."""
    location, note = _locate(stack, arguments.document)
    document = stack.documents.document(location)
    if arguments.html:
        arguments.html.write_bytes(stack.documents.read(f"{location}.html"))
    out.show(sheet.document(document, note), document)
    return 0


def void(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Take an invoice back by a credit note; let its month be billed again if wanted."""
    tenant = _invoice(stack, arguments.number).tenant_id
    note = stack.voider.void(tenant, arguments.number, by=stack.who, reason=arguments.reason, at=stack.at)
    value: dict[str, Any] = {"tenant_id": tenant, "number": arguments.number, "credit_note": note.number}
    told = f"{arguments.number}: void since {note.issue_date}, credit note {note.number}: {note.reason}"
    if arguments.reissue:
        head = stack.voider.reissue(tenant, arguments.number)
        value |= {"period": head.period, "revision": head.revision}
        told += f"; {head.period} is a draft again, revision {head.revision}: the next run fills it"
    out.show(told, value)
    return 0


def verify(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Count invoices anew and tell what differs.

    Returns:
        1 if anything does, or a document is gone.
    """
    if bool(arguments.number) == (arguments.period is not None):
        raise NotFoundError("verify: name either numbers of invoices or a --period, one of them")
    if arguments.period:
        found = [InvoiceRecord.of(item) for item in stack.scan("begins_with(#sk, :invoice)", invoice=INVOICE)]
        records = sorted((one for one in found if one.period == arguments.period), key=lambda one: one.number)
        if not records:
            raise NotFoundError(f"verify: {arguments.period} must have an invoice, has none")
    else:
        records = [_invoice(stack, number) for number in arguments.number]
    documents, gone = _documents(stack, records)
    answers: list[Answer] = [*stack.verifier.verify(documents), *gone]
    rows, value = [], []
    for document, differing in sorted(answers, key=lambda answer: str(answer[0]["number"])):
        number = document["number"]
        value.append({"number": number, "same": not differing, "differences": [vars(one) for one in differing]})
        rows += [(number, one.what, one.document, one.table) for one in differing]
        if not differing:
            count = sum(document["evidence"]["rows_per_day"].values())
            rows.append((number, f"the same: {count:,} rows, {len(document['lines'])} lines", "", ""))
    out.show(sheet.listing("Verification", ("invoice", "what", "document", "table"), rows), value)
    return 0 if all(one["same"] for one in value) else 1


def _documents(stack: BillingStack, records: Iterable[InvoiceRecord]) -> tuple[list[Mapping[str, Any]], list[Answer]]:
    """Return the invoices' documents, and for those whose document is gone that this is so."""
    documents, gone = list[Mapping[str, Any]](), list[Answer]()
    for record in records:
        try:
            documents.append(stack.documents.document(record.location))
        except MissingObjectError as error:
            gone.append(({"number": record.number}, [Difference(str(error), None, None)]))
    return documents, gone


def _locate(stack: BillingStack, names: list[str]) -> tuple[str, str | None]:
    """Return the stem of a document's keys, and what became of it."""
    match names:
        case [number]:
            item = stack.find(number)
            gone = item.get("void")
            note = gone and f"void since {gone['at']} by {gone['by']}: {gone['reason']}; see {item['credit_note']}"
            return item["location"], note
        case [tenant, month]:
            head = stack.store.head(tenant, Period.parse(month))
            if head is None or head.location is None:
                has = "none" if head is None else _UNFILLED.get(head.state, head.state)
                raise NotFoundError(f"tenant {tenant}: must have a bill of {month}, has {has}")
            return head.location, None
        case _:
            raise NotFoundError(f"show: name a number, or a tenant and a month, got {' '.join(names)}")


def _invoice(stack: BillingStack, number: str) -> InvoiceRecord:
    item = stack.find(number)
    if not item["sk"].startswith(INVOICE):
        raise NotFoundError(f"{number}: must be an invoice, is a credit note for {item['invoice']}")
    return InvoiceRecord.of(item)


def _rows(stack: BillingStack, arguments: Namespace) -> Iterator[dict[str, Any]]:
    if not arguments.tenants:
        kinds = {"bill": BILL, "invoice": INVOICE, "note": CREDIT_NOTE}
        condition = " OR ".join(f"begins_with(#sk, :{name})" for name in kinds)
        yield from _of_items(stack.scan(condition, **kinds))
    for tenant in dict.fromkeys(arguments.tenants):
        records = stack.store.tenant(tenant)
        yield from _of_records([*records.heads.values(), *records.invoices, *records.credit_notes])


def _of_items(items: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    kinds: dict[str, type[Head | InvoiceRecord | CreditNoteRecord]] = {
        BILL: Head,
        INVOICE: InvoiceRecord,
        CREDIT_NOTE: CreditNoteRecord,
    }
    return _of_records([kinds[f"{item['sk'].partition('#')[0]}#"].of(item) for item in items])


def _of_records(records: list[Head | InvoiceRecord | CreditNoteRecord]) -> Iterator[dict[str, Any]]:
    """Yield a row for each document; a bill with a number is told by its invoice."""
    invoices = {one.number: one for one in records if isinstance(one, InvoiceRecord)}
    for one in records:
        if isinstance(one, CreditNoteRecord):
            taken = invoices[one.invoice]
            total = negated(taken.total)
            yield _row(one, one.number, None, f"credit note for {one.invoice}", total, taken.currency, taken.cutoff)
        elif isinstance(one, InvoiceRecord) or one.number is None:
            yield _row(one, one.number, one.revision, one.state, one.total, one.currency, one.cutoff)


def _row(one: Head | InvoiceRecord | CreditNoteRecord, number: str | None, *cells: Any) -> dict[str, Any]:
    return dict(zip(_FIELDS, (str(one.period), one.tenant_id, number, *cells), strict=True))
