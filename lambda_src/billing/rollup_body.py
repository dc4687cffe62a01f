"""What a customer is shown of a period's usage, as JSON values: quantities, limits, allowances and the bill so far.

Numbers are strings but counts. Docs: docs/customer-view.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from billing.inputs import Run, TenantInput
from billing.moments import moment_text
from billing.rollup_limits import LimitUse
from invoicing.document import utc_text
from rating.allowance import Allowance, allowances_of
from rating.bill import Quantity
from rating.catalog import Catalog, Meter, Plan, PlanVersion
from rating.exact import to_text
from rating.period import Period
from rating.terms import Segment
from usage.days import MeterDays
from usage.evidence import Evidence

State = Literal["open", "closed"]

_OF_THE_BILL = ("currency", "currency_exponent", "lines", "subtotal", "taxes", "reverse_charge", "total")


@dataclass(frozen=True)
class Terms:
    """What holds for a tenant at a rollup's time."""

    segment: Segment
    """The last one that has begun."""
    plan: Plan
    version: PlanVersion


def terms_of(catalog: Catalog, run: Run, segments: Sequence[Segment]) -> Terms | None:
    """Return the terms of the last segment that has begun by a run's time; None if none has."""
    begun = [segment for segment in segments if segment.start <= run.as_of.date()]
    if not begun:
        return None
    plan = catalog.plans[begun[-1].plan]
    version = plan.version_named(begun[-1].version)
    return Terms(begun[-1], plan, version) if version else None


def meters_json(meters: Mapping[str, MeterDays]) -> dict[str, Any]:
    """Return what was measured, by meter; the largest groups come first."""
    return {
        name: {
            "quantity": to_text(days.quantity.value),
            "events": days.quantity.events,
            "by_day": _by_day(days.by_day),
            "by_dimension": [
                {
                    "dimensions": dict(group.dimensions),
                    "quantity": to_text(group.quantity.value),
                    "by_day": _by_day(group.by_day),
                }
                for group in days.groups
            ],
            "dimensions_omitted": days.groups_omitted,
        }
        for name, days in meters.items()
    }


def uses_of(terms: Terms | None, measured: Mapping[str, Any]) -> list[LimitUse]:
    """Return what is used of each limit.

    Args:
        terms: whose limits they are.
        measured: as of `meters_json`.
    """
    limits = terms.version.limits if terms else ()
    return [
        LimitUse(limit, Decimal(measured[limit.meter]["quantity"] if limit.meter in measured else 0))
        for limit in limits
    ]


def body_of(
    catalog: Catalog,
    run: Run,
    tenant: TenantInput,
    *,
    state: State,
    measured: Mapping[str, Any],
    bill: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the body of a tenant's item.

    Args:
        catalog: today's.
        run: whose time and cutoff hold.
        tenant: whose it is.
        state: of the period.
        measured: as of `meters_json`.
        bill: as of `bill_json`; None if there is nothing to bill, or it cannot be told.
    """
    terms = terms_of(catalog, run, tenant.segments)
    used = tenant.usage.segments.get(terms.segment.index) if tenant.usage and terms else None
    allowances = allowances_of(terms.version, run.period, terms.segment, used) if terms else {}
    limits = {use.terms.meter: use for use in uses_of(terms, measured)}
    shown = {*limits, *(price.meter for price in terms.version.prices)} if terms else set()
    meters = [
        _meter(meter, measured.get(name), allowances.get(name), limits.get(name))
        for name, meter in catalog.meters.items()
        if name in shown or name in measured
    ]
    return {
        **empty_body(tenant.tenant_id, run.period),
        "as_of": run.as_of_text,
        "cutoff": moment_text(run.cutoff),
        "state": state,
        "plan": terms
        and {"name": terms.plan.name, "description": terms.plan.description, "version": terms.version.name},
        "meters": meters,
        "bill": bill,
        "differing_duplicates": _differing(tenant),
    }


def empty_body(tenant_id: str, period: Period) -> dict[str, Any]:
    """Return the body of a tenant of whom nothing is known in a period."""
    return {
        "tenant_id": tenant_id,
        "period": {
            "id": str(period),
            "start": utc_text(period.start),
            "end": utc_text(period.end),
            "timezone": "UTC",
        },
        "as_of": None,
        "cutoff": None,
        "state": "open",
        "plan": None,
        "meters": [],
        "bill": None,
        "differing_duplicates": 0,
    }


def bill_json(document: Mapping[str, Any], projected_total: str | None) -> dict[str, Any]:
    """Return what is shown of a draft's document, with what the whole period would cost at the pace so far."""
    return {**{name: document[name] for name in _OF_THE_BILL}, "projected_total": projected_total}


def _meter(
    meter: Meter, measured: Mapping[str, Any] | None, allowance: Allowance | None, use: LimitUse | None
) -> dict[str, Any]:
    figures = measured or {"quantity": "0", "events": 0, "by_day": [], "by_dimension": [], "dimensions_omitted": 0}
    return {
        "meter": meter.name,
        "description": meter.description,
        "unit": meter.unit,
        "aggregation": meter.aggregation,
        **figures,
        "allowance": allowance and allowance.to_json(),
        "limit": use and use.to_json(),
    }


def _by_day(days: Mapping[date, Quantity]) -> list[dict[str, str]]:
    return [{"day": day.isoformat(), "quantity": to_text(days[day].value)} for day in sorted(days)]


def _differing(tenant: TenantInput) -> int:
    return Evidence.total(tenant.usage.evidence.values() if tenant.usage else ()).differing
