"""Usage as SQL for Athena: one query scans the table once, whatever the number of meters and tenants.

A record that was delivered more than once counts once, as what its earliest delivery says. Rows ingested at or after
the cutoff do not exist. Sums are exact decimals. The table is partitioned by the UTC day of its time column, on which
every query has bounds.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rating.catalog.meters import Meter
from rating.period import Period
from usage import evidence, measures, sql
from usage.columns import (
    KEY_SUMS,
    LEVEL,
    ROWS,
    SEGMENT,
    TENANT,
    UsageColumns,
    days_name,
    dimension_name,
    events_name,
    quantity_name,
)
from usage.sql import TableName, identifier

_ITEMS = ",\n  "


def period_query(meters: Mapping[str, Meter], period: Period, cutoff: datetime, table: TableName) -> str:
    """Return the query for what every tenant used in a whole period; its segment is 0.

    Args:
        meters: by name, all of the table.
        period: to which the rows belong.
        cutoff: rows that were ingested at this moment or later do not count.
        table: to read.

    Raises:
        QueryTextError: a meter is of another table, or the cutoff has no time zone.
    """
    return usage_query(meters, period, cutoff, table, segment="0", source="")


def usage_query(
    meters: Mapping[str, Meter], period: Period, cutoff: datetime, table: TableName, *, segment: str, source: str
) -> str:
    """Return a query for usage by tenant and segment.

    Args:
        meters: by name, all of the table.
        period: to which the rows belong.
        cutoff: rows that were ingested at this moment or later do not count.
        table: to read, under the name `records`.
        segment: the expression of a row's segment.
        source: what the table is joined with; nothing if it is empty.

    Raises:
        QueryTextError: a meter is of another table, or the cutoff has no time zone.
    """
    columns = UsageColumns(meters)
    columns.check(table.role)
    records = table.records
    read = [name for meter in meters.values() for name in measures.columns_of(meter)]
    kept = [*records.key, records.time, records.ingested_at, records.tenant, *read]
    deliveries = _numbered(table, kept, f"{segment} AS {SEGMENT}", f"{source}{_bounds(period, cutoff, table)}")
    rows = _rows(columns, table, deliveries)
    outputs = _outputs(columns, table, period)
    return f"SELECT\n  {_ITEMS.join(outputs)}\nFROM (\n{rows}) AS counted\n{_grouping(columns)}\nORDER BY 1, 2, 3"


def late_tenants_query(period: Period, billed_before: datetime, cutoff: datetime, table: TableName) -> str:
    """Return the query for the tenants with rows of a period that came after it was billed.

    The answer's columns are `tenant` and `rows`, its rows ordered by tenant. A late delivery of a record that had been
    there in time is not late.

    Args:
        period: to which the rows belong.
        billed_before: the cutoff of the period's bills: rows from this moment on are late.
        cutoff: rows that were ingested at this moment or later do not count.
        table: to read.

    Raises:
        QueryTextError: a moment has no time zone.
    """
    records = table.records
    kept = [*records.key, records.ingested_at, records.tenant]
    deliveries = _numbered(table, kept, "", _bounds(period, cutoff, table))
    return (
        f"SELECT\n  {identifier(records.tenant)} AS {TENANT},\n  count(*) AS {identifier(ROWS)}\n"
        f"FROM (\n{deliveries}) AS deliveries\n"
        f"WHERE delivery = 1 AND {identifier(records.ingested_at)} >= {sql.moment(billed_before)}\n"
        f"GROUP BY {identifier(records.tenant)}\nORDER BY 1"
    )


def _bounds(period: Period, cutoff: datetime, table: TableName) -> str:
    time, ingested_at, tenant = (
        f"records.{identifier(name)}" for name in (table.records.time, table.records.ingested_at, table.records.tenant)
    )
    return (
        f"WHERE {time} >= {sql.moment(period.start)} AND {time} < {sql.moment(period.end)}\n"
        f"  AND {ingested_at} < {sql.moment(cutoff)} AND {tenant} IS NOT NULL\n"
    )


def _numbered(table: TableName, kept: Iterable[str], extra: str, rest: str) -> str:
    """Return the rows with `delivery`, which is 1 in the earliest of each record.

    The order goes on over all columns that are read, so that even two rows which ought to be alike, and are not, give
    one answer.
    """
    names = [f"records.{name}" for name in sql.identifiers(dict.fromkeys(kept))]
    keys = [f"records.{name}" for name in sql.identifiers(table.records.key)]
    earliest = f"records.{identifier(table.records.ingested_at)}"
    order = ", ".join([earliest, *(name for name in names if name not in {earliest, *keys})])
    delivery = f"row_number() OVER (PARTITION BY {', '.join(keys)} ORDER BY {order}) AS delivery"
    selected = [*names, *([extra] if extra else []), delivery]
    return f"SELECT\n  {_ITEMS.join(selected)}\nFROM {table} AS records\n{rest}"


def _rows(columns: UsageColumns, table: TableName, deliveries: str) -> str:
    """Return one row for each record, with what is grouped by and aggregated."""
    records = table.records
    values = [f"{measures.row_value(meter)} AS {_value(number)}" for number, meter in _numbers(columns)]
    dimensions = [f"{identifier(column)} AS {_dimension(column)}" for column in columns.dimensions]
    selected = [
        f"{identifier(records.tenant)} AS {TENANT}",
        SEGMENT,
        f"date({identifier(records.time)}) AS day",
        f"{identifier(records.time)} AS moment",
        *(f"{identifier(column)} AS {_key(number)}" for number, column in enumerate(records.key)),
        f"{evidence.key_hash_sql(records.key)} AS key_hash",
        *dimensions,
        *values,
    ]
    return f"SELECT\n  {_ITEMS.join(selected)}\nFROM (\n{deliveries}) AS deliveries\nWHERE delivery = 1\n"


def _outputs(columns: UsageColumns, table: TableName, period: Period) -> list[str]:
    """Return what is selected, in the order of `UsageColumns.names`."""
    dimensions = [_dimension(column) for column in columns.dimensions]
    level = f"grouping({', '.join(dimensions)})" if dimensions else str(columns.whole_level)
    order = ("moment", *(_key(number) for number, _ in enumerate(table.records.key)))

    def shown(aggregate: str, at: set[int], name: str) -> str:
        if set(columns.levels) > at:
            shown_at = ", ".join(map(str, sorted(at)))
            aggregate = f"CASE WHEN {level} IN ({shown_at}) THEN {aggregate} END"
        return f"{aggregate} AS {identifier(name)}"

    measured = []
    for number, meter in _numbers(columns):
        value, at = _value(number), {columns.whole_level, columns.level(meter)}
        value_type = None if meter.value is None else table.types[meter.value]
        measured.append(shown(measures.quantity(meter, value, value_type, order), at, quantity_name(meter.name)))
        measured.append(shown(measures.events(value), at, events_name(meter.name)))
    whole = {columns.whole_level}
    return [
        TENANT,
        SEGMENT,
        f"{level} AS {LEVEL}",
        *dimensions,
        *measured,
        shown(_joined(f"count_if(day = {sql.day(day)})" for day in period.each_day()), whole, days_name(period)),
        shown(_joined(evidence.part_sums_sql("key_hash")), whole, KEY_SUMS),
    ]


def _joined(aggregates: Iterable[str]) -> str:
    """Return one text of many figures: a column each would make an answer several times as long to write and read."""
    return f"array_join(ARRAY[{', '.join(aggregates)}], ' ')"


def _grouping(columns: UsageColumns) -> str:
    if not columns.dimensions:
        return f"GROUP BY {TENANT}, {SEGMENT}"
    sets = [", ".join([TENANT, SEGMENT, *map(_dimension, grouped)]) for grouped in columns.levels.values()]
    return f"GROUP BY GROUPING SETS ({', '.join(f'({one})' for one in sets)})"


def _numbers(columns: UsageColumns) -> list[tuple[int, Meter]]:
    return list(enumerate(columns.meters.values()))


def _value(number: int) -> str:
    return f"value_{number}"


def _key(number: int) -> str:
    return f"key_{number}"


def _dimension(column: str) -> str:
    return identifier(dimension_name(column))
