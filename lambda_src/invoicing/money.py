"""Amounts as text: exactly the currency's decimal places, and zero never has a sign."""

from collections.abc import Iterable
from decimal import Decimal

from rating.exact import EXACT, ZERO, round_amount


def amount_text(amount: Decimal, currency_exponent: int) -> str:
    """Return an amount, already rounded, with the currency's decimal places: `"3.00"`, `"-0.500"`, `"1200"`.

    Raises:
        ValueError: the amount has more decimal places than the currency.
    """
    rounded = round_amount(amount, currency_exponent)
    if rounded != amount:
        raise ValueError(f"an amount must have at most {currency_exponent} decimal places, got {amount:f}")
    return f"{EXACT.add(rounded, ZERO):f}"  # the sum makes -0.00 plain


def negated(amount: str) -> str:
    """Return the text of the opposite amount, with the same decimal places."""
    return f"{EXACT.subtract(ZERO, Decimal(amount)):f}"


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts, never rounded."""
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
