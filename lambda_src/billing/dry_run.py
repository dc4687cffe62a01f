"""A dry run: the bills that a run would write, and nothing is written."""

import json
from collections.abc import Iterator
from typing import Any

from billing.candidates import is_held, outcome_of
from billing.chunks import in_chunks
from billing.gathering import Gathering
from billing.inputs import TENANTS_PER_BATCH, Run, TenantInput
from billing.new_run import is_early, late_of, refusal_of, run_of
from billing.parts import Parts
from billing.periods import due, missing_periods, to_draft
from billing.rate import TenantError, rate_tenant
from billing.records import Head, PeriodRecord
from billing.requests import Request

LONGEST_ANSWER = 5_000_000
"""Bytes of JSON; Lambda returns 6 MB at most."""


class DryRunTooLargeError(ValueError):
    """The bills do not fit into one answer."""


def dry_run(parts: Parts, request: Request) -> dict[str, Any]:
    """Return the bills that runs at a moment would write: final ones of due periods unless refused, else drafts.

    Returns:
        `{"runs": [], "refused": [{"period", "reason"}], "bills": [{"tenant_id", "period", "kind", "outcome", "reason",
        "document"}]}`; the outcome is that of a final run, or `draft`; without a document the reason says why.

    Raises:
        DryRunTooLargeError: there are too many for one answer.
    """
    records = parts.store.periods()
    opened = missing_periods(records, request.now)
    new = [PeriodRecord(period, "open") for period in opened]
    records = sorted([*records, *new], key=lambda record: record.period)
    final = {record.period for record in due(records, request.now, parts.settings.grace)}
    bills, refused, size = [], [], 0
    for record in to_draft(records, request.now):
        if request.period not in {None, record.period}:
            continue
        run = run_of(parts, request.now, "final" if record.period in final else "draft", record.period, records)
        if run.kind == "final" and is_early(parts, run, opened):
            run = run_of(parts, request.now, "draft", record.period, records)
        elif run.kind == "final" and (reason := refusal_of(parts, run)):
            refused.append({"period": str(record.period), "reason": reason})
            run = run_of(parts, request.now, "draft", record.period, records)
        gathering = Gathering(parts, run, late_of(parts, run, records), request.tenants)
        for bill in _bills(parts, run, gathering):
            size += len(json.dumps(bill))
            if size > LONGEST_ANSWER:
                raise DryRunTooLargeError(
                    f"the bills of a dry run must be at most {LONGEST_ANSWER} bytes, got more: name tenants or a period"
                )
            bills.append(bill)
    bills.sort(key=lambda bill: (bill["period"], bill["tenant_id"]))
    return {"runs": [], "refused": refused, "bills": bills}


def _bills(parts: Parts, run: Run, gathering: Gathering) -> Iterator[dict[str, Any]]:
    holds = parts.store.holds()
    for tenants in in_chunks(gathering.tenants(), TENANTS_PER_BATCH):
        heads = parts.store.heads([tenant.tenant_id for tenant in tenants], run.period)
        for tenant in tenants:
            head = heads.get(tenant.tenant_id)
            if head is None or head.state == "draft":
                yield from _bill(parts, run, tenant, head, held=is_held(holds, run, tenant.tenant_id))


def _bill(parts: Parts, run: Run, tenant: TenantInput, head: Head | None, *, held: bool) -> Iterator[dict[str, Any]]:
    about = {"tenant_id": tenant.tenant_id, "period": str(run.period), "kind": run.kind}
    try:
        rated = rate_tenant(parts, run, tenant, head)
    except TenantError as error:
        yield {**about, "outcome": "failed", "reason": str(error), "document": None}
        return
    if rated is None:
        return
    outcome, reason = outcome_of(rated.document, issue_zero=rated.issue_zero, held=held)
    if run.kind == "draft":
        outcome, reason = "draft", None  # type: ignore[assignment]
    yield {**about, "outcome": outcome, "reason": reason, "document": rated.document}
