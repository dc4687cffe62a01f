"""How a tenant's numbers of a month came about: rows, error bucket, hours that were accepted, and the bill."""

from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from billing.moments import moment_text, parse_moment
from billing.reconciliation import is_accepted, is_open
from billing.records import Head
from error_bucket import ErrorObject, ErrorObjectError, identity, is_done
from rating.period import Period
from tools.operate.at_once import Progress, at_once, no_progress
from tools.operate.hours import Hours, read_hours
from tools.operate.sources import Source, sources_of
from tools.operate.stack import OperatorStack
from usage.counted import Counted
from usage.explained import Explained, explain_query, read_explained

_AHEAD = timedelta(hours=1)
"""An event's time may be after its arrival, by the little that `events.rules` lets it, and clocks differ."""
_BILL = ("state", "number", "revision", "total", "currency", "cutoff", "run", "location")


@dataclass
class PutAside:
    """What the error bucket has of a tenant's month."""

    failed: Counter[str] = field(default_factory=Counter)
    """Firehose's code -> keys that are in it and were not replayed."""
    replayed: int = 0
    """Keys that were in it and were put again, and did not come back."""
    never: int = 0
    """Records of the month, by their arrival, that can never be rows: whose they are, nobody knows."""


@dataclass(frozen=True)
class SourceExplained:
    """What is behind a tenant's month by one source."""

    usage: Explained
    put_aside: PutAside
    open_hours: int
    """Hours of the month, of all tenants, that are missing or unexplained and not accepted."""
    accepted: tuple[dict[str, Any], ...]
    """Such hours that were accepted: `hour`, `missing`, `unexplained`, `by`, `reason`."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        usage = self.usage
        unbillable = [{**vars(reason), "requests": number} for reason, number in usage.unbillable.items()]
        return {
            "deliveries": usage.deliveries,
            "duplicates": usage.duplicates,
            "records": usage.records,
            "void": usage.void,
            "counted": usage.counted,
            "late": usage.late,
            "differing": usage.differing,
            "billable": usage.billable,
            "unbillable": unbillable,
            "by_type": dict(usage.by_type),
            "failed": dict(sorted(self.put_aside.failed.items())),
            "replayed": self.put_aside.replayed,
            "never": self.put_aside.never,
            "open_hours": self.open_hours,
            "accepted_hours": list(self.accepted),
        }


@dataclass(frozen=True)
class Explanation:
    """How a tenant's numbers of a month came about."""

    tenant_id: str
    period: Period
    as_of: datetime
    """What arrived, or was made void, then or later, is not in it."""
    billed_before: str | None
    """To which the month's first final bills count; what came later is late. None if there is none yet."""
    bill: Head | None
    sources: dict[str, SourceExplained]
    """By role."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "tenant_id": self.tenant_id,
            "period": str(self.period),
            "as_of": moment_text(self.as_of),
            "billed_before": self.billed_before,
            "bill": self.bill and {name: getattr(self.bill, name) for name in _BILL},
            "sources": {role: one.to_json() for role, one in self.sources.items()},
        }


def explain(stack: OperatorStack, tenant_id: str, period: Period, progress: Progress = no_progress) -> Explanation:
    """Tell how a tenant's numbers of a month came about.

    Args:
        stack: whose.
        tenant_id: of the tenant; one that nobody knows has nothing but zeros.
        period: the month.
        progress: is told of every object of the error buckets.
    """
    at = stack.at
    cutoffs = {record.period: record.cutoff for record in stack.store.periods()}
    billed_before = cutoffs.get(period)
    sources = sources_of(stack.outputs)
    waiting = {}
    for source in sources:
        counted = Counted(stack.table(source.role), period, at, stack.catalog.duplicate_window_days)
        since = parse_moment(billed_before) if billed_before else None
        waiting[source.role] = stack.lake.ask(explain_query(counted, tenant_id, since))
    found = {}
    for source in sources:
        put_aside = _put_aside(stack, source, tenant_id, period, progress)
        answer = waiting[source.role]()
        usage = read_explained(stack.table(source.role), answer.header, answer.rows)
        hours = list(read_hours(stack, Hours(source.role, period)))
        accepted = tuple(_accepted(item) for item in hours if item.get("accepted") and is_accepted(item))
        found[source.role] = SourceExplained(usage, put_aside, sum(map(is_open, hours)), accepted)
    return Explanation(tenant_id, period, at, billed_before, stack.store.head(tenant_id, period), found)


def _accepted(item: dict[str, Any]) -> dict[str, Any]:
    accepted = item["accepted"]
    figures = {name: item[name] for name in ("hour", "missing", "unexplained")}
    return {**figures, "by": accepted["by"], "reason": accepted["reason"]}


def _put_aside(stack: OperatorStack, source: Source, tenant_id: str, period: Period, progress: Progress) -> PutAside:
    bucket, marks = stack.errors(source), stack.marks.of(source.error_bucket)
    objects = list(bucket.objects(since=period.start - _AHEAD))

    def read(one: ErrorObject) -> tuple[ErrorObject, dict[tuple[str, ...], str], int]:
        keys, never = dict[tuple[str, ...], str](), 0
        with suppress(ErrorObjectError):  # whose records it has, nobody knows; `replay` tells of it
            for record in bucket.records(one.key):
                found = identity(source.role, record.raw)
                if found is None:
                    never += period.start <= record.arrived < period.end
                elif found.tenant_id == tenant_id and period.start <= found.time < period.end:
                    keys[found.key] = record.code
        return one, keys, never

    put_aside, failed, replayed = PutAside(), dict[tuple[str, ...], str](), set[tuple[str, ...]]()
    with closing(at_once(read, objects, Event())) as contents:
        for number, (one, keys, never) in enumerate(contents, start=1):
            put_aside.never += never
            if is_done(marks, one.key):
                replayed.update(keys)
            else:
                failed.update(keys)
            progress(f"look through error objects, {source.role}", number, len(objects))
    put_aside.failed.update(failed.values())
    put_aside.replayed = len(replayed - set(failed))
    return put_aside
