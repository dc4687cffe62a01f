"""What a usage query answered, read row by row: memory holds one tenant at a time, however many there are."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from rating.bill import NOTHING, Group, Quantity, SegmentUsage
from rating.catalog.meters import Meter
from rating.exact import to_text
from usage.columns import (
    DAY_PREFIX,
    LEVEL,
    SEGMENT,
    TENANT,
    UsageColumns,
    dimension_name,
    events_name,
    part_names,
    quantity_name,
)
from usage.evidence import Evidence, digest_from_sums
from usage.failure import ResultError

_COUNT = re.compile(r"0|[1-9][0-9]*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DAY = re.compile(DAY_PREFIX + r"([0-9]{4}-[0-9]{2}-[0-9]{2})")

Row = Mapping[str, str]
"""Column -> text; empty for null."""


@dataclass(frozen=True)
class TenantUsage:
    """What one tenant used, by index of the segment."""

    tenant_id: str
    segments: Mapping[int, SegmentUsage]
    """Only segments with rows."""
    evidence: Mapping[int, Evidence]
    """Of the same segments."""


@dataclass(frozen=True)
class LateTenant:
    """A tenant with rows that came after their period was billed."""

    tenant_id: str
    rows: int


def read_usage(
    meters: Mapping[str, Meter], header: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterator[TenantUsage]:
    """Yield what each tenant used, in the order of the answer.

    Args:
        meters: those of the query, in the same order.
        header: first line of the answer's CSV.
        rows: its further lines; an empty text is null.

    Raises:
        ResultError: the answer is not one of a query for these meters, or is damaged; nothing is ever guessed.
    """
    days = [date.fromisoformat(found[1]) for name in header if (found := _DAY.fullmatch(name))]
    columns = UsageColumns(meters)
    reader = _Reader(columns, days)
    _check_header(header, columns.names(days))
    before: str | None = None
    for tenant_id, of_tenant in groupby(_read_rows(header, rows), key=lambda row: row[TENANT]):
        if not tenant_id or (before is not None and tenant_id <= before):
            raise ResultError(f"rows must be ordered by tenant, got {tenant_id!r} after {before!r}")
        before = tenant_id
        yield reader.tenant(tenant_id, of_tenant)


def read_late_tenants(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[LateTenant]:
    """Yield what `late_tenants_query` found, in the order of the answer.

    Raises:
        ResultError: the answer is not one of that query, or is damaged.
    """
    _check_header(header, [TENANT, "rows"])
    for row in _read_rows(header, rows):
        yield LateTenant(row[TENANT], _count(row, "rows"))


def _check_header(header: Sequence[str], expected: Sequence[str]) -> None:
    if list(header) != list(expected):
        raise ResultError(f"columns must be {', '.join(expected)}, got {', '.join(header)}")


def _read_rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ResultError(f"row {number} must have {len(header)} values, got {len(row)}")
        yield dict(zip(header, row, strict=True))


@dataclass(frozen=True)
class _Reader:
    """Makes usage of the rows of one tenant."""

    columns: UsageColumns
    days: Sequence[date]

    def tenant(self, tenant_id: str, rows: Iterable[Row]) -> TenantUsage:
        whole: dict[int, Row] = {}
        groups: dict[int, dict[str, list[Group]]] = {}
        for row in rows:
            segment, level = _count(row, SEGMENT), _count(row, LEVEL)
            if level not in self.columns.levels:
                raise ResultError(f"level of tenant {tenant_id!r} must be one of its query's, got {level}")
            if level == self.columns.whole_level:
                if segment in whole:
                    raise ResultError(f"segment {segment} of tenant {tenant_id!r} must be there once, got it again")
                whole[segment] = row
            self._add_groups(groups.setdefault(segment, {}), row, level)
        if groups.keys() != whole.keys():
            raise ResultError(f"tenant {tenant_id!r} must have a row of each of the segments {sorted(groups)}")
        evidence = {segment: self._evidence(row) for segment, row in sorted(whole.items())}
        segments = {
            segment: self._segment(whole[segment], found.rows, groups[segment]) for segment, found in evidence.items()
        }
        return TenantUsage(tenant_id, segments, evidence)

    def _add_groups(self, groups: dict[str, list[Group]], row: Row, level: int) -> None:
        for meter in self.columns.meters.values():
            if meter.group_by and self.columns.level(meter) == level:
                quantity = _quantity(row, meter)
                values = tuple((column, row[dimension_name(column)] or None) for column in meter.group_by)
                if quantity.events:  # else none of the group's rows counts for this meter
                    groups.setdefault(meter.name, []).append(Group(values, quantity))

    def _segment(self, row: Row, rows: int, groups: Mapping[str, list[Group]]) -> SegmentUsage:
        quantities = {meter.name: _quantity(row, meter) for meter in self.columns.meters.values()}
        detailed = {
            meter.name: tuple(sorted(groups.get(meter.name, ()), key=_in_order))
            for meter in self.columns.meters.values()
            if meter.group_by
        }
        return SegmentUsage(rows, quantities, detailed)

    def _evidence(self, row: Row) -> Evidence:
        counts = {day: _count(row, f"{DAY_PREFIX}{day.isoformat()}") for day in self.days}
        digest = digest_from_sums([_count(row, name) for name in part_names()])
        return Evidence({day: rows for day, rows in counts.items() if rows}, digest)


def _in_order(group: Group) -> list[tuple[bool, str]]:
    return [(value is not None, value or "") for _, value in group.dimensions]


def _quantity(row: Row, meter: Meter) -> Quantity:
    events, name = _count(row, events_name(meter.name)), quantity_name(meter.name)
    if not row[name] and not events:
        return NOTHING
    if not _NUMBER.fullmatch(row[name]):
        raise ResultError(f"column {name} must hold a number of {events} rows, got {row[name]!r}")
    return Quantity(Decimal(to_text(Decimal(row[name]))), events)


def _count(row: Row, name: str) -> int:
    if not _COUNT.fullmatch(row[name]):
        raise ResultError(f"column {name} must hold a count, got {row[name]!r}")
    return int(row[name])
