"""Which tenants a run has to rate: usage, subscriptions, late usage and tombstones, merged by tenant.

All are streams in the order of tenants; memory holds one page of each, and one chunk of tenants whose usage has
to be asked for in parts of the period.
"""

import heapq
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from billing.inputs import LONGEST_TENANT_ID, LateUsage, Run, TenantInput, is_fit_for_keys
from billing.late import late_usages
from billing.measuring import joined, period_usage, span_usages, spans_of, tables_of, voided_tenants
from billing.parts import Parts
from billing.records import PeriodRecord
from billing.store import AccountItem
from rating.account import Account, parse_account
from rating.catalog import Catalog
from rating.failure import TermsError
from rating.form import FormError
from rating.period import Period
from rating.terms import segments_of
from usage.results import TenantUsage

TENANTS_PER_QUERY = 2000
"""How many tenants whose plan changes are held at a time, and asked for by one query or a few."""
TENANTS_PER_LOOK = 100
"""How many tenants that have nothing to do with the period are held at a time, and looked up for drafts at once."""


@dataclass(frozen=True)
class Gathering:
    """The tenants of a run."""

    parts: Parts
    run: Run
    late_periods: Sequence[PeriodRecord]
    """Settled periods that are looked through for late usage."""
    only: Collection[str] | None = None
    """Just these tenants; None for all."""
    refuse: Callable[[str], None] = lambda _: None
    """Told of every tenant whose id is not fit for keys."""

    def tenants(self) -> Iterator[TenantInput]:
        """Yield the tenants that have anything to do with the period; not in order."""
        changed: list[TenantInput] = []
        idle: list[TenantInput] = []
        for tenant in map(self._with_terms, self._found()):
            if _is_idle(tenant):
                idle.append(tenant)
            elif _needs_spans(tenant, self.run.period):
                changed.append(replace(tenant, usage=None))  # what is held is asked for again
            else:
                yield tenant
            if len(changed) == TENANTS_PER_QUERY:
                yield from self._by_spans(changed)
                changed = []
            if len(idle) == TENANTS_PER_LOOK:
                yield from self._with_drafts(idle)
                idle = []
        if changed:
            yield from self._by_spans(changed)
        if idle:
            yield from self._with_drafts(idle)

    def _found(self) -> Iterator["_Found"]:
        """Yield all that the streams have of each tenant, in order; their queries run at once."""
        voided = voided_tenants(self.parts.lake, self._catalog, self.run.period, self.run.cutoff)
        streams: list[Iterator[tuple[str, Any]]] = [
            ((item.tenant_id, item) for item in self.parts.store.accounts()),
            *(
                ((usage.tenant_id, (usage, query_id)) for usage, query_id in usages)
                for usages in (
                    period_usage(self.parts.lake, self._catalog, table, self.run.period, self.run.cutoff)
                    for table in tables_of(self.parts.lake, self._catalog)
                )
            ),
            *(late_usages(self.parts, record, self.run, self.only) for record in self.late_periods),
            ((tenant_id, _Voided(query_id)) for tenant_id, query_id in voided),
        ]
        for tenant_id, group in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
            values = [value for _, value in group]
            if self.only is not None and tenant_id not in self.only:
                continue
            if not is_fit_for_keys(tenant_id):
                self.refuse(f"tenant id must have 1 to {LONGEST_TENANT_ID} bytes, got {tenant_id[:60]!r}")
                continue
            yield self._sorted_out(tenant_id, values)

    def _sorted_out(self, tenant_id: str, values: Sequence[Any]) -> "_Found":
        found = _Found(tenant_id)
        usages: list[TenantUsage] = []
        voided = ""
        for value in values:
            match value:
                case AccountItem():
                    found = replace(found, account=value.account)
                case LateUsage():
                    found = replace(found, late=(*found.late, value))
                case str():
                    found = replace(found, fault=value)
                case _Voided():
                    voided = value.query_id
                case (usage, query_id):
                    usages.append(usage)
                    found = replace(found, query_ids=(*found.query_ids, query_id))
        if voided and not found.query_ids:  # no row is left: this query alone says so
            found = replace(found, query_ids=(voided,))
        return replace(found, usage=joined(self._catalog, usages))

    def _with_terms(self, found: "_Found") -> TenantInput:
        tenant = TenantInput(
            found.tenant_id, found.account, (), found.usage, found.late, found.query_ids, fault=found.fault
        )
        try:
            segments = segments_of(self._catalog, _account(found).subscriptions, self.run.period)
        except (FormError, TermsError) as error:
            return replace(tenant, fault=f"account: {error}")
        return replace(tenant, segments=segments, usage=found.usage if segments else None)

    def _with_drafts(self, tenants: Sequence[TenantInput]) -> Iterator[TenantInput]:
        """Yield those whose bill is a draft: of a plan, or of a difference, that was taken back since."""
        heads = self.parts.store.heads([tenant.tenant_id for tenant in tenants], self.run.period)
        drafted = {tenant_id for tenant_id, head in heads.items() if head.state == "draft"}
        return (tenant for tenant in tenants if tenant.tenant_id in drafted)

    def _by_spans(self, tenants: Sequence[TenantInput]) -> Iterator[TenantInput]:
        spans = [span for tenant in tenants for span in spans_of(tenant.tenant_id, tenant.segments)]
        measured = span_usages(self.parts.lake, self._catalog, spans, self.run.cutoff)
        for tenant, found in zip(tenants, measured, strict=True):
            yield replace(tenant, usage=found.usage, query_ids=found.query_ids)

    @property
    def _catalog(self) -> Catalog:
        return self.parts.catalogs.get(self.run.catalog)


@dataclass(frozen=True)
class _Voided:
    """That a tenant has tombstones of the period."""

    query_id: str


@dataclass(frozen=True)
class _Found:
    tenant_id: str
    account: dict[str, Any] | None = None
    usage: TenantUsage | None = None
    late: tuple[LateUsage, ...] = ()
    query_ids: tuple[str, ...] = ()
    fault: str | None = None


def _account(found: _Found) -> Account:
    return Account(found.tenant_id) if found.account is None else parse_account(found.tenant_id, found.account)


def _is_idle(tenant: TenantInput) -> bool:
    """Tell whether a tenant has nothing to do with the period: no rows, no plan, nothing late, nothing wrong."""
    is_subscribed = any(not segment.on_default for segment in tenant.segments)
    return not (tenant.query_ids or tenant.late or tenant.fault or is_subscribed)


def _needs_spans(tenant: TenantInput, period: Period) -> bool:
    """Tell whether the usage of the whole period is not that of the one segment that there is."""
    if tenant.usage is None or not tenant.segments:
        return False
    return len(tenant.segments) > 1 or tenant.segments[0].days < period.days
