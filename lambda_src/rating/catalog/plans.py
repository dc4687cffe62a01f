"""Plans: what is charged for what the meters measure, from which day on."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter

from rating.catalog.meters import Meter
from rating.exact import CURRENCY_EXPONENTS, show
from rating.form import Form
from rating.price import Discount, Price, read_discount, read_price

_CURRENCY = re.compile(r"[A-Z]{3}")
_EFFECTIVE_FROM = attrgetter("effective_from")
_OF_A_VALUE = {"percentage", "graduated_percentage"}


@dataclass(frozen=True, slots=True)
class PlanPrice:
    """What a plan charges for a meter's quantity."""

    meter: str
    price: Price
    discount: Discount | None
    """Of its own, else the plan version's."""
    description: str
    """For the customer: of its own, else the meter's."""


@dataclass(frozen=True, slots=True)
class UsageLimit:
    """How much of a meter's quantity a tenant may use in a calendar month, however many of its days are on the plan."""

    meter: str
    limit: Decimal
    """Above zero; it is reached, not exceeded, when as much was used."""
    soft: bool
    """Whether it is only told when it is reached; else what guards its product by limits refuses what comes after."""


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """What a plan charges from a day on, until the next version's."""

    name: str
    """Unique in the plan."""
    effective_from: date
    recurring_fee: Decimal | None
    """For a calendar month, whatever the usage."""
    prices: tuple[PlanPrice, ...]
    """In the catalog's order, which is that of a bill's lines; each meter once."""
    minimum_commitment: Decimal | None
    """What fee and usage of a calendar month come to at least."""
    discount: Discount | None
    """A percentage, off the recurring fee and off each price without a discount of its own."""
    limits: tuple[UsageLimit, ...] = ()
    """In the catalog's order; each meter once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a tenant can subscribe to."""

    name: str
    description: str
    """For the customer: what the plan is called on a bill."""
    currency: str
    """Code of three letters."""
    currency_exponent: int
    """Decimal places of an amount: 2 for USD, 0 for JPY."""
    issue_zero_invoices: bool
    """Whether an invoice of nothing but zero amounts is issued."""
    versions: tuple[PlanVersion, ...]
    """At least one, by date."""

    def version_on(self, day: date) -> PlanVersion | None:
        """Return the version that holds on a day; None before the first one."""
        after = bisect_right(self.versions, day, key=_EFFECTIVE_FROM)
        return self.versions[after - 1] if after else None

    def version_named(self, name: str) -> PlanVersion | None:
        """Return the version of a name; None if there is none."""
        return next((version for version in self.versions if version.name == name), None)


def read_plans(catalog: Form, meters: Mapping[str, Meter | None]) -> dict[str, Plan]:
    """Return the plans by name, sorted; faults are reported to the form.

    Args:
        catalog: the whole catalog.
        meters: as of `read_meters`.
    """
    forms = catalog.named_objects("plans")
    plans = {name: _read_plan(name, form, meters) for name, form in forms.items()}
    exponents: dict[str, int] = {}
    for name, plan in plans.items():
        exponent = exponents.setdefault(plan.currency, plan.currency_exponent)
        if plan.currency_exponent != exponent:  # or a month on both plans would have no exponent
            rule = f"must be that of the other plans in {plan.currency}, {exponent}"
            forms[name].refuse("currency_exponent", f"{rule}, got {plan.currency_exponent}")
    return plans


def _read_plan(name: str, form: Form, meters: Mapping[str, Meter | None]) -> Plan:
    plan = Plan(
        name,
        form.text("description"),
        _read_currency(form),
        _read_exponent(form),
        form.flag("issue_zero_invoices"),
        _read_versions(form, meters),
    )
    form.finish()
    return plan


def _read_currency(form: Form) -> str:
    currency = form.get("currency")
    if isinstance(currency, str) and _CURRENCY.fullmatch(currency):
        return currency
    form.refuse("currency", f'must be a code of three capital letters, such as "USD", got {show(currency)}')
    return ""


def _read_exponent(form: Form) -> int:
    exponent = form.whole("currency_exponent")
    if exponent is None:
        form.refuse("currency_exponent", "missing, must be the currency's number of decimal places: 2 for USD")
    elif exponent in CURRENCY_EXPONENTS:
        return exponent
    else:
        form.refuse("currency_exponent", f"must be 0 to {CURRENCY_EXPONENTS[-1]}, got {exponent}")
    return 0


def _read_versions(form: Form, meters: Mapping[str, Meter | None]) -> tuple[PlanVersion, ...]:
    forms = form.objects("versions")
    if not forms and not form.get("versions"):
        form.refuse("versions", f"must be a list of at least one version, got {show(form.get('versions'))}")
    versions: list[PlanVersion] = []
    for number, row in enumerate(forms):
        version = _read_version(row, meters)
        before = versions[-1] if versions else None
        if before and date.min < version.effective_from <= before.effective_from:
            rule = f"must be after that of the version before, {before.effective_from}"
            form.refuse(f"versions[{number}].effective_from", f"{rule}, got {version.effective_from}")
        if version.name and version.name in {other.name for other in versions}:
            row.refuse("name", f"must be the only one of its plan, got {show(version.name)} again")
        versions.append(version)
    return tuple(versions)


def _read_version(form: Form, meters: Mapping[str, Meter | None]) -> PlanVersion:
    discount = read_discount(form.get("discount"), form.at("discount"), form.problems)
    if discount and discount.usage is not None:
        form.refuse("discount.usage", "must be a percentage: only a price can have a usage discount")
    version = PlanVersion(
        form.name("name"),
        form.day("effective_from"),
        form.optional("recurring_fee"),
        _read_prices(form, meters, discount),
        form.optional("minimum_commitment"),
        discount,
        _read_limits(form, meters),
    )
    form.finish()
    return version


def _read_prices(form: Form, meters: Mapping[str, Meter | None], discount: Discount | None) -> tuple[PlanPrice, ...]:
    prices: dict[str, PlanPrice] = {}
    for row in form.objects("prices"):
        name = row.choice("meter", meters)
        price = read_price(row.get("price"), row.at("price"), row.problems)
        own = read_discount(row.get("discount"), row.at("discount"), row.problems)
        description = row.optional_text("description")
        row.finish()
        meter = meters[name] if name else None
        if name in prices:
            row.refuse("meter", f"must have one price in a plan's version, got {show(name)} again")
        if price and meter and price.model in _OF_A_VALUE and not meter.measures_a_value:
            rule = f"must not be {price.model} for {meter.name}, whose {meter.aggregation} is no value"
            row.refuse("price.model", rule)
        if price and meter:
            prices[meter.name] = PlanPrice(meter.name, price, own or discount, description or meter.description)
    return tuple(prices.values())


def _read_limits(form: Form, meters: Mapping[str, Meter | None]) -> tuple[UsageLimit, ...]:
    limits: dict[str, UsageLimit] = {}
    for row in form.objects("limits"):
        name = row.choice("meter", meters)
        limit, soft = row.number("limit", positive=True), row.flag("soft")
        row.finish()
        if name in limits:
            row.refuse("meter", f"must have one limit in a plan's version, got {show(name)} again")
        if name:
            limits[name] = UsageLimit(name, limit, soft)
    return tuple(limits.values())
