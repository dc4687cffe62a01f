"""What a run prints: tables for a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.table import Table

from tools.balance import BalanceLine
from tools.error_records import ErrorRecord
from tools.lake import TenantUsage
from tools.traffic import Answer

NOBODY = "(nobody)"


def calls(answers: Sequence[Answer]) -> Table:
    """Show what was sent and what came back, per kind of request."""
    table = _table("Requests", "kind", "sent", "answers")
    for kind in dict.fromkeys(answer.call.kind for answer in answers):
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


def failures(bucket: str, failed: Sequence[ErrorRecord], reasons: Mapping[str, int]) -> Table:
    """Show where the failed records are and why: Firehose's code per object, and the transform's own reasons."""
    table = _table(f"Failed records in s3://{bucket}", "object", "records", "why")
    for key in dict.fromkeys(record.key for record in failed):
        codes = Counter(record.code for record in failed if record.key == key)
        table.add_row(key, str(codes.total()), ", ".join(f"{code}: {n}" for code, n in sorted(codes.items())))
    for reason, count in sorted(reasons.items()):
        table.add_row("(the transform's log)", str(count), reason)
    return table


def balance(lines: Sequence[BalanceLine]) -> Table:
    """Show the balance; a line that does not hold stands out."""
    table = _table("Balance", "", "", "", "", "")
    table.show_header = False
    for line in lines:
        mark = "[green]=[/]" if line.holds else "[bold red]!=[/]"
        verdict = "[green]ok[/]" if line.holds else f"[bold red]differs by {line.found - line.expected:+,}[/]"
        table.add_row(
            f"{line.expected_name} {line.expected:,}", mark, f"{line.found_name} {line.found:,}", verdict, line.name
        )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, overflow="fold", justify="left" if position == 0 or not column else "right")
    return table
