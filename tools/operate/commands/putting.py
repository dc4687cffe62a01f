"""Commands about records that are no rows: replay, set-aside, backfill."""

from argparse import Namespace

from rich.console import RenderableType

from rating.exact import show
from tools.billing.sheet import listing, together
from tools.command.output import Output
from tools.operate.again import Again, failed_again
from tools.operate.aside import AsideResult, set_aside
from tools.operate.backfill import BackfillResult, backfill
from tools.operate.commands import shown
from tools.operate.replay import ReplayResult, Wanted, replay
from tools.operate.stack import OperatorStack

SHOWN_LINES = 50
"""Invalid lines that are shown to people; JSON has all."""


_OF_REPLAY = ("apply", "source", "since", "until", "reason_code", "all", "wait")
"""Options that mean nothing to whoever only looks at an earlier one."""


class ReplayOptionsError(ValueError):
    """Options of a replay that do not go together."""


def replay_errors(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """Put error objects again, or tell what of an earlier replay failed again.

    Returns:
        1 if something failed again, or an object cannot be read.

    Raises:
        ReplayOptionsError: the options do not go together.
    """
    if arguments.status is not None:
        return _status(stack, arguments, out)
    if arguments.wait and not arguments.apply:
        raise ReplayOptionsError(f"--wait is for --apply: nothing is put in a dry run, got {arguments.wait:g}")
    wanted = Wanted(arguments.source, arguments.since, arguments.until, arguments.reason_code, everything=arguments.all)
    with shown.progress() as progress:
        found = replay(stack, wanted, reason=shown.reason_of(arguments), wait=arguments.wait, progress=progress)
    out.show(_replayed(found), found.to_json())
    return 1 if (found.again and found.again.failed) or any(one.unreadable for one in found.sources) else 0


def _status(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    others = {f"--{name.replace('_', '-')}": getattr(arguments, name) for name in _OF_REPLAY}
    if given := [option for option, value in others.items() if value]:
        rule = f"leave out {', '.join(given)}, or the action {show(arguments.status)}"
        raise ReplayOptionsError(f"--status puts nothing, and looks at all of a replay: {rule}")
    action = stack.actions.find(arguments.status)
    if action["command"] != "replay":
        raise ReplayOptionsError(f"--status must name a replay, got {action['command']} {action['id']}")
    with shown.progress() as progress:
        again = failed_again(stack, action["id"], progress)
    out.show(_again(again), {"state": action["state"], **again.to_json()})
    return 1 if again.failed else 0


def _replayed(found: ReplayResult) -> RenderableType:
    rows = [
        (
            one.source,
            *(f"{n:,}" for n in (one.objects, one.resumed, one.records, one.put, one.set_aside, one.done_before)),
        )
        for one in found.sources
    ]
    columns = ("source", "objects", "half-way", "records", "put", "gone through", "done before")
    parts = [listing("Replay", columns, rows, columns[1:])]
    for one in found.sources:
        if one.codes:
            parts.append(shown.counts(f"Why they failed, {one.source}", "code", one.codes))
        if one.never:
            parts.append(shown.counts(f"Records that can never be rows, {one.source}", "reason", one.never))
        if one.unreadable:
            objects = shown.plural(one.unreadable, "object")
            parts.append(f"{one.source}: {objects} that cannot be read, such as: {one.why_unreadable}\n")
    if found.effects:
        parts.append(shown.effects(found.effects))
    if found.again:
        parts.append(_again(found.again))
    records = sum(one.records for one in found.sources)
    done = (
        shown.plural(found.put, "record") + " put again"
        if found.action_id
        else f"would put {shown.plural(records, 'record')}"
    )
    return together(*parts, shown.ended(found.action_id, done))


def _again(again: Again) -> RenderableType:
    rows = [("put again", again.put), ("failed again", again.failed), ("rows, or on their way", again.others)]
    figures = [(name, f"{number:,}") for name, number in rows]
    parts = [listing(f"Replay {again.action_id}", ("", "keys"), figures, ("keys",))]
    if again.failed:
        parts.append(shown.counts("Why they failed again", "code", again.codes))
        parts.append(listing("Where they are", ("object",), [(place,) for place in again.objects[:SHOWN_LINES]]))
    return together(*parts)


def set_objects_aside(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """Set error objects aside.

    Returns:
        1 if a replay has to end some of them first.
    """
    wanted = Wanted(arguments.source, arguments.since, arguments.until, arguments.reason_code)
    with shown.progress() as progress:
        found = set_aside(stack, wanted, reason=shown.reason_of(arguments), progress=progress)
    out.show(_set_aside(found), found.to_json())
    return 1 if any(one.half_way for one in found.sources) else 0


def _set_aside(found: AsideResult) -> RenderableType:
    columns = ("source", "objects", "records", "half-way")
    rows = [(one.source, *(f"{n:,}" for n in (one.objects, one.records, one.half_way))) for one in found.sources]
    parts = [listing("Error objects to set aside", columns, rows, columns[1:])]
    parts += [shown.counts(f"Why they failed, {one.source}", "code", one.codes) for one in found.sources if one.codes]
    objects = shown.plural(found.objects, "object")
    done = f"{objects} set aside" if found.action_id else f"would set aside {objects}"
    if half_way := sum(one.half_way for one in found.sources):
        parts.append(f"{shown.plural(half_way, 'object')} left: a replay has put a part, and must end it first")
    return together(*parts, shown.ended(found.action_id, f"{done}; what their hours lack stays missing"))


def backfill_file(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """Put the records of a file."""
    with shown.progress() as progress:
        found = backfill(
            stack,
            arguments.file,
            arguments.source,
            skip_invalid=arguments.skip_invalid,
            changed=arguments.changed,
            reason=shown.reason_of(arguments),
            progress=progress,
        )
    out.show(_backfilled(found), found.to_json())
    return 0


def _backfilled(found: BackfillResult) -> RenderableType:
    figures = [
        ("lines that can be rows", found.lines),
        ("different keys", found.keys),
        ("keys that the table has already", found.in_table),
        ("lines that can be no rows", len(found.invalid)),
        ("lines to be put", found.to_put),
        ("lines put", found.put),
    ]
    parts = [listing(f"Backfill {found.file}", ("", "number"), [(name, f"{n:,}") for name, n in figures], ("number",))]
    if found.invalid:
        lines = [(line.number, line.reason) for line in found.invalid[:SHOWN_LINES]]
        parts.append(listing("Lines that are left out", ("line", "reason"), lines, ("line",)))
    parts.append(shown.effects(found.months))
    if found.resumes:
        parts.append(f"Goes on with {found.resumes}, which has not come to its end")
    done = (
        shown.plural(found.put, "line") + " put"
        if found.action_id
        else f"would put {shown.plural(found.to_put, 'line')}"
    )
    return together(*parts, shown.ended(found.action_id, done))
