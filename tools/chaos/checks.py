"""The proof at the end of a run: keys, bills, alarms and hours, each figure beside what it must be."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from billing import accounts
from billing.moments import moment_text
from billing.reconciliation import is_open
from tools.balance import BalanceLine
from tools.chaos import expected
from tools.chaos.expected import Difference
from tools.chaos.injection import Injected
from tools.chaos.keys import Compared, Keys, accepted_events, answered_requests, compare
from tools.chaos.results import FaultResult, Results
from tools.chaos.sightings import ALARM, BY_RECONCILIATION, Timeline
from tools.chaos.tally import Usage

if TYPE_CHECKING:
    from tools.chaos.run import Run

_SOURCES = ("api-requests", "usage-events")
RECONCILIATION = "the reconciliation: duplicates"
_NOT_OURS = ("billing-missed-run", "reconciliation-missed")
"""Alarms of schedules: the run's clock jumps over the hours of their runs."""


def results(run: "Run", repaired_at: datetime) -> Results:
    """Compare everything, once all is repaired and billed.

    Args:
        run: that is over.
        repaired_at: when the repair began.
    """
    keys = Keys(run.world.outputs)
    requests = compare(answered_requests(run.folder / "answered"), keys.requests())
    events = compare(accepted_events(run.folder / "answered"), keys.events())
    hours = {role: _hours(run, role) for role in _SOURCES}
    duplicates = sum(int(item["figures"]["duplicates"]) for items in hours.values() for item in items)
    faults = [_fault(run, one, duplicates) for one in run.injector.injected.values()]
    documents = _documents(run)
    different = _differences(run, documents)
    plan, tally = run.plan, run.tally
    return Results(
        seed=plan.seed,
        requests=plan.requests,
        rounds=plan.size.rounds,
        most_faults_at_once=plan.most_at_once(),
        answered=tally.answered,
        statuses={str(status): count for status, count in sorted(tally.statuses.items())},
        events=sum(usage.events + usage.token_events for usage in tally.usage.values()),
        rate=run.rate,
        seconds=run.seconds,
        peak_mib=run.world.peak_mib(),
        faults=faults,
        checks=[
            *_answers(run),
            *_keys(requests, events),
            *_alarms(run, faults),
            *_reconciled(hours),
            expected.balance(different, len(run.tenants.names)),
            *([_final(documents)] if run.final else []),
        ],
        keys=requests,
        event_keys=events,
        differences=different,
        duplicates=duplicates,
        invoices=", ".join(f"{count} {state}" for state, count in sorted(_states(documents).items())),
        reconciliation=sorted({str(document["reconciliation"]) for document in documents.values()}),
        repaired=run.repair.done,
        whole_after=_whole_after(run.timeline, repaired_at),
    )


def _answers(run: "Run") -> list[BalanceLine]:
    """Lay out what clients must have been told."""
    tally = run.tally
    held = run.world.controls.streams()["undelivered"]
    return [
        BalanceLine("answers", "requests without an answer", 0, "found", tally.unanswered),
        BalanceLine("events", "events refused for good, or never accepted", 0, "found", tally.rejected + tally.waiting),
        BalanceLine("streams", "records still held", 0, "found", held),
        BalanceLine("lost lines", "lines lost", run.repair.lost(), "put again", run.repair.done.backfilled),
    ]


def _keys(requests: Compared, events: Compared) -> list[BalanceLine]:
    lines = []
    for name, found, what in (("rows", requests, "requests answered"), ("events", events, "events accepted")):
        lines += [
            BalanceLine(name, what, found.answered, "distinct keys of rows", found.rows),
            BalanceLine(name, f"{what}, without a row", 0, "found", found.missing),
            BalanceLine(name, "rows that nobody was answered", 0, "found", found.unknown),
            BalanceLine(name, "keys given twice", 0, "found", found.repeated),
        ]
    return lines


def _alarms(run: "Run", faults: Sequence[FaultResult]) -> list[BalanceLine]:
    at_end = run.timeline.moments[-1][1]
    still = [role for role, state in at_end.items() if state == ALARM and not role.endswith(_NOT_OURS)]
    return [
        BalanceLine("faults", "faults planned", len(run.plan.faults), "have struck", _struck(faults)),
        BalanceLine("faults", "faults", len(faults), "seen", sum(bool(one.seen_by) for one in faults)),
        BalanceLine("alarms", "alarms that are not over", 0, "found", len(_without_composite(still))),
    ]


def _without_composite(roles: Sequence[str]) -> list[str]:
    return [role for role in roles if role != "usage-data-at-risk"]


def _struck(faults: Sequence[FaultResult]) -> int:
    return sum(one.struck is None or one.struck > 0 for one in faults)


def _reconciled(hours: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[BalanceLine]:
    lines = []
    for role, items in hours.items():
        open_hours = sum(is_open(item) for item in items)
        balanced = sum(item["state"] == "balanced" for item in items)
        lines += [
            BalanceLine("reconciliation", f"hours of {role}", len(items), "balanced", balanced),
            BalanceLine("reconciliation", f"open hours of {role}", 0, "found", open_hours),
        ]
    return lines


def _hours(run: "Run", role: str) -> list[Mapping[str, Any]]:
    """Read the hours of the run's traffic and after, as they were reconciled last."""
    first = run.period.start + timedelta(days=9)
    last = run.period.start + timedelta(days=10)
    return list(run.billing.store.reconciled_hours(role, moment_text(first), moment_text(last)))


def _fault(run: "Run", one: Injected, duplicates: int) -> FaultResult:
    planned, end = one.planned, one.until or run.world.now()
    seen = run.timeline.seen(planned, one.at, end)
    by, after, over = "", None, None
    if planned.kind in BY_RECONCILIATION:
        by = RECONCILIATION if duplicates and one.struck else ""
    elif seen:
        by, moment = seen
        after = moment - one.at
        ended = run.timeline.over(by, max(end, moment))
        over = ended - end if ended else None
    return FaultResult(
        planned.name, planned.kind.value, planned.where, one.at, end - one.at, one.struck, by, after, over
    )


def _documents(run: "Run") -> dict[str, Mapping[str, Any]]:
    """Read the tenants' bills of the period, by tenant, whatever their state."""
    heads = run.billing.store.heads(run.tenants.names, run.period)
    return {
        tenant: run.billing.documents.document(head.location)
        for tenant, head in heads.items()
        if head.location is not None
    }


def _differences(run: "Run", documents: Mapping[str, Mapping[str, Any]]) -> list[Difference]:
    found: list[Difference] = []
    for tenant in run.tenants.names:
        account = accounts.read(run.billing.store, tenant)
        usage = run.tally.usage.get(tenant, Usage())
        bill = expected.expected_bill(run.billing.catalog, run.period, account.subscriptions, usage)
        found += expected.differences(tenant, bill, documents.get(tenant))
    return found


def _states(documents: Mapping[str, Mapping[str, Any]]) -> Counter[str]:
    return Counter("final" if document["number"] else "draft" for document in documents.values())


def _final(documents: Mapping[str, Mapping[str, Any]]) -> BalanceLine:
    balanced = sum(bool(one["number"]) and one["reconciliation"] == "balanced" for one in documents.values())
    return BalanceLine("invoices", "bills", len(documents), "final, and balanced", balanced)


def _whole_after(timeline: Timeline, repaired_at: datetime) -> timedelta | None:
    """Tell how long after the repair every alarm was over."""
    for moment, states in timeline.moments:
        if moment > repaired_at:
            still = [role for role, state in states.items() if state == ALARM and not role.endswith(_NOT_OURS)]
            if not _without_composite(still):
                return moment - repaired_at
    return None
