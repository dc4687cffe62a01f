"""What is known of a tenant as a customer: whom to bill, and on which plans."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from rating.catalog import Catalog
from rating.exact import HUNDRED, show, to_text
from rating.form import Form, FormError

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MOST_LINES = 10


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom the invoices of a tenant are addressed to. At most one of tax rate and reverse charge is there.

    Only the name and the e-mail address must be known from the start: a draft needs no more, a final invoice does.
    """

    legal_name: str
    email: str
    address: tuple[str, ...] = ()
    """Lines, 10 at most."""
    tax_id: str | None = None
    country: str | None = None
    """Code of two letters."""
    tax_rate: Decimal | None = None
    """In per cent, 0 to 100; None if it is not known, or the customer owes the tax."""
    reverse_charge: bool = False
    """Whether the customer owes the tax, so that the invoice has none."""

    def to_json(self) -> dict[str, Any]:
        """Return the customer as JSON values."""
        return {
            "legal_name": self.legal_name,
            "email": self.email,
            "address": list(self.address),
            "tax_id": self.tax_id,
            "country": self.country,
            "tax_rate": None if self.tax_rate is None else to_text(self.tax_rate),
            "reverse_charge": self.reverse_charge,
        }


@dataclass(frozen=True, slots=True)
class Subscription:
    """The days on which a tenant has a plan, UTC."""

    plan: str
    """Name in the catalog."""
    start: date
    end: date | None = None
    """The first day without it; None if it is open."""

    def covers(self, day: date) -> bool:
        """Tell whether a day is inside."""
        return self.start <= day and (self.end is None or day < self.end)

    def to_json(self) -> dict[str, Any]:
        """Return the subscription as JSON values."""
        return {"plan": self.plan, "start": self.start.isoformat(), "end": self.end and self.end.isoformat()}


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant as a customer."""

    tenant_id: str
    customer: Customer | None = None
    subscriptions: tuple[Subscription, ...] = ()
    """In order; no day is in two of them."""

    def to_json(self) -> dict[str, Any]:
        """Return all but the tenant's id as JSON values: what DynamoDB holds, and `parse_account` reads."""
        return {
            "customer": self.customer and self.customer.to_json(),
            "subscriptions": [subscription.to_json() for subscription in self.subscriptions],
        }


def parse_account(tenant_id: str, value: Any) -> Account:
    """Return the account that JSON values stand for.

    Args:
        tenant_id: whose account it is.
        value: an object with `customer` (may be null) and `subscriptions` (in order; may be left out).

    Raises:
        FormError: with every fault.
    """
    problems: list[str] = []
    form = Form(value, "", problems)
    customer = (
        None if form.get("customer") is None else _read_customer(Form(form.get("customer"), "customer", problems))
    )
    subscriptions = _read_subscriptions(form)
    form.finish()
    if problems:
        raise FormError(problems)
    return Account(tenant_id, customer, subscriptions)


def check_plans(account: Account, catalog: Catalog) -> None:
    """Check that every subscription is to a plan that the catalog has, and not from before the plan is there.

    Raises:
        FormError: with every subscription that is not.
    """
    problems: list[str] = []
    for number, subscription in enumerate(account.subscriptions):
        plan = catalog.plans.get(subscription.plan)
        path = f"subscriptions[{number}]"
        if plan is None:
            problems.append(f"{path}.plan: must be one of {', '.join(catalog.plans)}, got {show(subscription.plan)}")
        elif subscription.start < plan.versions[0].effective_from:
            rule = f"must not be before {plan.versions[0].effective_from}, when {plan.name} begins"
            problems.append(f"{path}.start: {rule}, got {subscription.start}")
    if problems:
        raise FormError(problems)


def is_email(text: str) -> bool:
    """Tell whether a text can be an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def _read_customer(form: Form) -> Customer:
    customer = Customer(
        form.text("legal_name"),
        form.text("email"),
        form.texts("address"),
        form.optional_text("tax_id"),
        form.optional_text("country"),
        form.optional("tax_rate"),
        form.flag("reverse_charge"),
    )
    form.finish()
    if customer.email and not is_email(customer.email):
        form.refuse("email", f"must be an e-mail address, got {show(customer.email)}")
    if len(customer.address) > _MOST_LINES:
        form.refuse("address", f"must have at most {_MOST_LINES} lines, got {len(customer.address)}")
    if customer.country and not _COUNTRY.fullmatch(customer.country):
        form.refuse("country", f'must be a code of two capital letters, such as "DE", got {show(customer.country)}')
    if customer.tax_rate is not None and customer.tax_rate > HUNDRED:
        form.refuse("tax_rate", f"must be 100 at most, got {to_text(customer.tax_rate)}")
    if customer.tax_rate is not None and customer.reverse_charge:
        form.refuse("reverse_charge", f"must not be true beside a tax rate, got {to_text(customer.tax_rate)} per cent")
    return customer


def _read_subscriptions(account: Form) -> tuple[Subscription, ...]:
    forms = account.objects("subscriptions")
    read = [_read_subscription(form) for form in forms]
    for form, (before, after) in zip(forms[1:], pairwise(read), strict=True):
        if date.min in {before.start, after.start}:
            continue  # reported already
        if before.end is None or after.start < before.end:
            rule = f"must not be before the end of the subscription before, {before.end or 'which has none'}"
            form.refuse("start", f"{rule}, got {after.start}")
    return tuple(read)


def _read_subscription(form: Form) -> Subscription:
    subscription = Subscription(form.text("plan"), form.day("start"), form.optional_day("end"))
    form.finish()
    if subscription.end is not None and date.min < subscription.end <= subscription.start:
        form.refuse("end", f"must be after the start, {subscription.start}, got {subscription.end}")
    return subscription
