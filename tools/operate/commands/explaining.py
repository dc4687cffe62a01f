"""The command that explains a tenant's numbers of a month."""

from argparse import Namespace
from collections.abc import Iterator

from rich.console import RenderableType

from tools.billing.sheet import figure, listing, together
from tools.command.output import Output
from tools.operate.commands import shown
from tools.operate.explain import Explanation, SourceExplained, explain
from tools.operate.stack import OperatorStack

_FIGURES = (
    ("deliveries", "rows"),
    ("duplicates", "of records that were there already"),
    ("records", "different records"),
    ("void", "void"),
    ("counted", "records that count"),
    ("late", "of them late: after the bill"),
    ("differing", "of them delivered with something else, too"),
    ("billable", "billable requests"),
)


def explain_usage(stack: OperatorStack, arguments: Namespace, out: Output) -> int:
    """Show how a tenant's numbers of a month came about."""
    with shown.progress() as progress:
        found = explain(stack, arguments.tenant, arguments.period, progress)
    out.show(together(*_parts(found)), found.to_json())
    return 0


def _parts(found: Explanation) -> Iterator[RenderableType]:
    values = {role: one.to_json() for role, one in found.sources.items()}
    rows = [(told, *(f"{value[name]:,}" for value in values.values())) for name, told in _FIGURES]
    rows.append(("failed, in the error bucket", *(f"{sum(value['failed'].values()):,}" for value in values.values())))
    rows.append(("failed, then replayed", *(f"{value['replayed']:,}" for value in values.values())))
    yield listing(f"{found.tenant_id}, {found.period}", ("", *values), rows, tuple(values))
    for role, one in found.sources.items():
        yield from _of_source(role, one)
    yield _bill(found)


def _of_source(role: str, one: SourceExplained) -> Iterator[RenderableType]:
    if one.usage.unbillable:
        rows = [
            (f"{number:,}", reason.status, reason.error_type, reason.http_method, reason.resource_path)
            for reason, number in one.usage.unbillable.items()
        ]
        yield listing("Requests that nobody pays for", ("requests", "status", "error", "method", "path"), rows)
    if one.usage.by_type:
        yield shown.counts("Events that count", "type", one.usage.by_type)
    if one.put_aside.failed:
        yield shown.counts(f"Failed, {role}", "code", one.put_aside.failed)
    if one.put_aside.never:
        yield f"{role}: {shown.plural(one.put_aside.never, 'record')} of the month, whosever, can never be rows"
    if one.open_hours:
        yield f"{role}: {shown.plural(one.open_hours, 'hour')} of the month missing or unexplained, not accepted"
    if one.accepted:
        columns = ("hour", "missing", "unexplained", "by", "reason")
        rows = [tuple(hour[name] for name in columns) for hour in one.accepted]
        yield listing(f"Accepted hours, {role}", columns, rows, ("missing", "unexplained"))


def _bill(found: Explanation) -> str:
    bill = found.bill
    if bill is None:
        return "Bill: none"
    named = f" {bill.number}" if bill.number else ""
    total = f", {figure(bill.total)} {bill.currency}" if bill.total is not None else ""
    return f"Bill: {bill.state}{named}{total}; of what arrived before {bill.cutoff}"
