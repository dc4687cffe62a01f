"""Transitions told to the world: out of the outbox, onto the event bus, at least once."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from billing.chunks import in_chunks
from billing.documents import Documents
from billing.moments import parse_moment
from billing.records import CreditNoteRecord, Event, Head
from billing.store import SHARDS, Store, shard_of
from invoicing.keys import FORMS, document_key

SOURCE = "saas-metering.billing"
"""What the events come from."""

_EVENTS_PER_REQUEST = 10
_TRIES = 10


class PublishError(RuntimeError):
    """The event bus does not take an event; it stays in the outbox."""


class Outbox:
    """Publishes what transitions have left.

    Args:
        client: of boto3, for EventBridge.
        store: in which the outbox is.
    """

    def __init__(self, client: Any, store: Store) -> None:
        self._client, self._store = client, store

    def publish(self, keys: Iterable[tuple[str, str]]) -> None:
        """Publish those events that are still in the outbox, and take them out.

        Raises:
            PublishError: the bus refuses one, try after try.
        """
        self._publish([Event.of(item) for item in self._store.invoices.get_many(keys)])

    def sweep(self) -> int:
        """Publish all that is left in the outbox; return how many events that were.

        Raises:
            PublishError: the bus refuses one, try after try.
        """
        count = 0
        for shard in SHARDS:
            for some in in_chunks(self._store.outbox(shard), _EVENTS_PER_REQUEST):
                self._publish(some)
                count += len(some)
        return count

    def _publish(self, events: Sequence[Event]) -> None:
        for some in in_chunks(events, _EVENTS_PER_REQUEST):
            self._put(some)
            self._store.remove_events(some)

    def _put(self, events: Sequence[Event]) -> None:
        left, reason = list(events), ""
        for _ in range(_TRIES):
            answers = self._client.put_events(Entries=[_entry(event) for event in left])["Entries"]
            failed = [(event, answer) for event, answer in zip(left, answers, strict=True) if answer.get("ErrorCode")]
            if not failed:
                return
            left = [event for event, _ in failed]
            reason = f"{failed[0][1]['ErrorCode']}: {failed[0][1].get('ErrorMessage', '')}"
        raise PublishError(f"event {left[0].id} is refused after {_TRIES} tries: {reason}")


def drafted(head: Head, documents: Documents) -> Event:
    """Return the event of a tenant's first draft of a period."""
    return _event("invoice.drafted", f"invoice.drafted/{head.period}/{head.tenant_id}", head, documents, head.as_of)


def finalized(head: Head, documents: Documents) -> Event:
    """Return the event of an invoice's issue."""
    return _event("invoice.finalized", f"invoice.finalized/{head.number}", head, documents, head.as_of)


def voided(head: Head, note: CreditNoteRecord, documents: Documents, at: str) -> Event:
    """Return the event of an invoice that is taken back, which names the credit note that does it.

    Args:
        head: of the bill, with the number and location of the invoice.
        note: the credit note.
        documents: where its document is.
        at: when it was taken back.
    """
    credit_note = {"number": note.number, "document": _document(documents, note.location)}
    return _event("invoice.voided", f"invoice.voided/{head.number}", head, documents, at, credit_note=credit_note)


def _event(kind: Any, event_id: str, head: Head, documents: Documents, occurred_at: str, **more: Any) -> Event:
    detail = {
        "id": event_id,
        "tenant_id": head.tenant_id,
        "period": str(head.period),
        "revision": head.revision,
        **({"number": head.number} if head.number else {}),
        "currency": head.currency,
        "total": head.total,
        "document": _document(documents, head.location or ""),
        **more,
        "occurred_at": occurred_at,
    }
    return Event(shard_of(head.tenant_id), event_id, kind, detail)


def _document(documents: Documents, stem: str) -> dict[str, str]:
    """Return where a document is, in each of its forms."""
    keys: dict[str, str] = {form: document_key(stem, form) for form in FORMS}
    return {"bucket": documents.bucket, **keys}


def _entry(event: Event) -> dict[str, Any]:
    return {
        "Source": SOURCE,
        "DetailType": event.detail_type,
        "Detail": json.dumps(event.detail, ensure_ascii=False),
        "Time": parse_moment(event.detail["occurred_at"]),
    }
