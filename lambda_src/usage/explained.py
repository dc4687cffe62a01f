"""How a tenant's usage of a period came about: what was delivered, what of it counts, and what nobody pays for and why.

Of API requests the transform has decided who pays; the reasons are what the gateway or the product answered. Of usage
events every one that counts is told by its type.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from metering.records import API_REQUESTS, RecordTable
from usage import sql
from usage.answers import Row, check_header, checked, read_count
from usage.counted import DELIVERIES, DIFFERS, IS_VOID, Counted
from usage.failure import ResultError
from usage.sql import TableName, identifier

BILLABLE = "billable"
REASON = ("status", "error_type", "http_method", "resource_path")
"""Columns of the requests' table that say why nobody pays for one."""

_IS_LATE, _RECORDS = "is_late", "records"
_TRUTHS = {"true": True, "false": False}
_ITEMS = ",\n  "


@dataclass(frozen=True)
class Reason:
    """What was answered to requests that nobody pays for."""

    status: str
    error_type: str | None
    http_method: str | None
    resource_path: str | None


@dataclass(frozen=True)
class Explained:
    """What is behind a tenant's usage of a period by one table."""

    deliveries: int = 0
    """Rows of the records."""
    records: int = 0
    """Records, each with a key of its own."""
    void: int = 0
    """Of the records, those that an operator took out of account; the further figures are without them."""
    late: int = 0
    """Records that came after the period was billed; 0 if no such time was asked for."""
    differing: int = 0
    """Records that were delivered again with something else in them."""
    billable: int = 0
    """Requests that are paid for."""
    unbillable: Mapping[Reason, int] = field(default_factory=dict)
    """Requests that are not, by what was answered; the most frequent first."""
    by_type: Mapping[str, int] = field(default_factory=dict)
    """Usage events by their type, in order."""

    @property
    def duplicates(self) -> int:
        """Rows of records that were there already."""
        return self.deliveries - self.records

    @property
    def counted(self) -> int:
        """Records that count."""
        return self.records - self.void


def explain_query(counted: Counted, tenant_id: str, billed_before: datetime | None = None) -> str:
    """Return the query for what is behind a tenant's usage of a period; `read_explained` reads its answer.

    Args:
        counted: table, period and cutoff.
        tenant_id: whose usage.
        billed_before: the cutoff of the period's bill: records from this moment on are late; None if there is none.

    Raises:
        QueryTextError: a moment has no time zone.
    """
    records = counted.table.records
    # A literal, for it reaches the scan, which leaves out other tenants' files.
    own = f"JOIN (VALUES (1)) AS own (one) ON records.{identifier(records.tenant)} = {sql.text(tenant_id)}\n"
    late = f"{identifier(records.ingested_at)} >= {sql.moment(billed_before)}" if billed_before else "FALSE"
    told = [f"{one} AS {name}" for one, name in ((IS_VOID, IS_VOID), (DIFFERS, DIFFERS), (late, _IS_LATE))]
    told += [f"{expression} AS {identifier(name)}" for name, expression in _parts(records).items()]
    inner = counted.between.sql(_read(records), tenants=own, with_void=True)
    grouped = ", ".join([IS_VOID, DIFFERS, _IS_LATE, *sql.identifiers(_parts(records))])
    return (
        f"SELECT\n  {grouped},\n  count(*) AS {_RECORDS},\n  sum({DELIVERIES}) AS {DELIVERIES}\n"
        f"FROM (\nSELECT\n  {_ITEMS.join([*told, DELIVERIES])}\nFROM (\n{inner}) AS records\n) AS told\n"
        f"GROUP BY {grouped}"
    )


def read_explained(table: TableName, header: Row, rows: Iterable[Row]) -> Explained:
    """Return what `explain_query` found.

    Args:
        table: that was asked.
        header: first line of the answer's CSV.
        rows: its further lines; an empty text is null.

    Raises:
        ResultError: the answer is not one of a query of this table, or is damaged; nothing is ever guessed.
    """
    parts = list(_parts(table.records))
    names = [IS_VOID, DIFFERS, _IS_LATE, *parts, _RECORDS, DELIVERIES]
    check_header(header, names)
    sums: Counter[str] = Counter()
    reasons: Counter[Reason] = Counter()
    types: Counter[str] = Counter()
    for row in _read_rows(header, names, rows):
        values, records = row.values, row.records
        sums["deliveries"] += row.deliveries
        sums["records"] += records
        if row.is_void:
            sums["void"] += records
            continue
        sums["late"] += records if row.is_late else 0
        sums["differing"] += records if row.differs else 0
        if table.records.event_type is not None:
            types[values[0]] += records
        elif _truth(values[0], BILLABLE):
            sums["billable"] += records
        else:
            status, *answered = values[1:]
            reasons[Reason(status, *(text or None for text in answered))] += records
    by_number = sorted(reasons.items(), key=lambda one: (-one[1], _in_order(one[0])))
    return Explained(**sums, unbillable=dict(by_number), by_type=dict(sorted(types.items())))


@dataclass(frozen=True)
class _Row:
    is_void: bool
    differs: bool
    is_late: bool
    values: Sequence[str]
    records: int
    deliveries: int


def _read_rows(header: Row, names: Sequence[str], rows: Iterable[Row]) -> Iterator[_Row]:
    for row in checked(header, rows):
        is_void, differs, is_late = (_truth(text, name) for text, name in zip(row[:3], names[:3], strict=True))
        records, deliveries = (read_count(text, name) for text, name in zip(row[-2:], names[-2:], strict=True))
        yield _Row(is_void, differs, is_late, row[3:-2], records, deliveries)


def _truth(text: str, name: str) -> bool:
    if text not in _TRUTHS:
        raise ResultError(f"column {name} must hold true or false, got {text!r}")
    return _TRUTHS[text]


def _in_order(reason: Reason) -> tuple[str, ...]:
    return tuple(text or "" for text in (reason.status, reason.error_type, reason.http_method, reason.resource_path))


def _parts(records: RecordTable) -> dict[str, str]:
    """Return what a table's records are told by: the columns of the answer, and the expression of each."""
    if records.event_type is not None:
        return {records.event_type: identifier(records.event_type)}
    reasons = {name: f"CASE WHEN NOT {identifier(BILLABLE)} THEN {identifier(name)} END" for name in REASON}
    return {BILLABLE: identifier(BILLABLE), **reasons}


def _read(records: RecordTable) -> list[str]:
    return [BILLABLE, *REASON] if records is API_REQUESTS else []
