"""The records of a table that count in a period, as SQL: each once, as what its earliest delivery says.

Rows ingested at or after the cutoff do not exist, nor does what nobody pays for, nor a record that an operator had made
void before the cutoff, however often it was delivered. The table is partitioned by the UTC day of its time column, on
which the SQL has bounds. Where callers say a record's time, its deliveries may lie in different periods: they are
looked for in a window beyond both ends of the period, and only then is the time of the earliest one asked whether it is
of the period. So a retry is never counted in a second period.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from metering.schema import Column
from rating.period import Period
from usage import evidence, sql, tombstones
from usage.sql import TableName, identifier

DIFFERS = "differs"
"""Column of whether a record was delivered again with something else in it, but its time of arrival."""
KEY_HASH = "key_hash"
"""Column of the hash of a record's key, in hexadecimal digits."""
DELIVERIES = "deliveries"
"""Column of how often a record was delivered, of those that are told with void ones."""
IS_VOID = "is_void"
"""Column of whether a record does not count, of those that are told with void ones."""

_ITEMS = ",\n  "


@dataclass(frozen=True)
class CountedBetween:
    """The records that count between two moments."""

    table: TableName
    start: datetime
    """No record is older."""
    end: datetime
    """Every record is older."""
    cutoff: datetime
    """Rows that were ingested, and records that were made void, at this moment or later do not exist, or are not."""
    window_days: int
    """Days before `start` and after `end` in which deliveries are looked for, where callers say a record's time."""

    @property
    def seen_from(self) -> datetime:
        """The first moment of which deliveries, and tombstones, are looked at."""
        return self.start - self._window

    @property
    def seen_until(self) -> datetime:
        """The first moment after those."""
        return self.end + self._window

    @property
    def _window(self) -> timedelta:
        return timedelta(days=self.window_days if self.table.records.time_is_callers else 0)

    def sql(
        self, reads: Iterable[str] = (), *, tenants: str = "", carried: Iterable[str] = (), with_void: bool = False
    ) -> str:
        """Return the SELECT of one row for each record.

        It has, each by its own name, the columns of key, time, arrival and tenant, those that are read, those that are
        carried, `differs`, a boolean, and `key_hash`; where callers say a record's time all columns of the table, read
        or not.

        Args:
            reads: names of further columns of the table.
            tenants: what the table, under the name `records`, is joined with to leave out tenants: ` JOIN … ON …` with
                nothing but its tenant; nothing if it is empty.
            carried: names of columns of what it is joined with.
            with_void: whether there are records that do not count, too; then with columns `is_void` and `deliveries`.

        Raises:
            QueryTextError: a moment has no time zone.
        """
        records = self.table.records
        named = [*records.key, records.time, records.ingested_at, records.tenant]
        if records.time_is_callers:  # whatever is read, of two deliveries at once the same must be the earliest
            reads = [column.name for column in records.columns]
        names = sql.identifiers(dict.fromkeys([*named, *reads]))
        kept = [*names, *carried, DIFFERS, *([DELIVERIES] if with_void else [])]
        windows = [*self._windows(names), *(self._told_deliveries() if with_void else [])]
        inner = _ITEMS.join([*(f"records.{name}" for name in names), *carried, *windows])
        hashed = _ITEMS.join([*kept, f"{evidence.key_hash_sql(records.key)} AS {KEY_HASH}"])
        void_keys = tombstones.void_keys(self.table, self.seen_from, self.seen_until, self.cutoff)
        void_key = tombstones.VOID_KEY
        outer = _ITEMS.join([*kept, KEY_HASH, *([f"{void_key} IS NOT NULL AS {IS_VOID}"] if with_void else [])])
        left_out = "" if with_void else f"WHERE {void_key} IS NULL\n"
        return (
            f"SELECT\n  {outer}\nFROM (\nSELECT\n  {hashed}\n"
            f"FROM (\nSELECT\n  {inner}\nFROM {self.table} AS records\n{tenants}{self._bounds()}) AS deliveries\n"
            f"WHERE delivery = 1{self._in_time()}) AS records\n"
            f"LEFT JOIN (\n{void_keys}) AS voided\n  ON {void_key} = {KEY_HASH}\n"
            f"{left_out}"
        )

    def _windows(self, names: list[str]) -> list[str]:
        """Return the column `delivery`, which is 1 in the earliest of each record, and that of whether they differ.

        The order goes on over all columns, so that even two rows which ought to be alike, and are not, give one answer.
        """
        records = self.table.records
        keys = self._keys()
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

    def _told_deliveries(self) -> list[str]:
        return [f"count(*) OVER (PARTITION BY {', '.join(self._keys())}) AS {DELIVERIES}"]

    def _keys(self) -> list[str]:
        return [f"records.{name}" for name in sql.identifiers(self.table.records.key)]

    def _bounds(self) -> str:
        records = self.table.records
        time, ingested_at, tenant = (
            f"records.{identifier(name)}" for name in (records.time, records.ingested_at, records.tenant)
        )
        return (
            f"WHERE {time} >= {sql.moment(self.seen_from)} AND {time} < {sql.moment(self.seen_until)}\n"
            f"  AND {ingested_at} < {sql.moment(self.cutoff)} AND {tenant} IS NOT NULL\n"
        )

    def _in_time(self) -> str:
        records = self.table.records
        if not records.time_is_callers:
            return ""
        time = identifier(records.time)
        return f" AND {time} >= {sql.moment(self.start)} AND {time} < {sql.moment(self.end)}"


@dataclass(frozen=True)
class Counted:
    """The records that count in a period."""

    table: TableName
    period: Period
    """To which the records belong."""
    cutoff: datetime
    """Rows that were ingested, and records that were made void, at this moment or later do not exist, or are not."""
    window_days: int
    """Days before and after the period in which deliveries are looked for, where callers say a record's time."""

    @property
    def between(self) -> CountedBetween:
        """The records between the period's ends."""
        return CountedBetween(self.table, self.period.start, self.period.end, self.cutoff, self.window_days)

    def sql(self, reads: Iterable[str] = (), *, tenants: str = "", carried: Iterable[str] = ()) -> str:
        """Return the SELECT of one row for each record that counts, as `CountedBetween.sql` has it."""
        return self.between.sql(reads, tenants=tenants, carried=carried)


def _digest(columns: Iterable[Column]) -> str:
    """Return the hash of columns: of each its length and text, or that it is null."""
    parts = []
    for column in columns:
        name = f"records.{identifier(column.name)}"
        text = name if column.type == "string" else f"CAST({name} AS varchar)"
        parts.append(f"coalesce(concat(CAST(length({text}) AS varchar), ':', {text}), '-')")
    return f"sha256(to_utf8(concat({', '.join(parts)})))"
