"""What the operator's commands take."""

import argparse
from collections.abc import Callable
from pathlib import Path

from tools.command.options import common
from tools.command.texts import moment, period, seconds, some_text
from tools.operate.reconcile import OUT_OF_TURN

Add = Callable[..., argparse.ArgumentParser]
"""Name of a command, what it does, what is wrong if it ends with 1, and whether it changes something -> its parser."""

_FORMS = "TIME is such as 2026-10-05T14:00:00Z, with its zone; PERIOD is a month such as 2026-10."
_CODES = "A command ends with 0 if it is done, 1 if it is done and found something wrong, 2 if it could not be done."
_CANNOT = "Ends with 2 if it could not be done."


def parser(about: str) -> argparse.ArgumentParser:
    """Make the parser; `command` of what it parses is the command's name.

    Args:
        about: what the program is for.
    """
    root = argparse.ArgumentParser(prog="python -m tools.operate", description=about, epilog=f"{_FORMS} {_CODES}")
    commands, options = root.add_subparsers(required=True, metavar="command"), common()
    options.add_argument(
        "--as-caller", action="store_true", help="act with your own permissions instead of the operator's role"
    )

    def add(name: str, about: str, wrong: str = "", *, changes: bool = False) -> argparse.ArgumentParser:
        told = [*(["Without --apply nothing is written."] if changes else [])]
        told += [f"Ends with 1 if {wrong}, with 2 if it could not be done." if wrong else _CANNOT, _FORMS]
        description = f"{about[0].upper()}{about[1:]}."
        made = commands.add_parser(name, help=about, description=description, epilog=" ".join(told), parents=[options])
        made.set_defaults(command=name)
        if changes:
            made.add_argument("--apply", action="store_true", help="do it; without, only tell what would be done")
            made.add_argument("--reason", type=some_text, help="why it is done; needed with --apply, and kept with it")
        return made

    _watching(add)
    _putting(add)
    _correcting(add)
    return root


def _watching(add: Add) -> None:
    about = "show what is wrong: alarms, open hours, error objects, dead letters, months that ought to be final"
    add("status", about, "anything is wrong")
    about = "reconcile hours now: those of the hourly run, a month, or a range"
    again = add("reconcile", about, "an hour does not balance")
    again.add_argument("--period", type=period, help="a whole month, as far as it is over")
    again.add_argument("--from", dest="start", type=moment, metavar="TIME", help="the first hour")
    again.add_argument("--to", dest="end", type=moment, metavar="TIME", help="the hour after the last, not ahead")
    again.add_argument("--reason", type=some_text, default=OUT_OF_TURN, help="why (default: %(default)s)")
    hours = add("hours", "list reconciled hours of the last two months, or of one", "one of them is open")
    _source(hours, required=False)
    hours.add_argument("--period", type=period, help="of this month only")
    hours.add_argument("--open", action="store_true", help="only those that keep a month from being finalized")
    about = "accept the difference of an hour, or of all open hours of a month"
    accept = add("accept", about, "an hour changed meanwhile and is not accepted", changes=True)
    which = accept.add_mutually_exclusive_group(required=True)
    which.add_argument("--hour", type=moment, metavar="TIME", help="the hour that begins then")
    which.add_argument("--period", type=period, help="all open hours of this month")
    accept.add_argument("--unreconciled", action="store_true", help="what of the month was never reconciled, instead")
    _source(accept)
    explain = add("explain", "show how a tenant's numbers of a month came about")
    explain.add_argument("tenant", type=some_text, help="the tenant's id")
    explain.add_argument("period", type=period, help="the month, such as 2026-10")
    actions = add("actions", "list what operators did, the newest first, or show one action in full")
    actions.add_argument("action", nargs="?", help="id of the one to show, such as replay-20261005T150000Z-1a2b3c")


def _putting(add: Add) -> None:
    about = "put what failed on its stream again, with its original bytes"
    replay = add("replay", about, "something failed again", changes=True)
    _objects(replay)
    replay.add_argument("--all", action="store_true", help="put what can never be a row, too, and what was set aside")
    replay.add_argument(
        "--wait", type=seconds, default=0, metavar="SECONDS", help="look so long for what fails again (default 0)"
    )
    replay.add_argument("--status", metavar="ACTION", help="put nothing; tell what of an earlier replay failed again")
    about = "leave error objects for good: their alarm ends, their records stay missing"
    _objects(add("set-aside", about, "a replay has put a part of an object and must end it first", changes=True))
    backfill = add("backfill", "put records on their stream that were never delivered", changes=True)
    backfill.add_argument("file", type=Path, help="one record per line: an access-log line, or an event")
    _source(backfill)
    backfill.add_argument("--skip-invalid", action="store_true", help="leave out lines that can be no rows")
    backfill.add_argument(
        "--changed", action="store_true", help="the file is another than that of its backfill that did not end"
    )


def _correcting(add: Add) -> None:
    keys = "extended_request_id of a request, or tenant, source and id of an event; --key again for the next one"
    for name, about in (
        ("void", "take records out of the count, by key or by tenant and range"),
        ("unvoid", "put records back into the count, by key, by tenant and range, or all of one void"),
    ):
        command = add(name, about, "records changed meanwhile and are as they were", changes=True)
        command.add_argument("--key", nargs="+", action="append", metavar="VALUE", help=keys)
        command.add_argument("--tenant", type=some_text, help="every record of this tenant within the range")
        command.add_argument("--from", dest="start", type=moment, metavar="TIME", help="no record is older")
        command.add_argument("--to", dest="end", type=moment, metavar="TIME", help="every record is older")
        if name == "unvoid":
            command.add_argument("--action", help="id of the void that is taken back")
        _source(command)


def _objects(command: argparse.ArgumentParser) -> None:
    _source(command, required=False)
    command.add_argument("--since", type=moment, metavar="TIME", help="only objects written then or later")
    command.add_argument("--until", type=moment, metavar="TIME", help="only objects written before")
    command.add_argument("--reason-code", metavar="CODE", help="only objects with a record that failed for this code")


def _source(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    told = "api-requests or usage-events" if required else "api-requests or usage-events (default both)"
    command.add_argument("--source", required=required, help=told)
