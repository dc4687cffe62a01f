"""Taking records out of the count, and putting them back: tombstones, which nothing but a later one undoes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from billing.lake import QueryError
from billing.moments import moment_text
from billing.records import CURRENT, FINAL
from rating.period import Period
from tools.operate import months
from tools.operate.audit import Action
from tools.operate.sources import source_of
from tools.operate.stack import OperatorStack
from usage.selection import Selection
from usage.voids import preview_query, unvoid_query, void_query

Change = Literal["void", "unvoid"]

_PAUSE_SECONDS = 0.5


class VoidTimeError(ValueError):
    """A void would lie at a time to which final bills have counted already; the message names both."""


@dataclass(frozen=True)
class VoidResult:
    """What was changed, or would be."""

    action_id: str | None
    """None for a dry run."""
    change: Change
    source: str
    records: int
    """Records whose state changes."""
    days: tuple[dict[str, Any], ...]
    """`tenant_id`, `day` and `records` of each tenant and day with such records."""
    months: tuple[dict[str, Any], ...]
    """What that means for bills, by month."""
    honoured_from: str
    """Final runs from this moment on honour it; what they bill before is adjusted by the next one."""
    left: int = 0
    """Records that are still in their old state after it: none but if somebody else changed them meanwhile."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "days": list(self.days), "months": list(self.months)}


def correct(
    stack: OperatorStack, change: Change, source: str, selection: Selection, *, reason: str | None = None
) -> VoidResult:
    """Take records out of the count, or put them back.

    Args:
        stack: whose.
        change: `void` or `unvoid`.
        source: of the records.
        selection: which ones.
        reason: why; None for a dry run, which writes nothing.

    Raises:
        UnknownSourceError: there is no such source.
        usage.failure.QueryTextError: the selection is none.
        VoidTimeError: the command's time is before the cutoff of a final run.
        QueryError: Athena could not do it. What was done before it failed stays, and doing it again does the rest.
    """
    kind, at = source_of(stack.outputs, source), stack.at
    _check_time(stack, change, at)
    days = _preview(stack, change, kind.role, selection, at)
    told = months.effects(stack, {Period.parse(one["day"][:7]) for one in days}, at)
    records, honoured = sum(one["records"] for one in days), moment_text(months.counted_from(at))

    def result(action_id: str | None, left: int = 0) -> VoidResult:
        return VoidResult(action_id, change, kind.role, records, tuple(days), tuple(told), honoured, left)

    if reason is None:
        return result(None)
    arguments = {"source": kind.role, **_arguments(selection)}
    with stack.action(change, arguments, reason, at) as action:
        action.result |= {"records": records, "queries": [], "left": 0}
        if records:
            known = selection.of_days(date.fromisoformat(one["day"]) for one in days)
            for part in known.in_parts():
                execute(stack, _query(stack, change, kind.role, part, action), action.result["queries"])
            action.result["left"] = sum(one["records"] for one in _preview(stack, change, kind.role, selection, at))
    return result(action.id, action.result["left"])


def _query(stack: OperatorStack, change: Change, role: str, part: Selection, action: Action) -> str:
    table = stack.table(role)
    if change == "unvoid":
        return unvoid_query(table, part, voided_at=action.at, action_id=action.id)
    window = stack.catalog.duplicate_window_days
    return void_query(table, part, voided_at=action.at, action_id=action.id, window_days=window)


def _preview(
    stack: OperatorStack, change: Change, role: str, selection: Selection, as_of: datetime
) -> list[dict[str, Any]]:
    window = stack.catalog.duplicate_window_days if change == "void" else 0
    sql = preview_query(stack.table(role), selection, as_of=as_of, action=change, window_days=window)
    answer = stack.lake.query(sql)
    rows = (dict(zip(answer.header, row, strict=True)) for row in answer.rows)
    return [{**row, "records": int(row["records"])} for row in rows]


def execute(stack: OperatorStack, sql: str, queries: list[str]) -> None:
    """Run a statement that answers nothing, and wait for its end.

    Args:
        stack: whose Athena.
        sql: the statement.
        queries: gets the query's id as soon as there is one.

    Raises:
        QueryError: it failed; with Athena's reason.
    """
    query_id = stack.athena.start_query_execution(QueryString=sql, WorkGroup=stack.outputs.athena_workgroup)[
        "QueryExecutionId"
    ]
    queries.append(query_id)
    while True:
        status = stack.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in {"FAILED", "CANCELLED"}:
            reason = status.get("StateChangeReason", "no reason given")
            raise QueryError(f"query {query_id} {status['State'].lower()}: {reason}")
        stack.clock.sleep(_PAUSE_SECONDS)


def _check_time(stack: OperatorStack, change: Change, at: datetime) -> None:
    """Hold a tombstone to a time that no final bill has counted to: else it would change what is billed unseen."""
    lock = stack.store.invoices.get((FINAL, CURRENT))
    cutoffs = [record.cutoff for record in stack.store.periods() if record.cutoff]
    cutoffs += [lock["cutoff"]] if lock else []
    last = max(cutoffs, default="")
    if moment_text(at) <= last:
        raise VoidTimeError(
            f"{change}: its time must be after {last}, to which final bills count, got {moment_text(at)}"
        )


def _arguments(selection: Selection) -> dict[str, Any]:
    """Return a selection as the actions table keeps it."""
    values = {
        "keys": [list(key) for key in selection.keys],
        "tenant": selection.tenant_id,
        "from": selection.start,
        "to": selection.end,
        "action": selection.action_id,
    }
    return {name: value for name, value in values.items() if value}
