"""Commands about tenants: whom to bill, on which plan."""

from argparse import Namespace
from typing import Any

from billing import accounts
from billing.holds import holds, subject_of
from rating.account import Account, Subscription, check_plans
from rating.exact import to_text
from tools.billing.sheet import NOTHING, listing
from tools.billing.stack import BillingStack
from tools.billing.users import ensure_user
from tools.command.output import Output


def add(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Create a tenant's account, then its first user; each is left as it is if it is there."""
    tenant, changes = arguments.tenant, _changes(arguments)
    account = Account(tenant)
    if changes:
        account = accounts.with_customer(account, {"email": arguments.email, **changes})
    is_new = accounts.create(stack.store, account, stack.at)
    user_is_new = ensure_user(stack.outputs, tenant, arguments.email, invite=not arguments.no_invitation)
    told = f"{tenant}: account {_done(is_new)}, user {arguments.email} {_done(user_is_new)}"
    out.show(told, {"tenant_id": tenant, "account_created": is_new, "user_created": user_is_new})
    return 0


def show(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Show a tenant's account, and whether it is on hold."""
    account = accounts.read(stack.store, arguments.tenant)
    subject = subject_of(account.tenant_id)
    held = next((one for one in holds(stack.store) if one.subject == subject), None)
    value = {"tenant_id": account.tenant_id, **account.to_json(), "hold": held and vars(held)}
    rows = [(name, _text(value)) for name, value in (value["customer"] or {}).items()]
    rows += [("plan", f"{one.plan}: {one.start} to {one.end or 'open end'}") for one in account.subscriptions]
    rows += [("hold", f"since {held.at} by {held.by}: {held.reason}")] if held else []
    out.show(listing(f"Tenant {account.tenant_id}", ("", "value"), rows), value)
    return 0


def set_customer(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Change customer data for bills to come."""
    changes = _changes(arguments)
    if not changes:
        raise accounts.AccountError("customer set: name at least one thing to change, such as --legal-name")
    changed = accounts.change(
        stack.store, arguments.tenant, stack.at, lambda account: accounts.with_customer(account, changes)
    )
    return show(stack, Namespace(tenant=changed.tenant_id), out)


def set_subscription(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Put a tenant on a plan of the deployed catalog."""
    subscription = Subscription(arguments.plan, arguments.start, arguments.end)

    def changed(account: Account) -> Account:
        after = accounts.with_subscription(account, subscription)
        check_plans(after, stack.catalog)
        return after

    return _show_plans(out, [accounts.change(stack.store, arguments.tenant, stack.at, changed)])


def end_subscription(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """Leave a tenant without a plan of its own from a day on."""
    after = accounts.change(
        stack.store, arguments.tenant, stack.at, lambda account: accounts.without_subscription(account, arguments.on)
    )
    return _show_plans(out, [after])


def list_subscriptions(stack: BillingStack, arguments: Namespace, out: Output) -> int:
    """List the plans of some tenants, or of all."""
    if arguments.tenants:
        return _show_plans(out, [accounts.read(stack.store, tenant) for tenant in arguments.tenants])
    return _show_plans(out, list(accounts.read_all(stack.store)))


def _show_plans(out: Output, found: list[Account]) -> int:
    rows = [
        {"tenant_id": account.tenant_id, **subscription.to_json()}
        for account in found
        for subscription in account.subscriptions
    ]
    cells = [(row["tenant_id"], row["plan"], row["start"], row["end"] or "open") for row in rows]
    out.show(listing("Subscriptions", ("tenant", "plan", "from", "to"), cells), rows)
    return 0


def _changes(arguments: Namespace) -> dict[str, Any]:
    """Return the customer's data that the arguments name, as JSON values."""
    named = {name: getattr(arguments, name) for name in ("legal_name", "address", "tax_id", "country")}
    changes = {name: value for name, value in named.items() if value is not None}
    if arguments.billing_email is not None:
        changes["email"] = arguments.billing_email
    if arguments.tax_rate is not None:
        changes["tax_rate"] = to_text(arguments.tax_rate)
    if arguments.reverse_charge:
        changes["reverse_charge"] = True
    return changes


def _done(is_new: bool) -> str:
    return "created" if is_new else "was there already"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(value)
    return NOTHING if value is None else str(value)
