"""Batches of a final run: every tenant gets a candidate, which is written once and never changed.

What is issued, and under which number, is decided when all candidates of an attempt are there. So far nothing but the
run's own items and files is written: a run that is abandoned leaves no trace in anybody's bill.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from billing.holds import subject_of
from billing.inputs import Run, TenantInput
from billing.parts import Parts
from billing.rate import TenantError, rate_tenant
from billing.records import Candidate, Head, Outcome
from billing.store import shard_of
from invoicing.document import is_zero, missing_for_issue
from invoicing.keys import run_candidate

KEPT = timedelta(days=366)
"""How long after its run's time a candidate is kept.

DynamoDB removes it by its own clock: a run as of a moment that is long past must still find all of its candidates.
"""


def rate_candidates(parts: Parts, run: Run, attempt: str, tenants: Sequence[TenantInput]) -> None:
    """Write the candidates of a batch; the reason why a tenant cannot be billed is buried, too."""
    heads = parts.store.heads([tenant.tenant_id for tenant in tenants], run.period)
    holds = parts.store.holds()
    for tenant in tenants:
        head = heads.get(tenant.tenant_id)
        if head and head.state != "draft":
            continue
        candidate = _candidate(parts, run, attempt, tenant, head, held=is_held(holds, run, tenant.tenant_id))
        if candidate is None:
            continue
        candidate = parts.runs.put_candidate(candidate)
        if candidate.outcome == "failed":
            parts.tasks.bury(candidate.reason or "", run_id=run.run_id, tenant_id=tenant.tenant_id)


def outcome_of(document: dict[str, Any], *, issue_zero: bool, held: bool) -> tuple[Outcome, str | None]:
    """Return what becomes of a tenant's bill, and why it is not issued if it is not.

    Args:
        document: a draft.
        issue_zero: whether its plan wants an invoice of nothing but zero amounts.
        held: whether tenant or period is on hold.
    """
    if held:
        return "held", None
    if is_zero(document) and not issue_zero:
        return "skip", None
    missing = missing_for_issue(document)
    return ("failed", "; ".join(missing)) if missing else ("issue", None)


def is_held(holds: Collection[str], run: Run, tenant_id: str) -> bool:
    """Tell whether a hold keeps a tenant's bill from being finalized."""
    return subject_of(tenant_id) in holds or subject_of(run.period) in holds


def _candidate(
    parts: Parts, run: Run, attempt: str, tenant: TenantInput, head: Head | None, *, held: bool
) -> Candidate | None:
    location = run_candidate(run.run_id, attempt, tenant.tenant_id)
    expires = int((run.as_of + KEPT).timestamp())
    found = Candidate(
        run.run_id,
        attempt,
        shard_of(tenant.tenant_id),
        tenant.tenant_id,
        "held",
        head.revision if head else 1,
        expires=expires,
    )
    try:
        rated = rate_tenant(parts, run, tenant, head)
    except TenantError as error:
        return replace(found, outcome="held" if held else "failed", reason=str(error))
    if rated is None:
        return None
    proposal = {
        "head": rated.head.to_item(),
        "document": rated.document,
        "issue_zero": rated.issue_zero,
        "frozen": [one.to_item() for one in rated.frozen],
    }
    # Another try at this batch may have written it before; what it wrote holds, so that both write one candidate.
    proposal = parts.documents.write_once(location, proposal)
    outcome, reason = outcome_of(proposal["document"], issue_zero=proposal["issue_zero"], held=held)
    return replace(found, outcome=outcome, reason=reason, location=location)
