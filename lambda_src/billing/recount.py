"""Months of tenants measured and rated once more, as of any cutoff and by any catalog: what verification rests on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from billing.catalogs import Catalogs
from billing.lake import Lake
from billing.measuring import span_usages
from billing.moments import parse_moment
from rating.bill import Bill, rate_bill
from rating.catalog import Catalog
from rating.period import Period
from rating.terms import Segment
from usage.evidence import Evidence
from usage.results import TenantUsage
from usage.spans import Span


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
        """Measure and rate months by their terms; those of one period, cutoff and catalog are asked for together.

        Args:
            months: with the segments that count in each, in order.

        Raises:
            QueryError: Athena does not answer.
        """
        found: dict[Month, Recount] = {}
        by_query = groupby(sorted(months), key=lambda month: (month.period, month.cutoff, month.catalog))
        for (period, cutoff, digest), group in by_query:
            catalog = self._catalogs.get(digest)
            asked = {month.tenant_id: month for month in group}
            spans = {tenant: spans_of(tenant, catalog, months[month], period) for tenant, month in asked.items()}
            every = [span for _, own in spans.values() for span in own]
            measured = span_usages(self._lake, catalog, every, parse_moment(cutoff, "cutoff"))
            used = {one.tenant_id: one.usage for one in measured}
            for tenant, month in asked.items():
                found[month] = _rated(catalog, period, months[month], spans[tenant][0], used.get(tenant))
        return found


def spans_of(
    tenant_id: str, catalog: Catalog, segments: Iterable[Segment], period: Period
) -> tuple[tuple[int | None, ...], tuple[Span, ...]]:
    """Return spans of a period, and beside them the index of each one's segment.

    The index is None for days outside of all segments on which the default plan holds: had there been rows, a segment
    would be there. They are counted, too, so that rows which turn up do not go unseen.

    Args:
        tenant_id: whose spans.
        catalog: has the default plan.
        segments: that count in the period.
        period: whose days.
    """
    default = catalog.plans[catalog.default_plan].versions[0].effective_from if catalog.default_plan else period.end_day
    parts = list(_parts(sorted(segments, key=lambda segment: segment.start), period, max(default, period.first_day)))
    spans = tuple(Span(tenant_id, place, start, end) for place, (_, start, end) in enumerate(parts))
    return tuple(index for index, _, _ in parts), spans


def _parts(segments: Sequence[Segment], period: Period, day: date) -> Iterator[tuple[int | None, date, date]]:
    """Yield segments and what lies between them, from a first day on."""
    for segment in segments:
        if day < segment.start:
            yield None, day, segment.start
        yield segment.index, segment.start, segment.end
        day = max(day, segment.end)
    if day < period.end_day:
        yield None, day, period.end_day


def _rated(
    catalog: Catalog,
    period: Period,
    segments: Sequence[Segment],
    indices: Sequence[int | None],
    usage: TenantUsage | None,
) -> Recount:
    by_place = {} if usage is None else usage.segments
    by_segment = {
        index: by_place[place] for place, index in enumerate(indices) if index is not None and place in by_place
    }
    bill = rate_bill(catalog, period, segments, by_segment) if segments else None
    return Recount(bill, Evidence.total(() if usage is None else usage.evidence.values()))
