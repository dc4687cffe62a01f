"""What is behind one line of one tenant's bill, as SQL: its usage by day and dimension, and its rows.

Which records count, `usage.counted` says, for a line as for the bill. Of texts that others choose only the tenant's id
comes into the SQL, as a literal; all else is the invoice's and its catalog's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from rating.bill import Group, Quantity
from rating.catalog.meters import Meter
from rating.period import Period
from usage import fields, largest, measures, sql
from usage.answers import Measure, Row, check_header, checked, read_count
from usage.columns import dimension_name, events_name, quantity_name
from usage.counted import Counted
from usage.failure import QueryTextError, ResultError
from usage.sql import TableName, identifier

ALL_GROUPS = "all_groups"
ALL_DAYS = "all_days"
DAY = "day"
GROUPS = "groups"
"""Columns of an answer, besides dimensions and figures. The first two tell what a row is of: they are not 0 where it
does not tell the groups apart, or the days. The last is how many groups there are."""

_ITEMS = ",\n  "


@dataclass(frozen=True)
class LineScope:
    """Which records a line of a bill is about."""

    tenant_id: str
    start: date
    """First day of the line's segment, which lies in one period."""
    end: date
    """The day after its last."""
    cutoff: datetime
    """Rows that were ingested at this moment or later do not exist."""
    duplicate_window_days: int

    def counted(self, table: TableName) -> Counted:
        """Return the records of a table that count in the line's period."""
        period = Period(self.start.year, self.start.month)
        if not period.first_day <= self.start < self.end <= period.end_day:
            raise QueryTextError(f"days of a line must be of one month, got {self.start} to {self.end}")
        return Counted(table, period, self.cutoff, self.duplicate_window_days)


@dataclass(frozen=True)
class LineGroup:
    """The part of a line's quantity that has certain values in the dimensions."""

    group: Group
    by_day: Mapping[date, Quantity]
    """UTC day -> quantity; only days with rows that count."""


@dataclass(frozen=True)
class LineUsage:
    """What a line's quantity is made of."""

    quantity: Quantity
    by_day: Mapping[date, Quantity]
    """UTC day -> quantity; only days with rows that count."""
    groups: tuple[LineGroup, ...]
    """The largest first, those of equal quantity by the dimensions' values; none if the meter has no `group_by`."""
    omitted: int
    """How many smaller groups there are besides."""


def line_query(meter: Meter, scope: LineScope, table: TableName) -> str:
    """Return the query for a line's usage: in all, and by day and by dimensions, each aggregated by itself.

    Args:
        meter: the line's, of the table.
        scope: which records the line is about.
        table: to read.

    Raises:
        QueryTextError: the meter is of another table, the days are of no month, or the cutoff has no time zone.
    """
    records = table.records
    keys = [(identifier(column), f"key_{number}") for number, column in enumerate(records.key)]
    names = [identifier(dimension_name(name)) for name in meter.group_by]
    selected = [
        f"date({identifier(records.time)}) AS {DAY}",
        f"{identifier(records.time)} AS moment",
        *(f"{column} AS {key}" for column, key in keys),
        *(f"{fields.as_dimension(name, table)} AS {shown}" for name, shown in zip(meter.group_by, names, strict=True)),
        f"{measures.row_value(meter, records)} AS value",
    ]
    order = ("moment", *(key for _, key in keys))
    figures = {
        quantity_name(meter.name): measures.quantity(meter, "value", table, order),
        events_name(meter.name): measures.events("value"),
    }
    all_groups = f"grouping({_listed(names)})" if names else "1"
    outputs = [
        f"{all_groups} AS {ALL_GROUPS}",
        f"grouping({DAY}) AS {ALL_DAYS}",
        *names,
        DAY,
        *(f"{aggregate} AS {identifier(name)}" for name, aggregate in figures.items()),
    ]
    grouped = [[], [DAY], *([names, [*names, DAY]] if names else [])]
    sets = _listed(f"({_listed(one)})" for one in grouped)
    counting = _records(meter, scope, table, measures.columns_of(meter, records))
    parts = (
        f"SELECT\n  {_ITEMS.join(outputs)}\nFROM (\nSELECT\n  {_ITEMS.join(selected)}\n{counting}) AS counted\n"
        f"GROUP BY GROUPING SETS ({sets})\n"
    )
    return _largest(names, [identifier(name) for name in figures], parts)


def _largest(names: list[str], figures: list[str], parts: str) -> str:
    """Return the query that leaves out all but the largest groups, and tells how many there are.

    Args:
        names: of the columns of dimensions.
        figures: names of the columns of quantity and number of rows.
        parts: the SELECT of the whole, the groups, and the days of each.
    """
    shown = [ALL_GROUPS, ALL_DAYS, *names, DAY, *figures]
    by_values = [f"{name} NULLS FIRST" for name in names]
    of_group = (
        f"max(CASE WHEN {ALL_DAYS} <> 0 THEN {figures[0]} END) OVER (PARTITION BY {_listed([ALL_GROUPS, *names])})"
    )
    place = f"dense_rank() OVER (PARTITION BY {ALL_GROUPS} ORDER BY {_listed(['of_group DESC', *by_values])})"
    number = f"max(CASE WHEN {ALL_GROUPS} = 0 THEN place ELSE 0 END) OVER ()"
    sized = f"SELECT\n  {_ITEMS.join([*shown, f'{of_group} AS of_group'])}\nFROM (\n{parts}) AS parts\n"
    placed = f"SELECT\n  {_ITEMS.join([*shown, f'{place} AS place'])}\nFROM (\n{sized}) AS sized\n"
    counted = f"SELECT\n  {_ITEMS.join([*shown, 'place', f'{number} AS {GROUPS}'])}\nFROM (\n{placed}) AS placed\n"
    return (
        f"SELECT\n  {_ITEMS.join([*shown, GROUPS])}\nFROM (\n{counted}) AS numbered\n"
        f"WHERE {ALL_GROUPS} <> 0 OR place <= {largest.MOST_GROUPS}\n"
        f"ORDER BY {ALL_GROUPS} DESC, place, {ALL_DAYS} DESC, {DAY}"
    )


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def rows_query(meter: Meter, scope: LineScope, table: TableName) -> str:
    """Return the query for a line's rows: all columns of each record that counts, in the order of time and key.

    Arguments and errors as of `line_query`.
    """
    records = table.records
    names = [column.name for column in records.columns]
    ordered = sql.identifiers(dict.fromkeys([records.time, *records.key]))
    return (
        f"SELECT\n  {_ITEMS.join(sql.identifiers(names))}\n{_records(meter, scope, table, names)}"
        f"ORDER BY {', '.join(ordered)}"
    )


def read_line(meter: Meter, header: Row, rows: Iterable[Row]) -> LineUsage:
    """Return what `line_query` found.

    Args:
        meter: the query's.
        header: first line of the answer's CSV.
        rows: its further lines; an empty text is null.

    Raises:
        ResultError: the answer is not one of a query for this meter, or is damaged; nothing is ever guessed.
    """
    names = [ALL_GROUPS, ALL_DAYS, *map(dimension_name, meter.group_by), DAY]
    names += [quantity_name(meter.name), events_name(meter.name), GROUPS]
    check_header(header, names)
    at = {name: position for position, name in enumerate(names)}
    parts = _parts(Measure.of(meter, at), at, checked(header, rows))
    if not parts or [part for part in parts if part.of_all_groups] != parts[:1]:
        raise ResultError("an answer must have one row of everything, at its beginning")
    whole, *groups = parts
    if whole.groups < len(groups):
        raise ResultError(f"column {GROUPS} must hold how many there are, at least {len(groups)}, got {whole.groups}")
    return LineUsage(
        whole.group.quantity,
        whole.by_day,
        tuple(LineGroup(part.group, part.by_day) for part in groups),
        whole.groups - len(groups),
    )


@dataclass(frozen=True)
class _Part:
    """The whole of a line, or a group, as it is read."""

    of_all_groups: bool
    groups: int
    """How many there are in all."""
    group: Group
    by_day: dict[date, Quantity] = field(default_factory=dict)


def _parts(measure: Measure, at: Mapping[str, int], rows: Iterable[Row]) -> list[_Part]:
    """Return the whole and the groups, each with its days, whose rows follow its own."""
    parts: list[_Part] = []
    for row in rows:
        of_all_groups, of_all_days, groups = (
            read_count(row[at[name]], name) for name in (ALL_GROUPS, ALL_DAYS, GROUPS)
        )
        part = _Part(of_all_groups != 0, groups, Group(measure.dimensions_of(row), measure.read(row)))
        if of_all_days:
            parts.append(part)
        else:
            _add_day(parts[-1] if parts else None, part, row[at[DAY]])
    return parts


def _add_day(last: _Part | None, part: _Part, text: str) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ResultError(f"column {DAY} must hold a day, got {text!r}") from error
    if last is None or _identity(last) != _identity(part) or day in last.by_day:
        raise ResultError(f"the row of {day} must follow that of all days, each day once, got it after another")
    last.by_day[day] = part.group.quantity


def _identity(part: _Part) -> tuple[object, ...]:
    return part.of_all_groups, part.group.dimensions


def _records(meter: Meter, scope: LineScope, table: TableName, reads: Iterable[str]) -> str:
    """Return the FROM clause, under the name `records`, with the records that are counted for a line."""
    if meter.table != table.role:
        raise QueryTextError(f"meter {meter.name} must be of the table {table.role} that is read, got {meter.table}")
    records = table.records
    # A literal, for it reaches the scan, which leaves out other tenants' files.
    own = f"JOIN (VALUES (1)) AS own (one) ON records.{identifier(records.tenant)} = {sql.text(scope.tenant_id)}\n"
    at = identifier(records.time)
    first, end = (sql.moment(datetime.combine(day, time(), UTC)) for day in (scope.start, scope.end))
    return (
        f"FROM (\n{scope.counted(table).sql([*reads], tenants=own)}) AS records\n"
        f"WHERE {at} >= {first} AND {at} < {end}\n  AND {measures.row_value(meter, records)} IS NOT NULL\n"
    )
