"""The demo's bills: its tenants with their customers and plans, billed by the real schedule, beside the rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.moments import moment_text
from rating.period import Period
from tools import bills, event_balance, usage_view
from tools.balance import BalanceLine
from tools.lake import Lake
from tools.operator import CommandFailedError, Operator
from tools.usage_events import Sent

TENANTS = ["acme", "globex", "initech"]
"""The third one calls nothing: it pays the fee of its plan."""
CUSTOMERS = {
    "acme": "--legal-name 'Acme GmbH' --address 'Hauptstr. 1' --address '10115 Berlin' --country DE --tax-rate 19",
    "globex": "--legal-name 'Globex Corporation' --address '5 Main Street' --address 'Springfield' --tax-rate 0",
    "initech": "--legal-name 'Initech SARL' --address '2, rue du Port' --address '33000 Bordeaux' --country FR "
    "--tax-id FR123456789 --reverse-charge",
}
PLANS = {"acme": "team", "initech": "team-eu"}
"""Globex has none of its own: it is on the default plan."""


def add_customers(operator: Operator, start: Period) -> None:
    """Make the demo's customers, with plans from a month on."""
    for tenant in TENANTS:
        operator.do(f"tenant add {tenant} --email billing@{tenant}.example {CUSTOMERS[tenant]} --no-invitation")
    for tenant, plan in PLANS.items():
        operator.do(f"subscription set {tenant} {plan} --start {start.first_day}", quiet=True)


def bill_this_month(operator: Operator, sent: Sequence[Sent]) -> Sequence[BalanceLine]:
    """Set up customers, have the schedules bill and sum up all that has arrived by now, show the drafts.

    Args:
        operator: of the stack.
        sent: the usage events that have arrived.

    Returns:
        Rows beside what is billed, duplicates that differ beside those that bills tell of, drafts beside `GET /usage`.

    Raises:
        CommandFailedError: the schedule has not summed up.
    """
    # Whole seconds, as a schedule's times are; what has arrived in this one is billed as well.
    at = operator.embedded.now().replace(microsecond=0) + timedelta(seconds=1)
    period = Period.of(at)
    add_customers(operator, period)
    operator.bill(at)
    # Billing has summed up as well: a later time tells what the schedule has done.
    summed_up = at + timedelta(seconds=1)
    operator.roll_up(summed_up)
    operator.show_bills(period, TENANTS)
    documents = operator.bills(period, TENANTS)
    shown = usage_view.of_tenants(operator.stack.outputs, TENANTS, str(period), "portal")
    as_of = {str(answer["as_of"]) for answer in shown.values()}
    if as_of != {moment_text(summed_up)}:
        raise CommandFailedError(f"GET /usage must be as of {moment_text(summed_up)}, is as of {sorted(as_of)}")
    return [
        *balance(operator, [period], at),
        event_balance.differing(sent, documents),
        *event_balance.so_far(documents, shown),
    ]


def balance(operator: Operator, periods: Sequence[Period], before: datetime) -> list[BalanceLine]:
    """Lay rows that had arrived before a moment beside the calls and events that bills have: all that are not void.

    Args:
        operator: of the stack.
        periods: months that are looked at.
        before: the cutoff of the latest bill.
    """
    lake = Lake(operator.stack.outputs)
    rows = {
        (str(period), tenant): count
        for period in periods
        for tenant, count in lake.billable(period.start, period.end, before).items()
    }
    by_month = {period: operator.bills(period, TENANTS) for period in periods}
    documents = [document for some in by_month.values() for document in some]
    catalog = operator.stack.catalog
    lines = bills.balance(rows, bills.billed_calls(documents, bills.calls_meter(catalog)))
    meters = event_balance.event_meters(catalog)
    for period, some in by_month.items():
        found = lake.quantities(meters, period.start, period.end, before)
        lines += event_balance.quantities(found, event_balance.billed(some, meters))
    return lines
