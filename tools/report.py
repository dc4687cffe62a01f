"""What a run prints: tables for a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich import box
from rich.markup import escape
from rich.table import Table

from tools import usage_events
from tools.balance import BalanceLine
from tools.error_records import ErrorRecord
from tools.lake import TenantUsage
from tools.traffic import Answer
from tools.usage_events import Sent

NOBODY = "(nobody)"
FIGURES = frozenset({"sent", "requests", "billable", "users", "response bytes", "records"})


def calls(answers: Sequence[Answer], batches: int = 0) -> Table:
    """Show what was sent and what came back, per kind of request; also how many batches of usage events."""
    table = _table("Requests", "kind", "sent", "answers")
    for kind in sorted({answer.call.kind for answer in answers}):
        of_kind = [answer for answer in answers if answer.call.kind == kind]
        statuses = Counter(str(answer.status or answer.problem) for answer in of_kind)
        table.add_row(kind, str(len(of_kind)), ", ".join(f"{status}: {n}" for status, n in sorted(statuses.items())))
    if batches:
        table.add_row("usage events", str(batches), "see below")
    return table


def events(sent: Sequence[Sent]) -> Table:
    """Show what usage events were sent, and what became of them where they were sent to."""
    table = _table("Usage events", "sent to", "kind", "sent", "answers")
    for way, kind, count, outcomes in usage_events.kinds(sent):
        table.add_row(way, kind, str(count), escape(outcomes))
    return table


def usage(usages: Sequence[TenantUsage]) -> Table:
    """Show usage per tenant, as Athena counted it."""
    table = _table("Usage per tenant, from Athena", "tenant", "requests", "billable", "users", "response bytes")
    for line in usages:
        figures = (line.requests, line.billable, line.users, line.response_bytes)
        table.add_row(line.tenant or NOBODY, *(f"{figure:,}" for figure in figures))
    return table


def failures(failed: Sequence[ErrorRecord], reasons: Mapping[str, int], stream: str = "") -> Table:
    """Show why records of a stream failed: Firehose's codes, the transform's own reasons.

    Args:
        failed: the records.
        reasons: how often the transform gave each.
        stream: what the records are, if that must be told.
    """
    title = f"Failed records{f' of {stream}' if stream else ''}, and why"
    table = _table(title, "told by", "reason", "records")
    for code, count in sorted(Counter(record.code for record in failed).items()):
        table.add_row("Firehose", code, str(count))
    for reason, count in sorted(reasons.items()):
        table.add_row("the transform's log", reason, str(count))
    return table


def addresses(bucket: str, failed: Sequence[ErrorRecord]) -> str:
    """Name the objects that hold the failed records, one a line."""
    return "\n".join(f" s3://{bucket}/{key}" for key in dict.fromkeys(record.key for record in failed))


def balance(lines: Sequence[BalanceLine]) -> Table:
    """Show the balance; a line that does not hold stands out."""
    table = _table("Balance", "", "", "", "")
    table.show_header = False
    for line in lines:
        mark = "[green]=[/]" if line.holds else "[bold red]≠[/]"
        difference = _figure(line.found - line.expected, "+")
        verdict = "[green]ok[/]" if line.holds else f"[bold red]differs by {difference}[/]"
        expected, found = f"{line.expected_name} {_figure(line.expected)}", f"{line.found_name} {_figure(line.found)}"
        table.add_row(expected, mark, found, verdict)
    return table


def _figure(value: int | Decimal, sign: str = "") -> str:
    return format(value, f"{sign},f" if isinstance(value, Decimal) else f"{sign},")


def _table(title: str, *columns: str) -> Table:
    """Make a table whose columns that hold figures are set to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in FIGURES else "left")
    return table
