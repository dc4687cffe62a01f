"""What a usage query answered, read row by row: memory holds one tenant at a time, and its largest groups."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rating.bill import Group, SegmentUsage
from rating.catalog.meters import Meter
from rating.period import Period
from usage.answers import Measure, Row, by_tenant, check_header, checked, read_count
from usage.columns import DAYS_PREFIX, DIFFERING, LATE_COLUMNS, LEVEL, ROWS, SEGMENT, UsageColumns
from usage.evidence import PARTS, Evidence, digest_from_sums
from usage.failure import ResultError
from usage.largest import Largest, in_order

_COUNTS = re.compile(r"[0-9]+( [0-9]+)*")
_SEGMENT, _LEVEL, _DAYS, _KEY_SUMS, _DIFFERING = 1, 2, -3, -2, -1
"""Positions in a row."""


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
    columns = UsageColumns(meters)
    period = _period(header)
    check_header(header, columns.names(period))
    reader = _Reader.of(columns, period)
    for tenant_id, of_tenant in by_tenant(header, rows):
        yield reader.tenant(tenant_id, of_tenant)


def read_late_tenants(header: Row, rows: Iterable[Row]) -> Iterator[LateTenant]:
    """Yield what `late_tenants_query` found, in the order of the answer.

    Raises:
        ResultError: the answer is not one of that query, or is damaged.
    """
    check_header(header, LATE_COLUMNS)
    for tenant_id, late in checked(header, rows):
        yield LateTenant(tenant_id, read_count(late, ROWS))


def _period(header: Row) -> Period:
    named = [name for name in header if name.startswith(DAYS_PREFIX)]
    if len(named) != 1:
        raise ResultError(f"columns must be one {DAYS_PREFIX}<period> and others, got {', '.join(header)}")
    try:
        return Period.parse(named[0].removeprefix(DAYS_PREFIX))
    except ValueError as error:
        raise ResultError(f"column {named[0]}: {error}") from error


@dataclass(frozen=True)
class _Reader:
    """Makes usage of the rows of one tenant."""

    whole: int
    """The level of a row with all rows of a segment."""
    measures: tuple[Measure, ...]
    grouped: Mapping[int, Sequence[Measure]]
    """Level -> the meters whose groups its rows are."""
    days: tuple[date, ...]
    """Of the period."""

    @classmethod
    def of(cls, columns: UsageColumns, period: Period) -> "_Reader":
        at = {name: position for position, name in enumerate(columns.names(period))}
        measures: list[Measure] = []
        grouped: dict[int, list[Measure]] = {level: [] for level in columns.levels}
        for meter in columns.meters.values():
            measure = Measure.of(meter, at)
            measures.append(measure)
            if measure.dimensions:
                grouped[columns.level(meter)].append(measure)
        return cls(columns.whole_level, tuple(measures), grouped, tuple(period.each_day()))

    def tenant(self, tenant_id: str, rows: Iterable[Row]) -> TenantUsage:
        whole: dict[int, Row] = {}
        groups: dict[int, dict[str, Largest]] = {}
        for row in rows:
            segment, level = read_count(row[_SEGMENT], SEGMENT), read_count(row[_LEVEL], LEVEL)
            if level not in self.grouped:
                raise ResultError(f"level of tenant {tenant_id!r} must be one of its query's, got {level}")
            of_segment = groups.setdefault(segment, {})
            if level == self.whole:
                if segment in whole:
                    raise ResultError(f"segment {segment} of tenant {tenant_id!r} must be there once, got it again")
                whole[segment] = row
            for measure in self.grouped[level]:
                quantity = measure.read(row)
                if quantity.events:  # else none of the group's rows counts for this meter
                    of_segment.setdefault(measure.name, Largest()).add(measure.dimensions_of(row), quantity)
        if groups.keys() != whole.keys():
            raise ResultError(f"tenant {tenant_id!r} must have a whole row of each of the segments {sorted(groups)}")
        evidence = {segment: self._evidence(row) for segment, row in sorted(whole.items())}
        segments = {
            segment: self._segment(whole[segment], found.rows, groups[segment]) for segment, found in evidence.items()
        }
        return TenantUsage(tenant_id, segments, evidence)

    def _segment(self, row: Row, rows: int, groups: Mapping[str, Largest]) -> SegmentUsage:
        quantities = {measure.name: measure.read(row) for measure in self.measures}
        kept = {measure.name: groups.get(measure.name, Largest()) for measure in self.measures if measure.dimensions}
        return SegmentUsage(
            rows,
            quantities,
            {meter: _sorted(largest) for meter, largest in kept.items()},
            {meter: largest.omitted for meter, largest in kept.items() if largest.omitted},
        )

    def _evidence(self, row: Row) -> Evidence:
        counts = _figures(row[_DAYS], len(self.days))
        per_day = {day: rows for day, rows in zip(self.days, counts, strict=True) if rows}
        digest = digest_from_sums(_figures(row[_KEY_SUMS], len(PARTS)))
        return Evidence(per_day, digest, read_count(row[_DIFFERING], DIFFERING))


def _sorted(largest: Largest) -> tuple[Group, ...]:
    groups = largest.kept()
    return tuple(Group(dimensions, groups[dimensions]) for dimensions in sorted(groups, key=in_order))


def _figures(text: str, number: int) -> list[int]:
    if not _COUNTS.fullmatch(text) or text.count(" ") != number - 1:
        raise ResultError(f"evidence must be {number} counts with blanks between them, got {text!r}")
    return [int(figure) for figure in text.split(" ")]
