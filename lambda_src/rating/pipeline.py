"""The fixed order in which a usage becomes a line.

Free units and usage discount come off the quantity, what is left is priced, the percentage discount comes off the
unrounded amount, then the maximum and then the minimum hold; at last, and only then, the amount is rounded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from rating.exact import CURRENCY_EXPONENTS, EXACT, ZERO, round_amount
from rating.failure import UsageError
from rating.line import Adjustment, Line, Proration
from rating.price import Discount, Price
from rating.scale import Scale


@dataclass(frozen=True, slots=True)
class Charge:
    """What is charged: one price of one segment, with its discount."""

    key: str
    """Of the line; stable, and the only one of its kind in a bill."""
    unit: str
    price: Price
    discount: Discount | None = None
    proration: Proration | None = None
    """Set by `prorate`: the price and discount are those of a part of the period."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was measured in the charge's segment."""

    quantity: Decimal
    events: int | None = None
    """Number of events behind a value; needed only by a price with a fixed amount per event."""


def prorate(charge: Charge, days: int, of_days: int) -> Charge:
    """Return the charge of a segment of `days` in a period of `of_days`.

    Amount, tiers' bounds and flat amounts, free units, usage discount, minimum and maximum are scaled, each rounded
    half away from zero to 12 decimal places; amounts per unit, package or event and percentages are not.

    Raises:
        ValueError: the segment does not fit into the period, or the charge is one of a segment already.
    """
    if charge.proration:
        raise ValueError(f"charge {charge.key} is already that of {charge.proration.days} days")
    scale = Scale(days, of_days)
    price = charge.price.scaled(scale)
    discount = charge.discount and charge.discount.scaled(scale)
    return Charge(charge.key, charge.unit, price, discount, scale.proration())


def rate(charge: Charge, usage: Usage, currency_exponent: int) -> Line:
    """Return the line of a charge.

    Args:
        charge: what is charged.
        usage: what was measured.
        currency_exponent: decimal places of the currency, 0 to 12.

    Raises:
        UsageError: the usage is negative, or lacks events that the price charges.
    """
    return rate_all([(charge, usage)], currency_exponent)[0]


def rate_all(charges: Iterable[tuple[Charge, Usage]], currency_exponent: int) -> list[Line]:
    """Return the lines of a bill in the order of their keys, whatever the order of the charges.

    Raises:
        UsageError: as of `rate`.
        ValueError: two charges have one key, or there is no such currency exponent.
    """
    if currency_exponent not in CURRENCY_EXPONENTS:
        raise ValueError(f"currency exponent must be 0 to {CURRENCY_EXPONENTS[-1]}, got {currency_exponent}")
    lines: dict[str, Line] = {}
    with localcontext(EXACT):
        for charge, usage in charges:
            if charge.key in lines:
                raise ValueError(f"every charge of a bill must have a key of its own, got {charge.key} twice")
            lines[charge.key] = _rate(charge, usage, currency_exponent)
    return [lines[key] for key in sorted(lines)]


def total(lines: Iterable[Line]) -> Decimal:
    """Return the sum of the lines' rounded amounts; zero without decimal places if there are none."""
    with localcontext(EXACT):
        return sum((line.amount for line in lines), ZERO)


def _rate(charge: Charge, usage: Usage, currency_exponent: int) -> Line:
    quantity = usage.quantity
    if quantity < ZERO:
        raise UsageError(f"usage: must be zero or more, got {quantity}")
    # Who used nothing caused no event: nobody needs to say so.
    events = usage.events if usage.events is not None or quantity else 0
    price = charge.price
    discount = charge.discount
    adjustments: list[Adjustment] = []
    billed = _reduce(quantity, price, discount, adjustments) if discount or price.free_units else quantity
    unit_amount, amount, parts = price.pricer.price(billed, events)
    if discount or price.maximum is not None or price.minimum is not None:
        amount = _adjust(amount, price, discount, adjustments)
    return Line(
        charge.key,
        charge.unit,
        quantity,
        unit_amount,
        round_amount(amount, currency_exponent),
        price.model,
        billed,
        parts,
        tuple(adjustments),
        amount,
        charge.proration,
    )


def _reduce(quantity: Decimal, price: Price, discount: Discount | None, done: list[Adjustment]) -> Decimal:
    """Return the quantity less free units and usage discount, which never make it negative."""
    if price.free_units:
        free = min(quantity, price.free_units)
        if free:
            done.append(Adjustment("free_units", price.free_units, -free))
            quantity -= free
    if discount and discount.usage:
        free = min(quantity, discount.usage)
        if free:
            done.append(Adjustment("usage_discount", discount.usage, -free))
            quantity -= free
    return quantity


def _adjust(amount: Decimal, price: Price, discount: Discount | None, done: list[Adjustment]) -> Decimal:
    """Return the amount less its percentage discount, at most the maximum and at least the minimum."""
    if discount and discount.percentage and amount:
        off = (amount * discount.percentage).scaleb(-2)
        done.append(Adjustment("percentage_discount", discount.percentage, -off))
        amount -= off
    if price.maximum is not None and amount > price.maximum:
        done.append(Adjustment("maximum", price.maximum, price.maximum - amount))
        amount = price.maximum
    if price.minimum is not None and amount < price.minimum:
        done.append(Adjustment("minimum", price.minimum, price.minimum - amount))
        amount = price.minimum
    return amount
