"""What a run made of each of its tenants."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from billing.records import BILL, Head
from invoicing.keys import run_input
from rating.period import Period
from tools.billing import letters
from tools.billing.letters import Letter
from tools.billing.stack import BillingStack

Result = dict[str, Any]
"""`period`, `kind`, `tenant_id`, `number`, `total`, `currency`, `outcome`, `reason`; None for what there is not."""

TOLD = {
    "issue": "invoice",
    "held": "on hold",
    "skip": "nothing to bill",
    "none": "nothing to bill",
    "failed": "failed",
    "draft": "draft",
    "kept": "left as it is",
}
"""Outcomes in words."""


def results(stack: BillingStack, one: dict[str, Any], now: str, found: Sequence[Letter]) -> Iterator[Result]:
    """Yield what a run made of each tenant.

    Args:
        stack: whose run it is.
        one: the run as the planner tells it.
        now: its time.
        found: the dead letters, which say why tenants were left out.
    """
    about = {"period": one["period"], "kind": one["kind"]}
    reasons, left_out = letters.reasons(found, one["run_id"])
    rows = _drafts(stack, one, now, reasons) if one["kind"] == "draft" else _candidates(stack, one)
    yield from ({**about, **row} for row in rows)
    yield from ({**about, **_blank(None), "outcome": "failed", "reason": reason} for reason in left_out)


def without_bill(tenant_id: str) -> Result:
    """Return the result of a tenant that was asked for, and that no run has met."""
    reason = "no rows, and no plan of its own, in any open month"
    return {"period": None, "kind": "draft", **_blank(tenant_id), "outcome": "none", "reason": reason}


def _drafts(stack: BillingStack, one: dict[str, Any], now: str, reasons: dict[str, str]) -> Iterator[Result]:
    """Yield a draft run's tenants, in order; why a draft was not written is in no table."""
    items = stack.scan("#sk = :head", head=f"{BILL}{one['period']}")
    heads = {head.tenant_id: head for head in map(Head.of, items)}
    written = {tenant for tenant, head in heads.items() if head.run == one["run_id"]}
    # Only if some are missing: the lists of a large run are long.
    tenants = written if len(written) == one["tenants"] else written.union(_tenants(stack, one))
    for tenant in sorted(tenants):
        head, failed = heads.get(tenant), reasons.get(tenant)
        if tenant in written and head:
            yield {**_of_head(head), "outcome": "draft", "reason": None}
        elif failed:
            yield {**_blank(tenant), "outcome": "failed", "reason": failed}
        elif head and head.state == "draft":
            reason = f"of a later run, {head.as_of}" if head.as_of > now else "see `dead-letters`"
            yield {**_of_head(head), "outcome": "kept", "reason": reason}
        elif head is None:
            yield {**_blank(tenant), "outcome": "none", "reason": None}


def _tenants(stack: BillingStack, one: dict[str, Any]) -> Iterable[str]:
    for batch in range(one["batches"]):
        payload = stack.documents.read_json(run_input(one["run_id"], one["attempt"], batch))
        yield from (tenant["tenant_id"] for tenant in payload["tenants"])


def _candidates(stack: BillingStack, one: dict[str, Any]) -> Iterator[Result]:
    lock = stack.parts.runs.final()
    attempt = (lock and lock.run_id == one["run_id"] and lock.attempt) or one["attempt"]
    for candidate in stack.parts.runs.candidates(one["run_id"], attempt):
        known = _blank(candidate.tenant_id)
        if candidate.outcome == "issue":
            issued = stack.store.head(candidate.tenant_id, Period.parse(one["period"]))
            known = _of_head(issued) if issued else known
        yield {**known, "outcome": candidate.outcome, "reason": candidate.reason}


def _of_head(head: Head) -> Result:
    return {"tenant_id": head.tenant_id, "number": head.number, "total": head.total, "currency": head.currency}


def _blank(tenant_id: str | None) -> Result:
    return {"tenant_id": tenant_id, "number": None, "total": None, "currency": None}
