"""Commands that correct: void, unvoid, accept."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rich.console import RenderableType

from billing.moments import parse_moment
from metering.records import RecordTable
from tools.billing.sheet import listing, together
from tools.command.output import Output
from tools.operate.commands import shown
from tools.operate.hours import AcceptError, AcceptResult, accept
from tools.operate.sources import source_of
from tools.operate.stack import OperatorStack
from tools.operate.voids import Change, VoidResult, correct
from usage.selection import Selection

SHOWN_DAYS = 40
"""Tenants' days that are shown to people; JSON has all."""
_WORDS = {
    "void": ("take {} out of the count", "taken out of the count"),
    "unvoid": ("put {} back into the count", "put back into the count"),
}
"""What is done to records, as a wish and as a deed."""


class SelectionError(ValueError):
    """The options select no records, or in two ways; the message says what they must."""


def void(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """Take records out of the count."""
    return _correct(stack, arguments, out, _selection(stack, arguments, None))


def unvoid(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """Put records back into the count."""
    selection = _selection(stack, arguments, arguments.action)
    if arguments.action is not None:
        selection = _within(selection, stack.actions.find(arguments.action), arguments.source)
    return _correct(stack, arguments, out, selection)


def _within(selection: Selection, action: Mapping[str, Any], source: str) -> Selection:
    """Hold the action to a void of the source, and look for its records no further than it did."""
    told = action["arguments"]
    if (action["command"], told.get("source")) != ("void", source):
        raise SelectionError(
            f"--action must name a void of {source}, got {action['command']} of {told.get('source')}: {action['id']}"
        )
    if selection.start is None and "from" in told:
        end = parse_moment(told["to"]) + timedelta(seconds=1)  # the action is kept to the whole second
        return replace(selection, start=parse_moment(told["from"]), end=end)
    return selection


def _correct(stack: OperatorStack, arguments: Namespace, out: Output, selection: Selection) -> int:
    """Void or unvoid.

    Returns:
        1 if records are left in their old state.
    """
    change: Change = "void" if arguments.command == "void" else "unvoid"
    found = correct(stack, change, arguments.source, selection, reason=shown.reason_of(arguments))
    out.show(_corrected(found), found.to_json())
    return 1 if found.left else 0


def _selection(stack: OperatorStack, arguments: Namespace, action: str | None) -> Selection:
    table = source_of(stack.outputs, arguments.source).table
    start, end = arguments.start, arguments.end
    if (start is None) != (end is None):
        raise SelectionError("--from and --to: both ends of the range must be named, one is missing")
    ways = [bool(arguments.key), arguments.tenant is not None, action is not None]
    if sum(ways) != 1:
        also = ", or an --action" if arguments.command == "unvoid" else ""
        ways_told = f"keys, by --key, or a --tenant with --from and --to{also}"
        raise SelectionError(f"{arguments.command}: name one of: {ways_told}")
    if arguments.tenant is not None and start is None:
        raise SelectionError("--tenant: the range must be named by --from and --to, is missing")
    keys = tuple(_key(table, values) for values in arguments.key or ())
    return Selection(keys=keys, tenant_id=arguments.tenant, start=start, end=end, action_id=action)


def _key(table: RecordTable, values: list[str]) -> tuple[str, ...]:
    if len(values) != len(table.key):
        raise SelectionError(f"--key of {table.role} must have {', '.join(table.key)}, got {len(values)} values")
    return tuple(values)


def _corrected(found: VoidResult) -> RenderableType:
    days = [(one["tenant_id"], one["day"], f"{one['records']:,}") for one in found.days[:SHOWN_DAYS]]
    records, wanted, done = shown.plural(found.records, "record"), *_WORDS[found.change]
    told = f"{records} {done}" if found.action_id else f"would {wanted.format(records)}"
    honoured = f"final runs honour it from {found.honoured_from} on; what they bill before is adjusted afterwards"
    left = f"{shown.plural(found.left, 'record')} changed meanwhile and stay as they were: type it again"
    return together(
        listing(f"Records to {found.change}", ("tenant", "day", "records"), days, ("records",)),
        *([f"{len(found.days) - SHOWN_DAYS:,} more days, which --json has"] if len(found.days) > SHOWN_DAYS else []),
        shown.effects(found.months),
        *([left] if found.left else []),
        shown.ended(found.action_id, f"{told}; {honoured}"),
    )


def accept_hours(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """Accept the difference of an hour, or of all open hours of a month, or what was never reconciled of it.

    Returns:
        1 if an hour changed meanwhile.

    Raises:
        AcceptError: one hour is named as never reconciled; that is for a month.
    """
    if arguments.unreconciled and not arguments.period:
        raise AcceptError("--unreconciled: must be with a --period, is with an --hour")
    of = arguments.period or arguments.hour
    found = accept(stack, arguments.source, of, reason=shown.reason_of(arguments), never=bool(arguments.unreconciled))
    out.show(_accepted(found), found.to_json())
    return 1 if found.changed else 0


def _accepted(found: AcceptResult) -> RenderableType:
    columns = ("hour", "state", "missing", "unexplained")
    rows = [tuple(one[name] for name in columns) for one in found.hours]
    parts = [listing(f"Hours of {found.source}", columns, rows, ("missing", "unexplained"))]
    if found.changed:
        changed = [(hour,) for hour in found.changed]
        parts.append(listing("Changed meanwhile, and not accepted: look again", ("hour",), changed))
    hours = shown.plural(len(found.hours), "hour")
    done = f"{hours} accepted" if found.action_id else f"would accept {hours}"
    return together(*parts, shown.ended(found.action_id, done))
