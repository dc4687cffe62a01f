"""Changes of a tenant's account: whom to bill, and on which plan from which day. The decisions are pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from billing.dynamo import ConditionFailedError
from billing.moments import moment_text
from billing.store import AccountItem, Store
from rating.account import Account, Subscription, parse_account
from rating.period import Period


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


def differ(before: Account, after: Account, period: Period) -> bool:
    """Tell whether two accounts have different plans on any day of a period."""
    return any(_plan_on(before, day) != _plan_on(after, day) for day in period.each_day())


def read(store: Store, tenant_id: str) -> Account:
    """Return a tenant's account.

    Raises:
        AccountError: it has none.
    """
    return _read(store, tenant_id)[0]


def read_all(store: Store) -> Iterator[Account]:
    """Yield all accounts in the order of their tenants."""
    return (parse_account(item.tenant_id, item.account) for item in store.accounts())


def create(store: Store, account: Account, at: datetime) -> bool:
    """Write a new account, unless the tenant has one with the same customer; return whether it is new.

    Args:
        store: where it is kept.
        account: to be written.
        at: the time of the change.

    Raises:
        AccountError: the tenant has one already, with another customer.
    """
    try:
        store.put_account(AccountItem(account.tenant_id, account.to_json(), 0), moment_text(at))
    except ConditionFailedError:
        if account.customer not in {None, read(store, account.tenant_id).customer}:
            raise AccountError(
                f"tenant {account.tenant_id}: is there already, with another customer; see `tenant show`, change it by "
                "`customer set`"
            ) from None
        return False
    return True


def change(store: Store, tenant_id: str, at: datetime, changed: Callable[[Account], Account]) -> Account:
    """Change a tenant's account, unless it changes meanwhile, and return it as it is then.

    Args:
        store: where it is kept.
        tenant_id: whose account.
        at: the time of the change.
        changed: old account -> new account.

    Raises:
        AccountError: it has none, another one changed it just now, or the plan of a finalized period would change.
    """
    before, version = _read(store, tenant_id)
    after = changed(before)
    if after == before:
        return before
    settled = {head.period for head in store.tenant(tenant_id).heads.values() if head.state != "draft"}
    settled |= {record.period for record in store.periods() if record.state == "closed"}
    for period in sorted(settled):
        if differ(before, after, period):
            raise AccountError(
                f"tenant {tenant_id}: the plan in {period} must stay as it is, for that month is finalized; begin on "
                f"{period.end_day} or later, or void and re-issue its invoice first"
            )
    try:
        store.put_account(AccountItem(tenant_id, after.to_json(), version), moment_text(at))
    except ConditionFailedError:
        raise AccountError(f"tenant {tenant_id}: was changed by another just now; look at it, then try again") from None
    return after


def _read(store: Store, tenant_id: str) -> tuple[Account, int]:
    item = store.account(tenant_id)
    if item is None:
        raise AccountError(f"tenant {tenant_id}: must have an account, has none; see `tenant add`")
    return parse_account(tenant_id, item.account), item.version


def _with(account: Account, subscriptions: list[Subscription]) -> Account:
    ordered = sorted(subscriptions, key=lambda known: known.start)
    changed = replace(account, subscriptions=tuple(ordered))
    return parse_account(account.tenant_id, changed.to_json())  # the rules stand there


def _ended(known: Subscription, day: date) -> Subscription:
    return replace(known, end=day) if known.start < day and (known.end is None or known.end > day) else known


def _plan_on(account: Account, day: date) -> str | None:
    return next((known.plan for known in account.subscriptions if known.covers(day)), None)
