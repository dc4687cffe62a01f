"""Commands that look: status, reconcile, hours, actions."""

import json
from argparse import Namespace
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from billing.dynamo import Item
from billing.reconciliation import is_accepted, is_open
from tools.billing.sheet import listing, together
from tools.command.output import Output
from tools.operate.commands import shown
from tools.operate.hours import Hours, read_hours
from tools.operate.reconcile import reconcile
from tools.operate.stack import OperatorStack
from tools.operate.status import Status, status

_OF_HOUR = ("source", "hour", "state", "missing", "unexplained")


class RangeError(ValueError):
    """A range of hours has one end, or is named beside a month."""


def show_status(stack: OperatorStack, _: Namespace, out: Output) -> int:
    """Show what is wrong.

    Returns:
        1 if anything is.
    """
    with shown.progress() as progress:
        found = status(stack, progress)
    out.show(_status(found), found.to_json())
    return 0 if found.is_well else 1


def _status(found: Status) -> RenderableType:
    sources = [(source, f"{hours:,}", f"{found.error_objects[source]:,}") for source, hours in found.open_hours.items()]
    return together(
        _alarms(found.alarms),
        listing("Sources", ("source", "open hours", "error objects"), sources, ("open hours", "error objects")),
        f"Dead letters of billing: {found.dead_letters:,}",
        *([_unfinalized(found.unfinalized)] if found.unfinalized else []),
    )


def _unfinalized(months: Iterable[Mapping[str, Any]]) -> RenderableType:
    columns = ("month", "since", "tenants left", "open hours", "on hold")
    rows = [
        (
            one["period"],
            one["since"],
            "all" if one["left"] is None else f"{one['left']:,}",
            f"{one['open_hours']:,}",
            "yes" if one["on_hold"] else "no",
        )
        for one in months
    ]
    return listing("Months that ought to be final", columns, rows, columns[2:4])


def _alarms(alarms: Iterable[Mapping[str, str]]) -> RenderableType:
    """Show alarms that are on, each with what it is about: its reason, which is figures, is in the JSON."""
    lines: list[RenderableType] = []
    for one in alarms:
        lines += [Text(f" {one['name']}, since {one['since']}"), Padding(Text(one["about"]), (0, 0, 0, 3))]
    return together(Text("Alarms that are on", style="bold"), *(lines or [Text(" none")]), Text())


def reconcile_hours(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """Have hours reconciled now.

    Returns:
        1 if an hour does not balance.

    Raises:
        RangeError: the range has one end, or is named beside a month.
    """
    start, end = arguments.start, arguments.end
    if (start is None) != (end is None):
        raise RangeError("--from and --to: both ends of the range must be named, one is missing")
    if arguments.period and start:
        raise RangeError("reconcile: name either a --period, or --from and --to, got both")
    within = (start, end) if start else None
    answer = reconcile(stack, period=arguments.period, within=within, reason=arguments.reason)
    states = [
        (source, state, f"{number:,}")
        for source, numbers in answer["sources"].items()
        for state, number in sorted(numbers.items())
    ]
    columns = (*_OF_HOUR, "failed")
    hours = [tuple(one[name] for name in columns) for one in answer["hours"]]
    out.show(
        together(
            listing("Hours that were reconciled", ("source", "state", "hours"), states, ("hours",)),
            listing("Hours that do not balance", columns, hours, columns[3:]),
        ),
        answer,
    )
    return 1 if answer["hours"] else 0


def list_hours(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """List reconciled hours.

    Returns:
        1 if one of them is open.
    """
    items = list(read_hours(stack, Hours(arguments.source, arguments.period, only_open=arguments.open)))
    columns = (*_OF_HOUR, "accepted")
    rows = [(*(item[name] for name in _OF_HOUR), _accepted(item)) for item in items]
    out.show(listing("Hours", columns, rows, columns[3:5]), items)
    return 1 if any(map(is_open, items)) else 0


def _accepted(item: Item) -> str | None:
    accepted = item.get("accepted")
    if not accepted:
        return None
    grown = "" if is_accepted(item) else "; has grown since"
    return f"by {accepted['by']}: {accepted['reason']}{grown}"


def list_actions(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """List what operators did, or show one action in full."""
    if arguments.action:
        found = stack.actions.find(arguments.action)
        values = [(name, _text(value)) for name, value in found.items()]
        out.show(listing(f"Action {found['id']}", ("", "value"), values), found)
        return 0
    actions = stack.actions.all()
    rows = [[one[name] for name in ("at", "id", "state", "by", "reason")] for one in actions]
    out.show(listing("Actions", ("at", "action", "state", "by", "reason"), rows), actions)
    return 0


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return str(value)
