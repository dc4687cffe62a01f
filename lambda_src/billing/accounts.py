"""Changes of a tenant's account: whom to bill, and on which plan from which day. The decisions are pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from rating.account import Account, Subscription, parse_account


class AccountError(ValueError):
    """An account cannot be read or changed as asked; the message names the tenant, the rule and the value."""


def with_customer(account: Account, changes: Mapping[str, Any]) -> Account:
    """Return the account with customer data changed.

    Args:
        account: which is changed.
        changes: JSON values as `parse_account` reads them, of what changes; the rest stays. A tax rate ends reverse
            charge, and the other way round.

    Raises:
        FormError: with every fault of the customer that comes of it.
    """
    customer = {} if account.customer is None else account.customer.to_json()
    if "tax_rate" in changes:
        customer["reverse_charge"] = False
    if changes.get("reverse_charge"):
        customer["tax_rate"] = None
    return parse_account(account.tenant_id, {**account.to_json(), "customer": {**customer, **changes}})


def with_subscription(account: Account, subscription: Subscription) -> Account:
    """Return the account with a tenant on a plan from a day on; the plan that runs then ends on that day.

    A subscription from the very same day is replaced, so that the same change can be made twice.

    Raises:
        AccountError: another subscription begins while the new one runs.
        FormError: its end is not after its start.
    """
    kept = []
    for known in account.subscriptions:
        if known.start == subscription.start:
            continue
        if known.start > subscription.start and (subscription.end is None or known.start < subscription.end):
            raise AccountError(
                f"tenant {account.tenant_id}: plan {subscription.plan} must end before {known.plan} begins on "
                f"{known.start}, got {subscription.end or 'no end'}; say its end, or end what is planned first"
            )
        kept.append(_ended(known, subscription.start))
    return _with(account, [*kept, subscription])


def without_subscription(account: Account, day: date) -> Account:
    """Return the account without any plan of its own from a day on: what runs then ends, what is planned is gone."""
    return _with(account, [_ended(known, day) for known in account.subscriptions if known.start < day])


def first_changed_day(before: Account, after: Account) -> date | None:
    """Return the first day on which the two have another plan; None if there is none."""
    edges = sorted(
        {
            day
            for account in (before, after)
            for known in account.subscriptions
            for day in (known.start, known.end)
            if day is not None
        }
    )
    return next((day for day in edges if _plan_on(before, day) != _plan_on(after, day)), None)


def _with(account: Account, subscriptions: list[Subscription]) -> Account:
    ordered = sorted(subscriptions, key=lambda known: known.start)
    changed = replace(account, subscriptions=tuple(ordered))
    return parse_account(account.tenant_id, changed.to_json())  # the rules stand there


def _ended(known: Subscription, day: date) -> Subscription:
    return replace(known, end=day) if known.start < day and (known.end is None or known.end > day) else known


def _plan_on(account: Account, day: date) -> str | None:
    return next((known.plan for known in account.subscriptions if known.covers(day)), None)
