"""What a run prints: tables for a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from tools.balance import BalanceLine
from tools.error_records import ErrorRecord
from tools.lake import TenantUsage
from tools.traffic import Answer

NOBODY = "(nobody)"
FIGURES = frozenset({"sent", "requests", "billable", "users", "response bytes", "records"})


def calls(answers: Sequence[Answer]) -> Table:
    """Show what was sent and what came back, per kind of request."""
    table = _table("Requests", "kind", "sent", "answers")
    for kind in sorted({answer.call.kind for answer in answers}):
        of_kind = [answer for answer in answers if answer.call.kind == kind]
        statuses = Counter(str(answer.status or answer.problem) for answer in of_kind)
        table.add_row(kind, str(len(of_kind)), ", ".join(f"{status}: {n}" for status, n in sorted(statuses.items())))
    return table


def usage(usages: Sequence[TenantUsage]) -> Table:
    """Show usage per tenant, as Athena counted it."""
    table = _table("Usage per tenant, from Athena", "tenant", "requests", "billable", "users", "response bytes")
    for line in usages:
        figures = (line.requests, line.billable, line.users, line.response_bytes)
        table.add_row(line.tenant or NOBODY, *(f"{figure:,}" for figure in figures))
    return table


def failures(failed: Sequence[ErrorRecord], reasons: Mapping[str, int]) -> Table:
    """Show why records failed: Firehose's codes, the transform's own reasons."""
    table = _table("Failed records, and why", "told by", "reason", "records")
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
        verdict = "[green]ok[/]" if line.holds else f"[bold red]differs by {line.found - line.expected:+,}[/]"
        table.add_row(f"{line.expected_name} {line.expected:,}", mark, f"{line.found_name} {line.found:,}", verdict)
    return table


def _table(title: str, *columns: str) -> Table:
    """Make a table whose columns that hold figures are set to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in FIGURES else "left")
    return table
