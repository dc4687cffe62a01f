"""What the commands' answers have in common."""

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from tools.billing.sheet import listing, together
from tools.operate.at_once import Progress
from tools.operate.audit import NoReasonError
from tools.operate.months import CLOSING, EXPIRING


@contextmanager
def progress() -> Iterator[Progress]:
    """Show how far the work is, on standard error and only on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = dict[str, TaskID]()

        def told(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield told


def reason_of(arguments: Namespace) -> str | None:
    """Return why something is done; None for a dry run.

    Raises:
        NoReasonError: it is to be done, and nobody says why.
    """
    if not arguments.apply:
        return None
    if arguments.reason is None:
        raise NoReasonError(f"{arguments.command} --apply: --reason must say why this is done, is missing")
    reason: str = arguments.reason
    return reason


def ended(action_id: str | None, done: str) -> Text:
    """Return the last line of a changing command's answer: what it did, or that it wrote nothing.

    Args:
        action_id: of what was done; None for a dry run.
        done: what was done, or would be.
    """
    if action_id is None:
        return Text(f'Dry run, nothing is written: {done}. Do it with --apply --reason "…".')
    return Text(f"{done}. Action {action_id}.")


def counts(name: str, what: str, numbers: Mapping[str, int]) -> RenderableType:
    """Return a list of names with their numbers, the largest first."""
    ordered = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    return listing(name, (what, "number"), [(text, f"{number:,}") for text, number in ordered], ("number",))


def effects(months: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return what a change means for bills, month by month, with the numbers of `lines` if there are such."""
    told = listing("Bills", ("month", "what becomes of it"), [(one["month"], one["meaning"]) for one in months])
    if months and "lines" in months[0]:
        rows = [(one["month"], f"{one['lines']:,}", one["meaning"]) for one in months]
        told = listing("Bills", ("month", "lines", "what becomes of it"), rows, ("lines",))
    if not any(one["effect"] in {CLOSING, EXPIRING} for one in months):
        return told
    return together(told, f"Only final runs after {months[0]['counted_from']} count it.")


def plural(number: int, what: str) -> str:
    """Return a number of things in words: `1 record`, `2,000 records`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
