"""One tenant of a run rated: the draft of its invoice, with the adjustments that stand on it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from billing.inputs import LateUsage, Run, TenantInput
from billing.moments import moment_text
from billing.parts import Parts
from billing.records import Head
from billing.store import TenantRecords
from invoicing.adjustments import PeriodAdjustment, adjustment_of, billed_elsewhere, billed_lines
from invoicing.document import draft_document
from invoicing.failure import InvoiceError
from invoicing.tax import Tax
from rating.account import Account, Customer, parse_account
from rating.bill import Bill, rate_bill
from rating.failure import TermsError, UsageError
from rating.form import FormError
from rating.period import Period
from usage.evidence import Evidence
from usage.results import TenantUsage


class TenantError(Exception):
    """A tenant's own data keep it from being billed; the others of its run are not concerned."""


@dataclass(frozen=True)
class Rated:
    """What a run makes of a tenant."""

    head: Head
    """The bill as a draft without document."""
    document: dict[str, Any]
    """A draft."""
    issue_zero: bool
    """Whether it becomes an invoice even if all amounts are zero."""
    frozen: tuple[Head, ...]
    """Bills of earlier periods that it adjusts and that had none."""


def rate_tenant(parts: Parts, run: Run, tenant: TenantInput, head: Head | None) -> Rated | None:
    """Return what a run makes of a tenant; None if there is nothing to bill, and no draft that says otherwise.

    Args:
        parts: the adapters; nothing is written.
        run: whose tenant it is.
        tenant: as the planner found it.
        head: its bill of the period so far, a draft; None if there is none.

    Raises:
        TenantError: the tenant's account, terms or usage cannot be billed.
    """
    if tenant.fault:
        raise TenantError(tenant.fault)
    try:
        return _rate(parts, run, tenant, head)
    except (FormError, TermsError, UsageError, InvoiceError) as error:
        raise TenantError(str(error)) from error


def _rate(parts: Parts, run: Run, tenant: TenantInput, head: Head | None) -> Rated | None:
    account = parse_account(tenant.tenant_id, tenant.account) if tenant.account else Account(tenant.tenant_id)
    bill = _bill(parts, run, tenant)
    revision = head.revision if head else 1
    adjustments, used = _adjustments(parts, run, tenant, account.customer, revision)
    if bill is None and not adjustments:
        if head is None:
            return None
        bill = _empty_bill(parts, run, head)
    document = draft_document(
        tenant_id=tenant.tenant_id,
        period=run.period,
        revision=revision,
        customer=account.customer,
        seller=parts.settings.seller,
        bill=bill,
        adjustments=adjustments,
        evidence=_evidence(tenant.usage),
        cutoff=run.cutoff,
        reconciliation=run.reconciliation,
        catalog_digest=run.catalog,
        payment_terms_days=parts.settings.payment_terms_days,
        query_ids=[*tenant.query_ids, *(query_id for late in used for query_id in late.query_ids)],
    )
    rated = Head(
        tenant.tenant_id,
        run.period,
        "draft",
        revision,
        run.run_id,
        run.as_of_text,
        moment_text(run.cutoff),
        run.catalog,
        [segment.to_json() for segment in tenant.segments],
        document["currency"],
        document["total"],
    )
    return Rated(rated, document, bill is not None and bill.issue_zero_invoices, _frozen(rated, used))


def _bill(parts: Parts, run: Run, tenant: TenantInput) -> Bill | None:
    """Return the bill of the period; None if no line is on it."""
    if not tenant.segments:
        return None
    usage = tenant.usage.segments if tenant.usage else {}
    bill = rate_bill(parts.catalogs.get(run.catalog), run.period, tenant.segments, usage)
    return bill if bill.lines else None


def _empty_bill(parts: Parts, run: Run, head: Head) -> Bill:
    """Return the bill of a tenant that had a draft and has nothing to pay any more, be it for an hour."""
    plans = list(parts.catalogs.get(run.catalog).plans.values())
    plan = next((plan for plan in plans if plan.currency == head.currency), plans[0])
    return Bill(run.period, plan.currency, plan.currency_exponent, (), (), issue_zero_invoices=False)


def _adjustments(
    parts: Parts, run: Run, tenant: TenantInput, customer: Customer | None, revision: int
) -> tuple[list[PeriodAdjustment], list[LateUsage]]:
    """Return what the invoice corrects, and the late usage that made for it."""
    if not tenant.late and revision == 1:
        return [], []
    records = parts.store.tenant(tenant.tenant_id)
    late = [one for one in tenant.late if _stands_here(run, one.period, records)]
    anew = {run.period} if revision > 1 else set()
    invoices = _standing_invoices(parts, records, {one.period for one in late} | anew)
    adjustments, used = [], []
    if anew and (before := billed_elsewhere(run.period, invoices)):
        adjustments.append(before)
    for one in late:
        if adjustment := _adjustment(parts, one, invoices, customer):
            adjustments.append(adjustment)
            used.append(one)
    return adjustments, used


def _stands_here(run: Run, late: Period, records: TenantRecords) -> bool:
    """Tell whether a period's adjustment stands on the run's bill: not if an earlier draft of the tenant has it."""
    if run.kind == "final":
        return True
    for period in run.earlier:
        head = records.heads.get(period)
        if late < period < run.period and (head is None or head.state == "draft"):
            return False
    return True


def _standing_invoices(parts: Parts, records: TenantRecords, periods: set[Period]) -> list[dict[str, Any]]:
    """Return the invoices that bill anything for some periods and are not void."""
    return [
        parts.documents.document(invoice.location)
        for invoice in records.invoices
        if invoice.state == "finalized" and not periods.isdisjoint({invoice.period, *invoice.adjusts})
    ]


def _adjustment(
    parts: Parts, late: LateUsage, invoices: Iterable[dict[str, Any]], customer: Customer | None
) -> PeriodAdjustment | None:
    rerated = rate_bill(parts.catalogs.get(late.catalog), late.period, late.segments, late.usage.segments)
    every = list(invoices)
    original = next((invoice for invoice in every if invoice["number"] == late.number), None) if late.number else None
    tax = Tax.from_json(original["tax"]) if original else Tax.of(customer)
    billed = billed_lines(late.period, every)
    return adjustment_of(late.period, rerated, billed, tax, late.number, evidence=_evidence(late.usage))


def _frozen(rated: Head, used: Iterable[LateUsage]) -> tuple[Head, ...]:
    return tuple(
        replace(
            rated,
            period=late.period,
            state="skipped",
            revision=1,
            catalog=late.catalog,
            segments=[segment.to_json() for segment in late.segments],
            total=None,
        )
        for late in used
        if not late.is_billed
    )


def _evidence(usage: TenantUsage | None) -> dict[str, Any]:
    return Evidence.total(usage.evidence.values() if usage else ()).to_json()
