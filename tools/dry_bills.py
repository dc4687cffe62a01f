"""The smoke test's bills: a dry run of billing for the run's tenants, beside their rows; it writes nothing."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.markup import escape

from billing.moments import moment_text
from rating.period import Period
from tools import bills, event_balance
from tools.balance import BalanceLine
from tools.billing.runs import invoke_planner
from tools.billing.stack import BillingStack
from tools.check import TENANTS
from tools.lake import Lake
from tools.outputs import StackOutputs


def bill(outputs: StackOutputs, console: Console) -> Sequence[BalanceLine]:
    """Ask for the tenants' bills of this month as of now.

    Returns:
        Rows beside billed calls and events, of tenants that a plan holds for; nothing if bills say nothing of calls.

    Raises:
        RunError: the planner failed.
    """
    stack = BillingStack(outputs)
    try:
        meter = bills.calls_meter(stack.catalog)
    except bills.NoCallsMeterError as error:
        console.print(f"billing is not compared: {error}\n", highlight=False)
        return ()
    # Whole seconds, as a run's times are; what has arrived in this one is billed as well.
    at = stack.at.replace(microsecond=0) + timedelta(seconds=1)
    period = Period.of(at)
    event = {"as_of": moment_text(at), "dry_run": True, "tenants": list(TENANTS), "period": str(period)}
    found = invoke_planner(stack, event)["bills"]
    documents = [one["document"] for one in found if one["document"]]
    billed = {document["tenant_id"] for document in documents}
    for one in found:
        if one["outcome"] == "failed":
            console.print(f"[bold red]no bill for {one['tenant_id']}:[/] {escape(str(one['reason']))}", highlight=False)
    lake, meters = Lake(outputs), event_balance.event_meters(stack.catalog)
    rows = {
        (str(period), tenant): count
        for tenant, count in lake.billable(period.start, period.end, at).items()
        if tenant in billed or (tenant in TENANTS and stack.catalog.default_plan)
    }
    return [
        *bills.balance(rows, bills.billed_calls(documents, meter)),
        *event_balance.quantities(
            lake.quantities(meters, period.start, period.end, at), event_balance.billed(documents, meters)
        ),
    ]
