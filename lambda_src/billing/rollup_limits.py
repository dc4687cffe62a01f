"""Limits of a plan: what is used of them, and who is told of it, once per tenant, period, meter and threshold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.chunks import in_chunks
from billing.dynamo import ConditionFailedError
from billing.parts import Parts
from billing.records import Event, Record
from billing.store import ABSENT, shard_of
from rating.catalog.plans import UsageLimit
from rating.exact import EXACT, HUNDRED, ZERO, to_text
from rating.period import Period

THRESHOLDS = (80, 100)
"""Per cent of a limit at which an event is published."""

_MARKS_AT_ONCE = 50


@dataclass(frozen=True)
class LimitUse:
    """What a tenant used of a limit."""

    terms: UsageLimit
    used: Decimal

    @property
    def is_over(self) -> bool:
        """Whether the guard refuses what comes next."""
        return not self.terms.soft and self._has_reached(100)

    @property
    def thresholds(self) -> tuple[int, ...]:
        """Those that are reached, in per cent."""
        return tuple(percent for percent in THRESHOLDS if self._has_reached(percent))

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        remaining = max(EXACT.subtract(self.terms.limit, self.used), ZERO)
        return {
            "limit": to_text(self.terms.limit),
            "used": to_text(self.used),
            "remaining": to_text(remaining),
            "soft": self.terms.soft,
            "reached": self._has_reached(100),
        }

    def over_json(self) -> dict[str, str]:
        """Return what the guard reads of it."""
        return {"meter": self.terms.meter, "limit": to_text(self.terms.limit), "used": to_text(self.used)}

    def _has_reached(self, percent: int) -> bool:
        return EXACT.multiply(self.used, HUNDRED) >= EXACT.multiply(self.terms.limit, Decimal(percent))


@dataclass(frozen=True)
class Mark(Record):
    """A threshold that a tenant has reached; it is there for good, so that it is told once."""

    tenant_id: str
    period: Period
    meter: str
    percent: int
    limit: str
    used: str
    soft: bool
    at: str
    """The rollup's time."""

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return f"LIMITS#{self.tenant_id}", f"{self.period}#{self.meter}#{self.percent:03}"

    @property
    def event(self) -> Event:
        """What is told of it."""
        event_id = f"usage.limit_reached/{self.period}/{self.meter}/{self.percent}/{self.tenant_id}"
        detail = {
            "id": event_id,
            "tenant_id": self.tenant_id,
            "period": str(self.period),
            "meter": self.meter,
            "percent": self.percent,
            "limit": self.limit,
            "used": self.used,
            "soft": self.soft,
            "occurred_at": self.at,
        }
        return Event(shard_of(self.tenant_id), event_id, "usage.limit_reached", detail)


def marks_of(tenant_id: str, period: Period, uses: Iterable[LimitUse], at: str) -> list[Mark]:
    """Return the marks of all thresholds that a tenant has reached by a moment."""
    return [
        Mark(
            tenant_id,
            period,
            use.terms.meter,
            percent,
            to_text(use.terms.limit),
            to_text(use.used),
            use.terms.soft,
            at,
        )
        for use in uses
        for percent in use.thresholds
    ]


def leave_marks(parts: Parts, marks: Sequence[Mark]) -> None:
    """Leave marks, and the events of those that were not there, in the outbox: both or neither."""
    table = parts.store.invoices
    for some in in_chunks(marks, _MARKS_AT_ONCE):
        there = {(item["pk"], item["sk"]) for item in table.get_many(mark.key for mark in some)}
        for mark in some:
            if mark.key not in there:
                writes = [table.putting(mark.to_item(), ABSENT), table.putting(mark.event.to_item())]
                try:
                    table.transact(writes)
                except ConditionFailedError:
                    continue  # another rollup was there in between, and has left the event


def publish_marks(parts: Parts, marks: Iterable[Mark]) -> None:
    """Publish the events of marks that are still in the outbox, be it since an earlier rollup that did not get so far.

    Raises:
        PublishError: the event bus refuses one, try after try; it stays in the outbox.
    """
    parts.outbox.publish(mark.event.key for mark in marks)
