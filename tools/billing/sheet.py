"""Bills on a terminal: one document as a table, many as a list."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from billing.moments import moment_text

Document = Mapping[str, Any]
WHOLE = {"month", "since", "from", "to", "at", "hour", "number", "invoice", "action"}
"""Columns of days, moments and numbers, which are not broken."""
NOTHING = "–"  # noqa: RUF001 - the dash of typographers


def document(content: Document, note: str | None = None) -> RenderableType:
    """Show a bill, an invoice or a credit note: its lines, adjustments, taxes and total, and what it rests on.

    Args:
        content: as of docs/invoice-v1.schema.json.
        note: what became of it.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in ("quantity", "unit amount", content["currency"]):
        table.add_column(name, justify="right", no_wrap=True)
    segments = content["terms"]
    for segment in segments:
        if len(segments) > 1:
            table.add_row(f"[dim]plan {escape(segment['plan'])}, {segment['start']} to {_last_day(segment)}[/]")
        for line in content["lines"]:
            if line["segment"] == segment["index"]:
                table.add_row(*_line(line))
    for adjustment in content["adjustments"]:
        table.add_row(f"[dim]{_adjustment(adjustment)}[/]")
        for line in adjustment["lines"]:
            table.add_row(*_changed(line))
    for name, amount in _sums(content):
        table.add_row(name, "", "", amount)
    table.add_row("Total", "", "", figure(content["total"]), style="bold")
    facts: list[RenderableType] = [_parties(content), *([note] if note else [])]
    return Group(Text(title(content), style="bold"), *facts, table, Text(f" {_basis(content)}\n", style="dim"))


def title(content: Document) -> str:
    """Name a document: what it is, its number, whose it is and of which month."""
    kind = {"invoice": "Invoice", "credit_note": "Credit note"}[content["kind"]]
    if content["status"] == "draft":
        kind = "Draft invoice"
    number = f" {content['number']}" if content["number"] else ""
    return f"{kind}{number}: {content['tenant_id']}, {content['period']['id']}"


def figure(text: str | None) -> str:
    """Show a quantity or an amount: thousands set apart; a dash for none."""
    return NOTHING if text is None else f"{Decimal(text):,f}"


def together(*parts: RenderableType) -> RenderableType:
    """Show several things one after another."""
    return Group(*parts)


def from_epoch(seconds: float) -> str:
    """Return a moment, given in seconds since 1970, as text in UTC."""
    return moment_text(datetime.fromtimestamp(seconds, UTC))


def listing(
    name: str, columns: Iterable[str], rows: Iterable[Iterable[object]], figures: Iterable[str] = ()
) -> RenderableType:
    """Show a list; one without rows says so.

    Args:
        name: its title.
        columns: their names.
        rows: their cells; None is shown as a dash.
        figures: columns that are set to the right.
    """
    table, right = Table(box=box.SIMPLE_HEAD, pad_edge=False), set(figures)
    for column in columns:
        table.add_column(
            column,
            overflow="fold",
            justify="right" if column in right else "left",
            no_wrap=column in WHOLE or column in right,
        )
    for row in rows:
        table.add_row(*(NOTHING if cell is None else escape(str(cell)) for cell in row))
    return Group(Text(name, style="bold"), table if table.row_count else Text(" none\n"))


def _parties(content: Document) -> Text:
    customer, credited = content["customer"], content["credits"]
    facts = [customer["legal_name"] if customer else "no customer data yet"]
    facts += [f"issued {content['issue_date']}"] if content["issue_date"] else []
    facts += [f"due {content['due_date']}"] if content["due_date"] else []
    facts += [f"for {credited['number']}: {credited['reason']}"] if credited else []
    return Text(", ".join(facts))


def _line(line: Mapping[str, Any]) -> tuple[str, str, str, str]:
    plural = "" if Decimal(line["quantity"]) == 1 else "s"
    unit = "" if line["kind"] != "usage" else f"{figure(line['quantity'])} {escape(line['unit'])}{plural}"
    each = line["unit_amount"] if line["kind"] == "usage" and line["unit_amount"] else ""
    return escape(line["description"]), unit, each, figure(line["amount"])


def _last_day(segment: Mapping[str, Any]) -> date:
    return date.fromisoformat(segment["end"]) - timedelta(days=1)


def _adjustment(adjustment: Mapping[str, Any]) -> str:
    numbers = ", ".join(adjustment["invoices"])
    if adjustment["reason"] == "late_usage":
        return f"adjustment of {adjustment['period']}: usage that came late, after {numbers or 'its bill'}"
    return f"adjustment of {adjustment['period']}: billed before by {numbers}"


def _changed(line: Mapping[str, Any]) -> tuple[str, str, str, str]:
    was, now = line["was"], line["now"]
    quantities, amounts = (f"{figure(was[name])} → {figure(now[name])}" for name in ("quantity", "amount"))
    return escape(line["description"]), quantities, amounts, figure(line["amount"])


def _sums(content: Document) -> Iterator[tuple[str, str]]:
    yield "Subtotal", figure(content["subtotal"])
    for tax in content["taxes"]:
        yield f"Tax, {tax['rate']} % of {figure(tax['base'])}", figure(tax["amount"])
    if content["reverse_charge"]:
        yield content["reverse_charge"]["note"], ""


def _basis(content: Document) -> str:
    rows = sum(content["evidence"].get("rows_per_day", {}).values())
    return f"{rows:,} rows arrived before {content['cutoff']}; reconciliation: {content['reconciliation']}"
