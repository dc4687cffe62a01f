"""Usage by tenant, day and dimension: the query, and what it answered, read tenant by tenant.

An answer has one row for each tenant with all its rows of the period, one for each of its days, and one of each kind
for each group of a meter with `group_by`. Which of them a row is, its `level` says, as in `usage.columns`, with one
more bit in front, that of the day. A tenant's rows of the whole period come first: they say which groups are largest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from rating.catalog.meters import Meter
from usage import fields, measures
from usage.answers import Measure, Row, by_tenant, check_header, read_count
from usage.columns import LEVEL, TENANT, UsageColumns, dimension_name, events_name, quantity_name
from usage.counted import Counted
from usage.days import MeterDays, Month
from usage.failure import ResultError
from usage.queries import columns_read
from usage.sql import identifier

_ITEMS = ",\n  "

DAY = "day"
"""Column of the UTC day, as `2026-11-23`; empty in a row of the whole period."""


@dataclass(frozen=True)
class TenantDays:
    """What one tenant used."""

    tenant_id: str
    meters: Mapping[str, MeterDays]
    """By name; only meters for which a row counts."""


@dataclass(frozen=True)
class DailyColumns:
    """What columns there are for some meters; all meters read one table."""

    meters: Mapping[str, Meter]

    @cached_property
    def usage(self) -> UsageColumns:
        """The columns without days."""
        return UsageColumns(self.meters)

    @property
    def all_days(self) -> int:
        """The bit of the level that is set in a row of all days."""
        return 1 << len(self.usage.dimensions)

    @cached_property
    def levels(self) -> dict[int, tuple[str, ...]]:
        """Level -> expressions whose values its rows tell apart, besides the tenant."""
        found: dict[int, tuple[str, ...]] = {}
        for level, dimensions in self.usage.levels.items():
            expressions = tuple(map(_dimension, dimensions))
            found |= {level | self.all_days: expressions, level: (DAY, *expressions)}
        return found

    def levels_of(self, meter: Meter) -> set[int]:
        """Return the levels of the rows that have a meter's quantity."""
        shown = {self.usage.whole_level, self.usage.level(meter)}
        return shown | {level | self.all_days for level in shown}

    def names(self) -> list[str]:
        """Return the header of an answer."""
        measured = [name for meter in self.meters for name in (quantity_name(meter), events_name(meter))]
        return [TENANT, LEVEL, DAY, *map(dimension_name, self.usage.dimensions), *measured]


def daily_query(meters: Mapping[str, Meter], counted: Counted) -> str:
    """Return the query for what every tenant used in a period, by day and dimension.

    Args:
        meters: by name, all of the table.
        counted: the records that count.

    Raises:
        QueryTextError: a meter is of another table, or the cutoff has no time zone.
    """
    columns, table = DailyColumns(meters), counted.table
    columns.usage.check(table.role)
    level = f"grouping({', '.join([DAY, *map(_dimension, columns.usage.dimensions)])})"
    order = ("moment", *(f"key_{number}" for number, _ in enumerate(table.records.key)))
    outputs = [TENANT, f"{level} AS {LEVEL}", DAY, *map(_dimension, columns.usage.dimensions)]
    for number, meter in enumerate(meters.values()):
        value, shown_at = f"value_{number}", columns.levels_of(meter)
        aggregates = {
            quantity_name(meter.name): measures.quantity(meter, value, table, order),
            events_name(meter.name): measures.events(value),
        }
        for name, aggregate in aggregates.items():
            shown = aggregate
            if set(columns.levels) > shown_at:
                shown = f"CASE WHEN {level} IN ({', '.join(map(str, sorted(shown_at)))}) THEN {aggregate} END"
            outputs.append(f"{shown} AS {identifier(name)}")
    sets = ", ".join(f"({', '.join([TENANT, *grouped])})" for grouped in columns.levels.values())
    return (
        f"SELECT\n  {_ITEMS.join(outputs)}\nFROM (\n{_rows(columns, counted)}) AS counted\n"
        f"GROUP BY GROUPING SETS ({sets})\nORDER BY 1, 2 DESC, 3"
    )


def read_daily(
    meters: Mapping[str, Meter], header: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterator[TenantDays]:
    """Yield what each tenant used, in the order of the answer; one tenant's largest groups are held at a time.

    Args:
        meters: those of the query, in the same order.
        header: first line of the answer's CSV.
        rows: its further lines; an empty text is null.

    Raises:
        ResultError: the answer is not one of a query for these meters, or is damaged; nothing is ever guessed.
    """
    columns = DailyColumns(meters)
    check_header(header, columns.names())
    reader = _Reader(columns)
    for tenant_id, of_tenant in by_tenant(header, rows):
        yield reader.tenant(tenant_id, of_tenant)


class _Reader:
    """Makes usage by day of the rows of one tenant."""

    def __init__(self, columns: DailyColumns) -> None:
        self._columns = columns
        at = {name: position for position, name in enumerate(columns.names())}
        self._at: dict[int, list[Measure]] = {level: [] for level in columns.levels}
        for meter in columns.meters.values():
            measure = Measure.of(meter, at)
            for level in columns.levels_of(meter):
                self._at[level].append(measure)

    def tenant(self, tenant_id: str, rows: Iterable[Row]) -> TenantDays:
        months: dict[str, Month] = {}
        whole, before = self._columns.usage.whole_level | self._columns.all_days, max(self._at)
        for row in rows:
            level = read_count(row[1], LEVEL)
            if level not in self._at or level > before:
                rule = "must be one of its query's, in descending order"
                raise ResultError(f"level of tenant {tenant_id!r} {rule}, got {level}")
            before = level
            day = _day(row[2], is_whole=bool(level & self._columns.all_days))
            for measure in self._at[level]:
                quantity = measure.read(row)
                if not quantity.events:
                    continue  # none of these rows counts for this meter
                month = months.setdefault(measure.name, Month(f"{measure.name} of tenant {tenant_id!r}"))
                dimensions = None if level | self._columns.all_days == whole else measure.dimensions_of(row)
                if day is None:
                    month.add(dimensions, quantity)
                else:
                    month.add_day(dimensions, day, quantity)
        return TenantDays(tenant_id, {name: month.measured() for name, month in months.items()})


def _day(text: str, *, is_whole: bool) -> date | None:
    if is_whole and not text:
        return None
    try:
        if not is_whole:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ResultError(f"column {DAY} must hold {'nothing' if is_whole else 'a day'} at this level, got {text!r}")


def _rows(columns: DailyColumns, counted: Counted) -> str:
    """Return one row for each record, with its day, what is grouped by and what is aggregated."""
    table, records = counted.table, counted.table.records
    values = (f"{measures.row_value(meter, records)} AS value_{n}" for n, meter in enumerate(columns.meters.values()))
    selected = [
        f"{identifier(records.tenant)} AS {TENANT}",
        f"date({identifier(records.time)}) AS {DAY}",
        f"{identifier(records.time)} AS moment",
        *(f"{identifier(column)} AS key_{number}" for number, column in enumerate(records.key)),
        *(f"{fields.as_dimension(column, table)} AS {_dimension(column)}" for column in columns.usage.dimensions),
        *values,
    ]
    read = columns_read(columns.meters, counted.table)
    return f"SELECT\n  {_ITEMS.join(selected)}\nFROM (\n{counted.sql(read)}) AS records\n"


def _dimension(column: str) -> str:
    return identifier(dimension_name(column))
