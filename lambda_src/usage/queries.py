"""Usage as SQL for Athena: one query scans the table once, whatever the number of meters and tenants.

Which records count, `usage.counted` says. Sums are exact decimals.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rating.catalog.meters import Meter
from rating.period import Period
from usage import evidence, fields, measures, sql, tombstones
from usage.columns import (
    DIFFERING,
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
from usage.counted import DIFFERS, KEY_HASH, Counted
from usage.sql import TableName, identifier

_ITEMS = ",\n  "


def period_query(meters: Mapping[str, Meter], counted: Counted) -> str:
    """Return the query for what every tenant used in a whole period; its segment is 0.

    Args:
        meters: by name, all of the table.
        counted: the records that count.

    Raises:
        QueryTextError: a meter is of another table, or the cutoff has no time zone.
    """
    reads = columns_read(meters, counted.table)
    return usage_query(meters, counted, f"FROM (\n{counted.sql(reads)}) AS records\n", segment="0")


def usage_query(meters: Mapping[str, Meter], counted: Counted, source: str, *, segment: str) -> str:
    """Return a query for usage by tenant and segment.

    Args:
        meters: by name, all of the table.
        counted: the records that count.
        source: the FROM clause with their SELECT, under the name `records`, that reads all of `columns_read`.
        segment: the expression of a row's segment.

    Raises:
        QueryTextError: a meter is of another table.
    """
    columns = UsageColumns(meters)
    columns.check(counted.table.role)
    rows = usage_rows(columns, counted.table, source, segment=segment)
    outputs = _outputs(columns, counted.table, counted.period)
    return f"SELECT\n  {_ITEMS.join(outputs)}\nFROM (\n{rows}) AS counted\n{_grouping(columns)}\nORDER BY 1, 2, 3"


def columns_read(meters: Mapping[str, Meter], table: TableName) -> list[str]:
    """Return the names of the table's columns that some meters read, some perhaps twice."""
    return [name for meter in meters.values() for name in measures.columns_of(meter, table.records)]


def late_tenants_query(counted: Counted, billed_before: datetime) -> str:
    """Return the query for the tenants with records of a period, or tombstones, that came after it was billed.

    The answer's columns are `tenant` and `rows`, how many of both there are; its rows are ordered by tenant. A late
    delivery of a record that had been there in time is not late. A tombstone that changes nothing is: whoever counts
    again finds no difference.

    Args:
        counted: the records that count.
        billed_before: the cutoff of the period's bills: rows and tombstones from this moment on are late.

    Raises:
        QueryTextError: a moment has no time zone.
    """
    records, between, since = counted.table.records, counted.between, sql.moment(billed_before)
    of_records = tombstones.of_records(counted.table, between.seen_from, between.seen_until)
    return (
        f"SELECT\n  {TENANT},\n  count(*) AS {identifier(ROWS)}\nFROM (\n"
        f"SELECT {identifier(records.tenant)} AS {TENANT}\nFROM (\n{counted.sql()}) AS records\n"
        f"WHERE {identifier(records.ingested_at)} >= {since}\n"
        f"UNION ALL\nSELECT {TENANT}\nFROM {counted.table.tombstones_table}\nWHERE {of_records}\n"
        f"  AND voided_at >= {since} AND voided_at < {sql.moment(counted.cutoff)}\n"
        f") AS late\nGROUP BY {TENANT}\nORDER BY 1"
    )


def voided_tenants_query(table: TableName, period: Period, cutoff: datetime) -> str:
    """Return the query for the tenants with tombstones of a period; its answer is of the form of `late_tenants_query`.

    Args:
        table: beside which the tombstones are, be they of its records or of another table's.
        period: to which the records belong.
        cutoff: tombstones of this moment or later do not exist.

    Raises:
        QueryTextError: the cutoff has no time zone.
    """
    return (
        f"SELECT\n  {TENANT},\n  count(*) AS {identifier(ROWS)}\nFROM {table.tombstones_table}\n"
        f"WHERE record_time >= {sql.moment(period.start)} AND record_time < {sql.moment(period.end)}\n"
        f"  AND voided_at < {sql.moment(cutoff)}\nGROUP BY {TENANT}\nORDER BY 1"
    )


def usage_rows(columns: UsageColumns, table: TableName, source: str, *, segment: str) -> str:
    """Return the SELECT of one row for each record, with what is grouped by and aggregated.

    It has the columns `tenant_id`, `segment`, `day`, `moment`, `key_0` and so on, `key_hash`, `differs`, one for each
    dimension and `value_0` and so on for the meters in their order.

    Args:
        columns: of the meters.
        table: that is read.
        source: as of `usage_query`.
        segment: the expression of a row's segment.
    """
    records = table.records
    values = [f"{measures.row_value(meter, records)} AS {_value(number)}" for number, meter in _numbers(columns)]
    dimensions = [f"{fields.as_dimension(column, table)} AS {_dimension(column)}" for column in columns.dimensions]
    selected = [
        f"{identifier(records.tenant)} AS {TENANT}",
        f"{segment} AS {SEGMENT}",
        f"date({identifier(records.time)}) AS day",
        f"{identifier(records.time)} AS moment",
        *(f"{identifier(column)} AS {_key(number)}" for number, column in enumerate(records.key)),
        KEY_HASH,
        DIFFERS,
        *dimensions,
        *values,
    ]
    return f"SELECT\n  {_ITEMS.join(selected)}\n{source}"


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
        measured.append(shown(measures.quantity(meter, value, table, order), at, quantity_name(meter.name)))
        measured.append(shown(measures.events(value), at, events_name(meter.name)))
    whole = {columns.whole_level}
    return [
        TENANT,
        SEGMENT,
        f"{level} AS {LEVEL}",
        *dimensions,
        *measured,
        shown(_joined(f"count_if(day = {sql.day(day)})" for day in period.each_day()), whole, days_name(period)),
        shown(_joined(evidence.part_sums_sql(KEY_HASH)), whole, KEY_SUMS),
        shown(f"count_if({DIFFERS})", whole, DIFFERING),
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
