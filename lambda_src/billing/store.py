"""Accounts, bills, holds and the outbox: what is kept of a tenant in DynamoDB. Runs are in `billing.runs`."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from billing.dynamo import Condition, ConditionFailedError, Item, Table, Write
from billing.records import (
    BILL,
    CREDIT_NOTE,
    HOLDS,
    INVOICE,
    OUTBOX,
    PERIODS,
    TENANT,
    CreditNoteRecord,
    Event,
    Head,
    Hold,
    InvoiceRecord,
    PeriodRecord,
)
from rating.period import Period

SHARDS = "0123456789abcdef"
"""Partitions over which tenants are spread; each is sorted by tenant."""

ABSENT = Condition("attribute_not_exists(#pk)")


class TransitionError(RuntimeError):
    """A bill is not in the state from which it was to be led on."""


@dataclass(frozen=True)
class AccountItem:
    """A tenant's account as it is stored."""

    tenant_id: str
    account: dict[str, Any]
    """As of `rating.account.Account.to_json`."""
    version: int


@dataclass(frozen=True)
class TenantRecords:
    """All that is kept of a tenant's bills, each in the order of its keys."""

    heads: dict[Period, Head]
    invoices: tuple[InvoiceRecord, ...]
    credit_notes: tuple[CreditNoteRecord, ...]


def shard_of(tenant_id: str) -> str:
    """Return the shard of a tenant: the first hex digit of its id's SHA-256."""
    return sha256(tenant_id.encode()).hexdigest()[0]


class Store:
    """The items of tenants.

    Args:
        client: of boto3, for DynamoDB.
        subscriptions: name of the table of accounts.
        invoices: name of the table of bills.
        reconciliation: name of the table of reconciled hours.
    """

    def __init__(self, client: Any, subscriptions: str, invoices: str, reconciliation: str) -> None:
        # Accounts are large, and a page of each shard is held at once.
        self.subscriptions = Table(client, subscriptions, "shard", "tenant_id", page=100)
        self.invoices = Table(client, invoices)
        self.reconciliation = Table(client, reconciliation, "source", "hour")

    def account(self, tenant_id: str) -> AccountItem | None:
        """Return a tenant's account; None if it has none."""
        item = self.subscriptions.get((shard_of(tenant_id), tenant_id))
        return _account(item) if item else None

    def accounts(self) -> Iterator[AccountItem]:
        """Yield all accounts in the order of their tenants, holding one page of each shard."""
        shards = [self.subscriptions.query(shard) for shard in SHARDS]
        for item in heapq.merge(*shards, key=lambda item: item["tenant_id"]):
            yield _account(item)

    def put_account(self, item: AccountItem, at: str) -> AccountItem:
        """Write an account and return it with its new version.

        Args:
            item: with the version that was read, 0 for a new account.
            at: the time of the change.

        Raises:
            ConditionFailedError: the account was changed since it was read.
        """
        written = replace(item, version=item.version + 1)
        values = {"tenant_id": item.tenant_id, "account": item.account, "version": written.version, "updated_at": at}
        condition = Condition("#version = :read", {"read": item.version})
        self.subscriptions.put(
            {"shard": shard_of(item.tenant_id), **values},
            condition if item.version else Condition("attribute_not_exists(#shard)"),
        )
        return written

    def reconciled_hours(self, source: str, first: str, last: str) -> Iterator[Item]:
        """Yield the hours of a source from `first` to `last`, both included, that have been reconciled."""
        return self.reconciliation.query(source, first, last)

    def holds(self) -> frozenset[str]:
        """Return the subjects of all holds."""
        return frozenset(Hold.of(_named(item, "subject")).subject for item in self.invoices.query(HOLDS))

    def periods(self) -> list[PeriodRecord]:
        """Return all periods that runs know of, in order."""
        return [PeriodRecord.of(item) for item in self.invoices.query(PERIODS)]

    def add_period(self, period: Period) -> None:
        """Open a period that is not there yet."""
        _unless_there(self.invoices, self.invoices.putting(PeriodRecord(period, "open").to_item(), ABSENT))

    def tenant(self, tenant_id: str) -> TenantRecords:
        """Return what is kept of a tenant's bills."""
        heads, invoices, notes = {}, [], []
        for item in self.invoices.query(TENANT + tenant_id):
            if item["sk"].startswith(BILL):
                head = Head.of(item)
                heads[head.period] = head
            elif item["sk"].startswith(INVOICE):
                invoices.append(InvoiceRecord.of(item))
            elif item["sk"].startswith(CREDIT_NOTE):
                notes.append(CreditNoteRecord.of(item))
        return TenantRecords(heads, tuple(invoices), tuple(notes))

    def head(self, tenant_id: str, period: Period) -> Head | None:
        """Return a tenant's bill of a period; None if there is none."""
        item = self.invoices.get((TENANT + tenant_id, f"{BILL}{period}"))
        return Head.of(item) if item else None

    def heads(self, tenants: Iterable[str], period: Period) -> dict[str, Head]:
        """Return the bills that tenants have of a period, by tenant."""
        keys = [(TENANT + tenant, f"{BILL}{period}") for tenant in tenants]
        return {head.tenant_id: head for head in map(Head.of, self.invoices.get_many(keys))}

    def invoice(self, tenant_id: str, number: str) -> InvoiceRecord | None:
        """Return an invoice of a tenant; None if there is none of that number."""
        item = self.invoices.get((TENANT + tenant_id, INVOICE + number))
        return InvoiceRecord.of(item) if item else None

    def write_draft(self, head: Head, event: Event) -> bool:
        """Write a tenant's draft, unless a newer one or no draft is there. The first of a period leaves its event.

        Returns:
            Whether it was written.
        """
        try:
            self.invoices.transact([self.invoices.putting(head.to_item(), ABSENT), self._leaving(event)])
        except ConditionFailedError:
            return self.rewrite_draft(head)
        return True

    def rewrite_draft(self, head: Head) -> bool:
        """Write a draft over one of the same revision that is not newer; return whether it was written."""
        values = {"draft": "draft", "same": head.revision, "now": head.as_of}
        condition = Condition("#state = :draft AND #revision = :same AND #as_of <= :now", values)
        try:
            self.invoices.put(head.to_item(), condition)
        except ConditionFailedError:
            return False
        return True

    def settle(self, head: Head, *, invoice: InvoiceRecord | None, event: Event | None, frozen: Sequence[Head]) -> None:
        """Lead a bill from draft to finalized or skipped, with its invoice and its event, all or nothing.

        Args:
            head: as it is to be; it may have had no draft.
            invoice: its invoice; None for a skipped bill.
            event: to be published; None for a skipped bill.
            frozen: bills of earlier periods that the invoice adjusts and that had none, or a first draft: their terms
                hold from now on.

        Raises:
            TransitionError: the bill is neither absent nor a draft of this revision, nor what it is to become.
        """
        writes = [self.invoices.putting(one.to_item(), _unsettled(one)) for one in (head, *frozen)]
        writes += [self.invoices.putting(invoice.to_item(), ABSENT)] if invoice else []
        try:
            self.invoices.transact([*writes, *([self._leaving(event)] if event else [])])
        except ConditionFailedError as error:
            found = self.head(head.tenant_id, head.period)
            if found is None or (found.state, found.revision, found.number) != (head.state, head.revision, head.number):
                raise TransitionError(
                    f"bill {head.period} of tenant {head.tenant_id} must be a draft of revision {head.revision} "
                    f"to become {head.number or head.state}, got {found and (found.state, found.revision)}"
                ) from error

    def outbox(self, shard: str) -> Iterator[Event]:
        """Yield the events of a shard that are not known to be published."""
        return map(Event.of, self.invoices.query(OUTBOX + shard))

    def remove_events(self, events: Collection[Event]) -> None:
        """Take published events out of the outbox."""
        self.invoices.delete_many(event.key for event in events)

    def _leaving(self, event: Event) -> Write:
        return self.invoices.putting(event.to_item())


def _unsettled(head: Head) -> Condition:
    """Return the condition that a bill is absent, or a draft of the same revision."""
    return Condition(
        "attribute_not_exists(#pk) OR (#state = :draft AND #revision = :same)",
        {"draft": "draft", "same": head.revision},
    )


def _account(item: Item) -> AccountItem:
    return AccountItem(item["tenant_id"], item["account"], item["version"])


def _named(item: Item, name: str) -> Item:
    return {**item, name: item["sk"]}


def _unless_there(table: Table, write: Write) -> None:
    """Do one conditional write; that its condition fails means that it was done before."""
    try:
        table.transact([write])
    except ConditionFailedError:
        return
