"""The records of a table that count in a period, as SQL: each once, as what its earliest delivery says.

Rows ingested at or after the cutoff do not exist, nor does what nobody pays for. The table is partitioned by the UTC
day of its time column, on which the SQL has bounds. Where callers say a record's time, its deliveries may lie in
different periods: they are looked for in a window beyond both ends of the period, and only then is the time of the
earliest one asked whether it is of the period. So a retry is never counted in a second period.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from metering.schema import Column
from rating.period import Period
from usage import sql
from usage.sql import TableName, identifier

DIFFERS = "differs"
"""Column of whether a record was delivered again with something else in it, but its time of arrival."""

_ITEMS = ",\n  "


@dataclass(frozen=True)
class Counted:
    """The records that count."""

    table: TableName
    period: Period
    """To which the records belong."""
    cutoff: datetime
    """Rows that were ingested at this moment or later do not exist."""
    window_days: int
    """Days before and after the period in which deliveries are looked for, where callers say a record's time."""

    def sql(self, reads: Iterable[str] = (), *, tenants: str = "", carried: Iterable[str] = ()) -> str:
        """Return the SELECT of one row for each record.

        It has, each by its own name, the columns of key, time, arrival and tenant, those that are read, those that are
        carried, and `differs`, a boolean; where callers say a record's time all columns of the table, read or not.

        Args:
            reads: names of further columns of the table.
            tenants: what the table, under the name `records`, is joined with to leave out tenants: ` JOIN … ON …` with
                nothing but its tenant; nothing if it is empty.
            carried: names of columns of what it is joined with.

        Raises:
            QueryTextError: the cutoff has no time zone.
        """
        records = self.table.records
        named = [*records.key, records.time, records.ingested_at, records.tenant]
        if records.time_is_callers:  # whatever is read, of two deliveries at once the same must be the earliest
            reads = [column.name for column in records.columns]
        names = sql.identifiers(dict.fromkeys([*named, *reads]))
        kept = [*names, *carried, DIFFERS]
        inner = _ITEMS.join([*(f"records.{name}" for name in names), *carried, *self._windows(names)])
        return (
            f"SELECT\n  {_ITEMS.join(kept)}\n"
            f"FROM (\nSELECT\n  {inner}\nFROM {self.table} AS records\n{tenants}{self._bounds()}) AS deliveries\n"
            f"WHERE delivery = 1{self._in_period()}\n"
        )

    def _windows(self, names: list[str]) -> list[str]:
        """Return the column `delivery`, which is 1 in the earliest of each record, and that of whether they differ.

        The order goes on over all columns, so that even two rows which ought to be alike, and are not, give one answer.
        """
        records = self.table.records
        keys = [f"records.{name}" for name in sql.identifiers(records.key)]
        earliest = f"records.{identifier(records.ingested_at)}"
        others = [name for name in (f"records.{name}" for name in names) if name not in {earliest, *keys}]
        window = f"PARTITION BY {', '.join(keys)} ORDER BY {', '.join([earliest, *others])}"
        if not records.time_is_callers:
            return [f"row_number() OVER ({window}) AS delivery", f"FALSE AS {DIFFERS}"]
        same = {*records.key, records.ingested_at}
        content = _digest(column for column in records.columns if column.name not in same)
        every = f"OVER ({window} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
        return [
            f"row_number() OVER ({window}) AS delivery",
            f"min({content}) {every} <> max({content}) {every} AS {DIFFERS}",
        ]

    def _bounds(self) -> str:
        records = self.table.records
        time, ingested_at, tenant = (
            f"records.{identifier(name)}" for name in (records.time, records.ingested_at, records.tenant)
        )
        window = timedelta(days=self.window_days if records.time_is_callers else 0)
        start, end = self.period.start - window, self.period.end + window
        return (
            f"WHERE {time} >= {sql.moment(start)} AND {time} < {sql.moment(end)}\n"
            f"  AND {ingested_at} < {sql.moment(self.cutoff)} AND {tenant} IS NOT NULL\n"
        )

    def _in_period(self) -> str:
        records = self.table.records
        if not records.time_is_callers:
            return ""
        time = identifier(records.time)
        return f" AND {time} >= {sql.moment(self.period.start)} AND {time} < {sql.moment(self.period.end)}"


def _digest(columns: Iterable[Column]) -> str:
    """Return the hash of columns: of each its length and text, or that it is null."""
    parts = []
    for column in columns:
        name = f"records.{identifier(column.name)}"
        text = name if column.type == "string" else f"CAST({name} AS varchar)"
        parts.append(f"coalesce(concat(CAST(length({text}) AS varchar), ':', {text}), '-')")
    return f"sha256(to_utf8(concat({', '.join(parts)})))"
