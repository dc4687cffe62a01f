"""Usage by Athena, over all tables that a catalog's meters read."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

from billing.lake import Answer, Lake
from rating.bill import NOTHING, Group, SegmentUsage
from rating.catalog import Catalog, Meter
from rating.period import Period
from rating.terms import Segment
from usage.counted import Counted
from usage.evidence import Evidence
from usage.failure import ResultError
from usage.queries import late_tenants_query, period_query, voided_tenants_query
from usage.results import TenantUsage, read_late_tenants, read_usage
from usage.spans import Span, span_queries
from usage.sql import TableName


class Measured(NamedTuple):
    """What one tenant used."""

    tenant_id: str
    usage: TenantUsage | None
    """None if it has no rows."""
    query_ids: tuple[str, ...]
    """Of the queries that said so."""


class LakeError(RuntimeError):
    """A catalog asks for a table that the lake does not have."""


def period_usage(
    lake: Lake, catalog: Catalog, table: TableName, period: Period, cutoff: datetime
) -> Iterator[tuple[TenantUsage, str]]:
    """Ask what tenants used in a whole period by one table; yield it in order, each with its query's id."""
    meters = _meters(catalog, table)
    counted = Counted(table, period, cutoff, catalog.duplicate_window_days)
    return _period_usage(meters, lake.ask(period_query(meters, counted)))


def span_usages(lake: Lake, catalog: Catalog, spans: Sequence[Span], cutoff: datetime) -> Iterator[Measured]:
    """Yield what each tenant of spans used in them, in order; the usage of one tenant is held at a time.

    Args:
        lake: which is asked.
        catalog: whose meters are measured.
        spans: all of one period, ordered by tenant.
        cutoff: rows that were ingested at this moment or later do not count.
    """
    streams = [_span_usages(lake, catalog, table, spans, cutoff) for table in tables_of(lake, catalog)]
    for tenant_id, parts in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        every = [(usage, query_id) for _, usage, query_id in parts]
        used = joined(catalog, [usage for usage, _ in every if usage is not None])
        yield Measured(tenant_id, used, tuple(query_id for _, query_id in every))


def late_tenants(
    lake: Lake, catalog: Catalog, period: Period, billed_before: datetime, cutoff: datetime
) -> list[Iterator[str]]:
    """Ask which tenants have rows or tombstones of a period that came after it was billed; return them per table.

    The catalog's window tells duplicates from rows that are late. What a tenant's late rows come to is counted by the
    catalog of its bill.
    """
    every = [Counted(table, period, cutoff, catalog.duplicate_window_days) for table in lake.tables()]
    return [_late_tenants(lake.ask(late_tenants_query(counted, billed_before))) for counted in every]


def voided_tenants(lake: Lake, catalog: Catalog, period: Period, cutoff: datetime) -> Iterator[tuple[str, str]]:
    """Ask which tenants have tombstones of a period; yield them in order, each with the query's id.

    Such a tenant may have nothing left of what was there before: no row tells of it, only the tombstones do.
    """
    tables = tables_of(lake, catalog)[:1]  # they share the table of tombstones
    return chain.from_iterable([_voided(lake.ask(voided_tenants_query(table, period, cutoff))) for table in tables])


def joined(catalog: Catalog, usages: Iterable[TenantUsage]) -> TenantUsage | None:
    """Return what a tenant used by all tables together; None if by none.

    A meter whose table has no rows in a segment, where another has, measured nothing in it.
    """
    every = list(usages)
    if not every:
        return None
    segments, evidence = {}, {}
    for index in sorted({index for usage in every for index in usage.segments}):
        parts = [usage.segments[index] for usage in every if index in usage.segments]
        quantities = dict.fromkeys(catalog.meters, NOTHING)
        groups: dict[str, tuple[Group, ...]] = {name: () for name, meter in catalog.meters.items() if meter.group_by}
        omitted: dict[str, int] = {}
        for part in parts:
            quantities.update(part.quantities)
            groups.update(part.groups)
            omitted.update(part.groups_omitted)
        segments[index] = SegmentUsage(sum(part.rows for part in parts), quantities, groups, omitted)
        evidence[index] = Evidence.total(usage.evidence[index] for usage in every if index in usage.evidence)
    return TenantUsage(every[0].tenant_id, segments, evidence)


def spans_of(tenant_id: str, segments: Iterable[Segment]) -> list[Span]:
    """Return the parts of a period that a tenant's usage is asked for."""
    return [Span(tenant_id, segment.index, segment.start, segment.end) for segment in segments]


def tables_of(lake: Lake, catalog: Catalog) -> list[TableName]:
    """Return the tables that the meters of a catalog read.

    Raises:
        LakeError: a meter reads one that the lake does not have; to count nothing for it would be a wrong bill.
    """
    tables = lake.tables()
    roles = {table.role for table in tables}
    for meter in catalog.meters.values():
        if meter.table not in roles:
            raise LakeError(f"meter {meter.name} must read one of {', '.join(sorted(roles))}, reads {meter.table}")
    return [table for table in tables if _meters(catalog, table)]


def _period_usage(meters: Mapping[str, Meter], answered: Callable[[], Answer]) -> Iterator[tuple[TenantUsage, str]]:
    answer = answered()
    for usage in read_usage(meters, answer.header, answer.rows):
        yield usage, answer.query_id


def _span_usages(
    lake: Lake, catalog: Catalog, table: TableName, spans: Sequence[Span], cutoff: datetime
) -> Iterator[tuple[str, TenantUsage | None, str]]:
    """Yield what each tenant of spans used by one table, None if nothing, in order, with its query's id."""
    meters = _meters(catalog, table)
    for sql, asked in span_queries(meters, spans, cutoff, table, catalog.duplicate_window_days):
        answer = lake.query(sql)
        used = read_usage(meters, answer.header, answer.rows)
        following = next(used, None)
        for tenant_id in dict.fromkeys(span.tenant_id for span in asked):
            found = following if following and following.tenant_id == tenant_id else None
            yield tenant_id, found, answer.query_id
            following = next(used, None) if found else following
        if following:
            raise ResultError(f"rows must be of the tenants that were asked for, got {following.tenant_id!r}")


def _voided(answered: Callable[[], Answer]) -> Iterator[tuple[str, str]]:
    answer = answered()
    for tenant in read_late_tenants(answer.header, answer.rows):
        yield tenant.tenant_id, answer.query_id


def _late_tenants(answered: Callable[[], Answer]) -> Iterator[str]:
    answer = answered()
    for late in read_late_tenants(answer.header, answer.rows):
        yield late.tenant_id


def _meters(catalog: Catalog, table: TableName) -> dict[str, Meter]:
    return {name: meter for name, meter in catalog.meters.items() if meter.table == table.role}
