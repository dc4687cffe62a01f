"""Months of tenants measured and rated once more, as of any cutoff and by any catalog: what verification rests on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from billing.catalogs import Catalogs
from billing.lake import Lake
from billing.moments import parse_moment
from rating.bill import Bill, SegmentUsage, rate_bill
from rating.catalog import Catalog
from rating.period import Period
from rating.terms import Segment
from usage.evidence import Evidence
from usage.results import TenantUsage, read_usage
from usage.spans import Span, span_queries


@dataclass(frozen=True, order=True)
class Month:
    """A tenant's month, as of a cutoff and by a catalog."""

    period: Period
    cutoff: str
    """Rows before it are counted; as of `billing.moments`."""
    catalog: str
    """Digest."""
    tenant_id: str


@dataclass(frozen=True)
class Recount:
    """What a month is, counted again."""

    bill: Bill | None
    """None if there are no terms."""
    evidence: Evidence


class Recounter:
    """Counts again.

    Args:
        lake: is asked for the rows.
        catalogs: have the catalogs.
    """

    def __init__(self, lake: Lake, catalogs: Catalogs) -> None:
        self._lake, self._catalogs = lake, catalogs

    def recount(self, months: Mapping[Month, Sequence[Segment]]) -> dict[Month, Recount]:
        """Measure and rate months by their terms.

        Months of one period, cutoff and catalog are asked for together. Rows on days without terms are counted, too:
        where a bill is right, there are none.

        Args:
            months: with the segments of each, in order.

        Raises:
            QueryError: Athena does not answer.
        """
        found: dict[Month, Recount] = {}
        for (period, cutoff, digest), group in groupby(
            sorted(months), key=lambda month: (month.period, month.cutoff, month.catalog)
        ):
            catalog = self._catalogs.get(digest)
            asked = {month.tenant_id: month for month in group}
            spans = {tenant: spans_of(tenant, months[month], period) for tenant, month in asked.items()}
            used = self._measure(catalog, [span for _, own in spans.values() for span in own], cutoff)
            for tenant, month in asked.items():
                indices, _ = spans[tenant]
                found[month] = _rated(catalog, period, months[month], indices, used.get(tenant, []))
        return found

    def _measure(self, catalog: Catalog, spans: Sequence[Span], cutoff: str) -> dict[str, list[TenantUsage]]:
        """Return what each tenant used in its spans, by tenant, once per table."""
        used: dict[str, list[TenantUsage]] = {}
        for table in self._lake.tables():
            meters = {name: meter for name, meter in catalog.meters.items() if meter.table == table.role}
            if not meters:
                continue
            for sql, _ in span_queries(meters, spans, parse_moment(cutoff, "cutoff"), table):
                answer = self._lake.query(sql)
                for usage in read_usage(meters, answer.header, answer.rows):
                    used.setdefault(usage.tenant_id, []).append(usage)
        return used


def spans_of(
    tenant_id: str, segments: Iterable[Segment], period: Period
) -> tuple[tuple[int | None, ...], tuple[Span, ...]]:
    """Return spans over all days of a period, and beside them the index of each one's segment.

    Args:
        tenant_id: whose spans.
        segments: of the period; the index is None for days in none of them.
        period: whose days.
    """
    parts = list(_parts(sorted(segments, key=lambda segment: segment.start), period))
    spans = tuple(Span(tenant_id, place, start, end) for place, (_, start, end) in enumerate(parts))
    return tuple(index for index, _, _ in parts), spans


def _parts(segments: Sequence[Segment], period: Period) -> Iterator[tuple[int | None, date, date]]:
    day = period.first_day
    for segment in segments:
        if day < segment.start:
            yield None, day, segment.start
        yield segment.index, segment.start, segment.end
        day = segment.end
    if day < period.end_day:
        yield None, day, period.end_day


def _rated(
    catalog: Catalog,
    period: Period,
    segments: Sequence[Segment],
    indices: Sequence[int | None],
    used: Sequence[TenantUsage],
) -> Recount:
    usage: dict[int, SegmentUsage] = {}
    for place, index in enumerate(indices):
        parts = [tables.segments[place] for tables in used if place in tables.segments]
        if index is not None and parts:
            usage[index] = _joined(parts)
    bill = rate_bill(catalog, period, segments, usage) if segments else None
    return Recount(bill, Evidence.total(one for tables in used for one in tables.evidence.values()))


def _joined(parts: Sequence[SegmentUsage]) -> SegmentUsage:
    """Return the usage of one segment over several tables, each of which has meters of its own."""
    quantities = {name: quantity for part in parts for name, quantity in part.quantities.items()}
    groups = {name: found for part in parts for name, found in part.groups.items()}
    return SegmentUsage(sum(part.rows for part in parts), quantities, groups)
