"""The rollup: what each tenant used so far in a period, and what it costs, in one item that a page view reads.

The bill is rated as that of a draft run, without late usage of earlier periods. An item is written anew by every
rollup, never over a newer one; so a rollup may be repeated, overlap another or end anywhere.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from billing.at_once import at_once
from billing.gathering import Gathering
from billing.inputs import Run, TenantInput
from billing.moments import parse_moment
from billing.parts import Parts
from billing.periods import missing_periods
from billing.rate import TenantError, rate_tenant
from billing.records import PeriodRecord
from billing.requests import Request, RequestError
from billing.rollup_body import bill_json, body_of, terms_of, uses_of
from billing.rollup_days import Days
from billing.rollup_limits import LimitUse, Mark, leave_marks, marks_of, publish_marks
from billing.rollup_store import UsageItem, UsageItems, expiry, packed
from rating.forecast import forecast
from rating.period import Period
from usage.results import TenantUsage

logger = logging.getLogger(__name__)

ROLLUPS = "ROLLUPS"
"""Partition of the invoices table: the closed periods whose items were written since their last final run."""

_Made = tuple[UsageItem, list[LimitUse]]

_KEYS = {"scheduled_time", "as_of", "period"}
WRITERS = 8
"""How many items are written at once: a function mostly waits for a write, and writes one for each tenant."""
_MARKS_AT_ONCE = 50


def roll_up(parts: Parts, event: Any) -> dict[str, Any]:
    """Write the items of the periods that an event asks for, the newest period first.

    Args:
        parts: the adapters, with today's catalog and the usage table.
        event: `{"scheduled_time": …}` from the hourly schedule, for the periods that are not over, or not for longer
            than the grace; `{"as_of": …}` for all open ones; either with `"period": "2026-11"` for just that one.
            Closed periods are among them once after each of their final runs.

    Returns:
        `{"periods": [{"period", "state", "tenants", "written", "unrated"}]}`.

    Raises:
        RequestError: the event is not one that it knows, or the period has not begun.
    """
    if isinstance(event, Mapping) and (unknown := sorted(set(event) - _KEYS)):
        raise RequestError(f"event must have no other keys than {', '.join(sorted(_KEYS))}, got {unknown[0]!r}")
    request = Request.parse(event)
    if parts.usage is None:
        raise RuntimeError("USAGE_TABLE must be set where usage is rolled up")
    records = _asked(parts, request, is_hourly="scheduled_time" in event)
    return {"periods": [_Rollup(parts, parts.usage, request.now, record).run() for record in records]}


def _asked(parts: Parts, request: Request, *, is_hourly: bool) -> list[PeriodRecord]:
    known = parts.store.periods()
    new = [PeriodRecord(period, "open") for period in missing_periods(known, request.now)]
    begun = [record for record in (*known, *new) if record.period.start <= request.now]
    if request.period is None:
        written = {item["sk"]: item["tried"] for item in parts.store.invoices.query(ROLLUPS)}

        def is_asked(record: PeriodRecord) -> bool:
            if record.state == "closed":
                is_kept = expiry(record.period) > request.now.timestamp()
                return is_kept and written.get(str(record.period)) != record.tried
            return not is_hourly or request.now < record.period.end + parts.settings.grace

        return sorted(filter(is_asked, begun), key=lambda record: record.period, reverse=True)
    if request.period.start > request.now:
        raise RequestError(f"period must have begun by {request.now.isoformat()}, got {request.period}")
    return [record for record in begun if record.period == request.period] or [PeriodRecord(request.period, "open")]


@dataclass
class _Rollup:
    """One period's rollup, and what came of it."""

    parts: Parts
    items: UsageItems
    now: datetime
    record: PeriodRecord
    tenants: int = 0
    written: int = 0
    unrated: int = 0
    marks: list[Mark] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.catalog = self.parts.catalogs.today
        # What a closed period's bills count, and no more: the rest is late usage, on another bill.
        is_billed = self.record.state == "closed" and self.record.cutoff
        cutoff = parse_moment(self.record.cutoff) if is_billed else self.now
        run_id = f"rollup-{self.period}-{self.now:%Y%m%dT%H%M%SZ}"
        self.bill_run = Run(run_id, "draft", self.period, self.now, cutoff, self.catalog.digest, "not looked at", 0)

    @property
    def period(self) -> Period:
        return self.record.period

    def run(self) -> dict[str, Any]:
        left = 0
        for (item, uses), is_written in at_once(self._put, self._items(), WRITERS):
            if is_written:  # who writes a newer one tells of its limits, too
                self.written += 1
                self.marks += marks_of(item.tenant_id, self.period, uses, item.as_of)
            if len(self.marks) - left >= _MARKS_AT_ONCE:
                leave_marks(self.parts, self.marks[left:])
                left = len(self.marks)
        leave_marks(self.parts, self.marks[left:])
        publish_marks(self.parts, self.marks)
        if self.record.state == "closed":
            self.parts.store.invoices.put({"pk": ROLLUPS, "sk": str(self.period), "tried": self.record.tried})
        return {
            "period": str(self.period),
            "state": self.record.state,
            "tenants": self.tenants,
            "written": self.written,
            "unrated": self.unrated,
        }

    def _put(self, made: _Made) -> bool:
        return self.items.put(made[0])

    def _items(self) -> Iterator[_Made]:
        days = Days(self.parts.lake, self.catalog, self.period, self.bill_run.cutoff)
        for tenant in Gathering(self.parts, self.bill_run, ()).tenants():
            self.tenants += 1
            yield self._item(tenant, days.of(tenant.tenant_id))

    def _item(self, tenant: TenantInput, measured: Mapping[str, Any]) -> _Made:
        """Return a tenant's item, and what is used of its limits."""
        bill = self._bill(tenant)
        body = body_of(self.catalog, self.bill_run, tenant, state=self.record.state, measured=measured, bill=bill)
        uses = uses_of(terms_of(self.catalog, self.bill_run, tenant.segments), measured)
        item = UsageItem(
            tenant.tenant_id,
            self.period,
            body["as_of"],
            body["cutoff"],
            [use.over_json() for use in uses if use.is_over],
            packed(body),
        )
        return item, uses

    def _bill(self, tenant: TenantInput) -> dict[str, Any] | None:
        try:
            rated = rate_tenant(self.parts, self.bill_run, tenant, None)
            if rated is None:
                return None
            return bill_json(rated.document, self._projected_total(tenant, rated.document["total"]))
        except TenantError as error:
            self.unrated += 1
            logger.warning("tenant %s has usage without a bill in %s: %s", tenant.tenant_id, self.period, error)
            return None

    def _projected_total(self, tenant: TenantInput, total: str) -> str | None:
        """Return what the whole period would cost at the pace so far; None if nothing has elapsed."""
        used = tenant.usage.segments if tenant.usage else {}
        expected = forecast(self.catalog.meters, tenant.segments, used, self.bill_run.cutoff)
        if expected is None or expected == used:
            return None if expected is None else total
        projected = replace(tenant, usage=TenantUsage(tenant.tenant_id, expected, {}))
        rated = rate_tenant(self.parts, self.bill_run, projected, None)
        return str(rated.document["total"]) if rated else None
