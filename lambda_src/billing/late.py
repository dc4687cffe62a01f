"""Usage that came, or was made void, after its period was settled: all that is known now, under the frozen terms."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter

from billing.chunks import in_chunks
from billing.inputs import LateUsage, Run, is_fit_for_keys
from billing.measuring import late_tenants, span_usages, spans_of
from billing.moments import parse_moment
from billing.parts import Parts
from billing.records import PeriodRecord
from rating.account import parse_account
from rating.failure import TermsError
from rating.form import FormError
from rating.period import Period
from rating.terms import Segment, parse_segments, segments_of
from usage.results import TenantUsage

TENANTS_PER_QUERY = 2000
"""How many late tenants are held at a time, and asked for by one query or a few."""


def late_periods(records: Sequence[PeriodRecord], period: Period, months: int) -> list[PeriodRecord]:
    """Return the periods whose late usage a run of `period` looks for: those with a final run, so many months back.

    A draft run looks only if no earlier period is still to have its first final run: the adjustments would stand there.
    """
    first = period
    for _ in range(months):
        first = first.previous
    return [record for record in records if first <= record.period < period and record.cutoff is not None]


def is_first_unbilled(records: Sequence[PeriodRecord], period: Period) -> bool:
    """Tell whether every earlier period had its first final run."""
    return all(record.cutoff is not None for record in records if record.period < period)


def late_usages(
    parts: Parts, record: PeriodRecord, run: Run, only: Collection[str] | None
) -> Iterator[tuple[str, LateUsage | str]]:
    """Ask for the tenants of a period with late usage, and yield them in order; or else why one has no terms.

    Args:
        parts: the adapters.
        record: a period that had a final run.
        run: for whose bills the usage is wanted.
        only: just these tenants; None for all.
    """
    billed_before = parse_moment(record.cutoff)
    catalog = parts.catalogs.get(run.catalog)
    streams = late_tenants(parts.lake, catalog, record.period, billed_before, run.cutoff)
    merged = (tenant_id for tenant_id, _ in groupby(heapq.merge(*streams)))
    wanted = (tenant_id for tenant_id in merged if (only is None or tenant_id in only) and is_fit_for_keys(tenant_id))
    chunks = in_chunks(wanted, TENANTS_PER_QUERY)
    return chain.from_iterable(_usages(parts, record, run, tenants) for tenants in chunks)


@dataclass(frozen=True)
class _Terms:
    catalog: str
    segments: tuple[Segment, ...]
    number: str | None
    is_billed: bool


def _usages(
    parts: Parts, record: PeriodRecord, run: Run, tenants: Sequence[str]
) -> Iterator[tuple[str, LateUsage | str]]:
    terms, faults = _terms(parts, record, run, tenants)
    streams: list[Iterable[tuple[str, LateUsage | str]]] = [faults.items()]
    for digest in sorted({one.catalog for one in terms.values()}):
        alike = {tenant_id: one for tenant_id, one in terms.items() if one.catalog == digest and one.segments}
        streams.append(_measured(parts, record, run, alike, digest))
    return heapq.merge(*streams, key=itemgetter(0))


def _measured(
    parts: Parts, record: PeriodRecord, run: Run, terms: Mapping[str, _Terms], digest: str
) -> Iterator[tuple[str, LateUsage]]:
    """Yield what tenants whose terms are of one catalog used in their segments, in order."""
    spans = [span for tenant_id, one in terms.items() for span in spans_of(tenant_id, one.segments)]
    for tenant_id, usage, query_ids in span_usages(parts.lake, parts.catalogs.get(digest), spans, run.cutoff):
        own = terms[tenant_id]
        if usage is not None or own.is_billed:  # without usage, all was made void since: what is billed is taken back
            known = usage or TenantUsage(tenant_id, {}, {})
            late = LateUsage(record.period, digest, own.segments, own.number, own.is_billed, known, query_ids)
            yield tenant_id, late


def _terms(
    parts: Parts, record: PeriodRecord, run: Run, tenants: Sequence[str]
) -> tuple[dict[str, _Terms], dict[str, str]]:
    """Return the terms of the tenants whose period is settled, in order, and the faults of those that have none.

    A tenant without a bill was not there when the period was closed, nor was one with a mere draft: of rows that came
    after the final run's cutoff, and before its time. Until then, its own bill is still to come. A bill that is void,
    or is to be made anew, is not adjusted.
    """
    heads = parts.store.heads(tenants, record.period)
    terms: dict[str, _Terms] = {}
    faults: dict[str, str] = {}
    for tenant_id in tenants:
        head = heads.get(tenant_id)
        if head and head.is_settled:
            terms[tenant_id] = _Terms(head.catalog, parse_segments(head.segments), head.number, True)
        elif record.state == "closed" and (head is None or (head.state, head.revision) == ("draft", 1)):
            try:
                terms[tenant_id] = _Terms(run.catalog, _todays(parts, record.period, run, tenant_id), None, False)
            except (FormError, TermsError) as error:
                faults[tenant_id] = f"account, for late usage of {record.period}: {error}"
    return terms, faults


def _todays(parts: Parts, period: Period, run: Run, tenant_id: str) -> tuple[Segment, ...]:
    item = parts.store.account(tenant_id)
    subscriptions = parse_account(tenant_id, item.account).subscriptions if item else ()
    return segments_of(parts.catalogs.get(run.catalog), subscriptions, period)
