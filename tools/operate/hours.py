"""Reconciled hours: which are open, and accepting by name what is at fault, or was never reconciled."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.dynamo import Condition, ConditionFailedError, Item
from billing.moments import moment_text
from billing.reconciliation import NOT_RECONCILED, UNRECONCILED, acceptance, is_open, own_difference, unreconciled
from rating.period import Period
from tools.operate.audit import Action
from tools.operate.sources import source_of, sources_of
from tools.operate.stack import OperatorStack

HOUR = timedelta(hours=1)
LOOKED_BACK = timedelta(days=62)
"""How far back hours are looked for if no month is named: two months."""

_AS_READ = "#state = :state AND #missing = :missing AND #unexplained = :unexplained"
_NOT_THERE = Condition("attribute_not_exists(#checked_at)")


class AcceptError(ValueError):
    """An hour cannot be accepted; the message names it and why."""


@dataclass(frozen=True)
class Hours:
    """Which hours are wanted."""

    source: str | None = None
    """One of the sources; None for all."""
    period: Period | None = None
    """Of this month only; None for the last two months."""
    only_open: bool = False
    """Only those that are missing or unexplained, and not accepted."""


def read_hours(stack: OperatorStack, wanted: Hours) -> Iterator[Item]:
    """Yield reconciled hours, source by source, each as its item.

    Raises:
        UnknownSourceError: there is no such source.
    """
    now = stack.at
    start, end = (wanted.period.start, wanted.period.end) if wanted.period else (now - LOOKED_BACK, now)
    for source in sources_of(stack.outputs, wanted.source):
        for item in stack.store.reconciled_hours(source.role, moment_text(start), moment_text(end - HOUR)):
            if not wanted.only_open or is_open(item):
                yield item


@dataclass(frozen=True)
class AcceptResult:
    """What was accepted, or would be."""

    action_id: str | None
    """None for a dry run."""
    source: str
    hours: tuple[dict[str, Any], ...]
    """Hour, state, missing and unexplained of each: its own, also what other hours make up for at the moment."""
    changed: tuple[str, ...] = ()
    """Hours that reconciliation changed meanwhile: they are not accepted."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "hours": list(self.hours), "changed": list(self.changed)}


def accept(
    stack: OperatorStack, source: str, of: datetime | Period, *, reason: str | None = None, never: bool = False
) -> AcceptResult:
    """Accept the difference of an hour, or of every open hour of a month, which then may be billed.

    Args:
        stack: whose.
        source: of the hours.
        of: the hour, or the month.
        reason: why; None for a dry run, which writes nothing.
        never: accept instead what of the month was never reconciled: hours, and its check as a whole. If they are
            reconciled later and something is missing, they are open again.

    Raises:
        UnknownSourceError: there is no such source.
        AcceptError: there is nothing to accept.
    """
    role = source_of(stack.outputs, source).role
    if isinstance(of, Period):
        items = _never_of(stack, role, of) if never else _of_period(stack, role, of)
    else:
        items = [_of_hour(stack, role, of)]
    told = tuple(
        {"hour": item["hour"], "state": item.get("state", NOT_RECONCILED), **own_difference(item)} for item in items
    )
    if reason is None:
        return AcceptResult(None, role, told)
    arguments = {"source": role, **({"period": of} if isinstance(of, Period) else {"hour": of})}
    arguments |= {"unreconciled": True} if never else {}
    with stack.action("accept", arguments, reason) as action:
        changed = tuple(item["hour"] for item in items if not _accept(stack, item, action, reason))
        result = AcceptResult(action.id, role, tuple(one for one in told if one["hour"] not in changed), changed)
        action.result.update({name: value for name, value in result.to_json().items() if name != "action_id"})
    return result


def _of_hour(stack: OperatorStack, role: str, hour: datetime) -> Item:
    name = moment_text(hour)
    if hour.minute or hour.second or hour.microsecond:
        raise AcceptError(f"hour must be a full one, such as 2026-10-05T14:00:00Z, got {name}")
    item = stack.store.reconciliation.get((role, name))
    if item is None:
        raise AcceptError(f"hour {name} of {role} must be reconciled to be accepted, is not; see `reconcile`")
    if not is_open(item):
        state = f"accepted by {item['accepted']['by']}" if item.get("accepted") else item["state"]
        raise AcceptError(f"hour {name} of {role} must be missing or unexplained to be accepted, is {state}")
    return item


def _of_period(stack: OperatorStack, role: str, period: Period) -> list[Item]:
    items = list(read_hours(stack, Hours(role, period, only_open=True)))
    if not items:
        raise AcceptError(f"month {period} of {role} must have an open hour to be accepted, has none")
    return items


def _never_of(stack: OperatorStack, role: str, period: Period) -> list[Item]:
    if stack.at < period.end:
        raise AcceptError(f"month {period} must be over to be accepted as it was never reconciled, is not")
    items = list(unreconciled(stack.store, role, period))
    if not items:
        raise AcceptError(f"month {period} of {role} is reconciled: there is nothing to accept")
    return items


def _accept(stack: OperatorStack, item: Item, action: Action, reason: str) -> bool:
    """Accept an hour as it was read; tell whether it still was so."""
    figures = {name: item.get(name, 0) for name in ("missing", "unexplained")}
    accepted = acceptance(item, by=stack.who, at=action.at, reason=reason)
    values: dict[str, Any] = {"accepted": {**accepted, "action_id": action.id}}
    if "state" in item:
        change, as_read = "SET #accepted = :accepted", Condition(_AS_READ, {"state": item["state"], **figures})
    else:
        values |= {"state": UNRECONCILED, **figures}
        change, as_read = f"SET {', '.join(f'#{name} = :{name}' for name in values)}", _NOT_THERE
    try:
        stack.store.reconciliation.update((item["source"], item["hour"]), change, as_read, **values)
    except ConditionFailedError:
        return False
    return True
