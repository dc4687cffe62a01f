"""Usage of parts of a period, for tenants whose plan changes in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby, pairwise

from rating.catalog.meters import Meter
from rating.period import Period
from usage import sql
from usage.counted import Counted
from usage.failure import QueryTextError
from usage.queries import columns_read, usage_query
from usage.sql import TableName, identifier

LONGEST_QUERY = 262_144
"""Bytes of UTF-8 that Athena takes as a query."""

_Pattern = tuple[tuple[int, date, date], ...]
"""The spans of a tenant without the tenant; many tenants share one when a plan has a new version."""


@dataclass(frozen=True)
class Span:
    """Some days of a period whose usage one tenant pays under one version of one plan."""

    tenant_id: str
    index: int
    """The segment's index."""
    start: date
    end: date
    """The day after the last."""


def span_queries(
    meters: Mapping[str, Meter], spans: Iterable[Span], cutoff: datetime, table: TableName, window_days: int
) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """Yield queries for what tenants used in their spans, each with the spans that it answers.

    Each is below `LONGEST_QUERY`; the spans of one tenant stay in one query. Only one query's spans are held at a time.

    Args:
        meters: by name, all of the table.
        spans: all of one period, ordered by tenant; those of a tenant do not overlap.
        cutoff: rows that were ingested at this moment or later do not count.
        table: to read.
        window_days: as of `Counted`.

    Raises:
        QueryTextError: a meter is of another table, the cutoff has no time zone, or the spans are not as they must be.
    """
    counted: Counted | None = None
    chunk, frame, before = _Chunk(), "", None
    for tenant_id, of_tenant in groupby(spans, key=lambda span: span.tenant_id):
        own = tuple(of_tenant)
        if before is not None and tenant_id <= before:
            raise QueryTextError(f"spans must be ordered by tenant, got {tenant_id!r} after {before!r}")
        before = tenant_id
        if counted is None:
            counted = Counted(table, Period(own[0].start.year, own[0].start.month), cutoff, window_days)
            frame = _query(meters, counted, _Chunk())
        _check(own, counted.period)
        limit = LONGEST_QUERY - len(frame.encode())
        if chunk.size_with(own) >= limit and chunk.spans:
            yield _query(meters, counted, chunk), tuple(chunk.spans)
            chunk = _Chunk()
        if chunk.size_with(own) >= limit:
            raise QueryTextError(f"tenant {tenant_id[:40]!r} must fit into a query of {LONGEST_QUERY} bytes")
        chunk.add(own)
    if counted is not None:
        yield _query(meters, counted, chunk), tuple(chunk.spans)


@dataclass
class _Chunk:
    """The spans of one query, and the rows of SQL that say them."""

    spans: list[Span] = field(default_factory=list)
    tenants: list[str] = field(default_factory=list)
    patterns: dict[_Pattern, int] = field(default_factory=dict)
    size: int = 0

    def size_with(self, own: tuple[Span, ...]) -> int:
        """Return the bytes of all rows after a tenant's spans are added."""
        pattern = _pattern(own)
        new = [] if pattern in self.patterns else _pattern_rows(pattern, len(self.patterns))
        number = self.patterns.get(pattern, len(self.patterns))
        rows = [_tenant_row(own[0].tenant_id, number), *new]
        return self.size + sum(len(row.encode()) + len(_SEPARATOR) for row in rows)

    def add(self, own: tuple[Span, ...]) -> None:
        self.size = self.size_with(own)
        number = self.patterns.setdefault(_pattern(own), len(self.patterns))
        self.tenants.append(_tenant_row(own[0].tenant_id, number))
        self.spans += own


_SEPARATOR = ",\n"


def _pattern(own: tuple[Span, ...]) -> _Pattern:
    return tuple((span.index, span.start, span.end) for span in own)


def _pattern_rows(pattern: _Pattern, number: int) -> list[str]:
    return [f"({number}, {index}, {sql.day(start)}, {sql.day(end)})" for index, start, end in pattern]


def _tenant_row(tenant_id: str, number: int) -> str:
    return f"({sql.text(tenant_id)}, {number})"


def _check(own: tuple[Span, ...], period: Period) -> None:
    for span in own:
        if not period.first_day <= span.start < span.end <= period.end_day:
            raise QueryTextError(
                f"span of tenant {span.tenant_id!r} must have days of {period}, got {span.start} to {span.end}"
            )
    for span, following in pairwise(own):
        if following.start < span.end or following.index <= span.index:
            raise QueryTextError(
                f"spans of tenant {span.tenant_id!r} must follow one another, got {following.index} from "
                f"{following.start} after {span.index} until {span.end}"
            )


def _query(meters: Mapping[str, Meter], counted: Counted, chunk: _Chunk) -> str:
    records = counted.table.records
    patterns = [row for pattern, number in chunk.patterns.items() for row in _pattern_rows(pattern, number)]
    tenants = (
        f"JOIN (VALUES\n{_SEPARATOR.join(chunk.tenants)}\n) AS tenants (tenant, pattern)\n"
        f"  ON tenants.tenant = records.{identifier(records.tenant)}\n"
    )
    own = counted.sql(columns_read(meters, counted.table), tenants=tenants, carried=["pattern"])
    day = f"date(records.{identifier(records.time)})"
    source = (
        f"FROM (\n{own}) AS records\n"
        f"JOIN (VALUES\n{_SEPARATOR.join(patterns)}\n) AS spans (pattern, segment, first_day, end_day)\n"
        f"  ON spans.pattern = records.pattern AND {day} >= spans.first_day AND {day} < spans.end_day\n"
    )
    return usage_query(meters, counted, source, segment="spans.segment")
