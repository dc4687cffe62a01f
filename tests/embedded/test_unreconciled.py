"""A month of the deployed program that nobody reconciled: refused, accepted as it is, and reconciled after all."""

from dataclasses import replace
from datetime import timedelta

from billing.catalogs import Catalogs
from billing.new_run import refusal_of, run_of
from metering.records import API_REQUESTS, USAGE_EVENTS
from rating.period import Period
from tests.embedded.reconciled_kit import leave_reconciled
from tools.billing.stack import BillingStack
from tools.operate.hours import accept
from tools.operate.reconcile import reconcile
from tools.operate.stack import OperatorStack
from tools.outputs import StackOutputs

MONTH = Period(2024, 2)
SOURCES = (API_REQUESTS.role, USAGE_EVENTS.role)
LACKING = ("2024-02-01T00:00:00Z", "2024-02-01T01:00:00Z", "2024-02-29T23:00:00Z", "PERIOD#2024-02")
TOLD = (
    "2024-02-01T00:00:00Z to 2024-02-01T02:00:00Z, 2024-02-29T23:00:00Z to 2024-03-01T00:00:00Z, the month as a whole"
)


def verdict(outputs: StackOutputs) -> tuple[str, str | None]:
    """Give what a final bill of the month would say of it, and why there is none."""
    stack = BillingStack(outputs)
    settings = replace(stack.parts.settings, require_reconciliation=True)
    parts = replace(stack.parts, settings=settings, catalogs=Catalogs(stack.documents, stack.catalog.raw))
    run = run_of(parts, MONTH.end + timedelta(days=4), "final", MONTH, [])
    return run.reconciliation, refusal_of(parts, run)


def test_a_month_that_nobody_reconciled_is_refused_until_it_is_accepted_and_may_be_reconciled_still(
    outputs: StackOutputs,
) -> None:
    stack = OperatorStack(outputs)
    table = stack.store.reconciliation
    leave_reconciled(outputs, MONTH)
    BillingStack(outputs).store.reconciliation.delete_many((source, hour) for source in SOURCES for hour in LACKING)
    said, refusal = verdict(outputs)
    assert (said, (refusal or "").partition(". ")[0]) == (
        "not reconciled",
        f"not reconciled: api-requests: {TOLD}; usage-events: {TOLD}",
    )
    for source in SOURCES:
        done = accept(stack, source, MONTH, reason="before CloudWatch's memory", never=True)
        assert (tuple(one["hour"] for one in done.hours), done.changed) == (LACKING, ())
    assert verdict(outputs) == ("not reconciled, accepted", None)
    before = table.get((USAGE_EVENTS.role, LACKING[0])) or {}
    assert (before["state"], before["accepted"]["reason"]) == ("unreconciled", "before CloudWatch's memory")
    answer = reconcile(stack, within=(MONTH.start, MONTH.start + timedelta(hours=2)))
    assert answer["sources"][USAGE_EVENTS.role] == {"balanced": 2}
    after = table.get((USAGE_EVENTS.role, LACKING[0])) or {}
    assert (after["state"], after["accepted"]) == ("balanced", before["accepted"])
    assert verdict(outputs) == ("not reconciled, accepted", None)
