"""Exact decimal arithmetic, and the two places where a figure is rounded: half away from zero, once.

What `parse_number` lets in has at most 40 digits before the point and 40 after it. No chain of the pipeline's products
and sums can then need more digits than `EXACT` has; should one, `decimal.Inexact` is raised rather than a wrong amount
returned.
"""

import re
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import Any

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

LONGEST = 40
"""Most digits of a number before its point, and most after it."""

FIGURE_PLACES = 12
"""Decimal places of a figure that is scaled to a part of the period."""

CURRENCY_EXPONENTS = range(13)

_DIGITS = 5 * 2 * LONGEST  # quantity x amount x percentage need 3 x 2 x 40
EXACT = Context(prec=_DIGITS, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, FloatOperation])
"""The context in which everything is computed; enter it with `decimal.localcontext`."""

_ROUNDING = Context(prec=_DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation, FloatOperation])
_QUANTA = [ONE.scaleb(-exponent) for exponent in CURRENCY_EXPONENTS]
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_LONGEST_TEXT = 4 * LONGEST
_SHOWN = 40


class NumberError(ValueError):
    """A value is no number that can be computed with exactly; the message gives the rule and the value."""


def parse_number(value: Any) -> Decimal:
    """Return the number that a JSON string, or a JSON integer, stands for.

    Raises:
        NumberError: it is no number, none of finite and reasonable length, or one that JSON's reader may have rounded.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**LONGEST else f"{'-' * (value < 0)}1e{LONGEST}"
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not _NUMBER.fullmatch(value):
        raise NumberError(f'must be a number as a string, such as "12.50", got {show(value)}')
    number = Decimal(value)
    if not number:
        return ZERO  # without a sign and without an exponent of its own
    last_place = number.as_tuple().exponent
    if number.adjusted() >= LONGEST or not isinstance(last_place, int) or last_place < -LONGEST:
        raise NumberError(f"must have at most {LONGEST} digits before its point and after it, got {show(value)}")
    return number


def fits(number: Decimal, digits: int, places: int) -> bool:
    """Tell whether a number has at most so many digits before its point, and so many after it, zeros at its end aside.

    Args:
        number: any finite number.
        digits: most before the point.
        places: most after it.
    """
    last_place = number.normalize(EXACT).as_tuple().exponent if number else 0
    return not number or (number.adjusted() < digits and isinstance(last_place, int) and last_place >= -places)


def show(value: Any) -> str:
    """Return a value for an error message, in one line and shortened."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def to_text(number: Decimal) -> str:
    """Return a number in plain notation, without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def round_amount(amount: Decimal, currency_exponent: int) -> Decimal:
    """Return an amount with exactly the currency's decimal places, rounded half away from zero.

    Args:
        amount: any finite amount.
        currency_exponent: decimal places of the currency: 2 for USD, 0 for JPY, 3 for KWD; 12 at most.
    """
    return amount.quantize(_QUANTA[currency_exponent], context=_ROUNDING)


def scale_figure(figure: Decimal, days: int, of_days: int) -> Decimal:
    """Return a figure times `days / of_days`, rounded half away from zero to 12 decimal places.

    The quotient is never seen rounded before: whole units of the last place are divided, and the rest decides.

    Args:
        figure: not negative.
        days: of the segment.
        of_days: of the whole period, at least 1.
    """
    whole, rest = EXACT.divmod(EXACT.multiply(figure, Decimal(days)).scaleb(FIGURE_PLACES, EXACT), Decimal(of_days))
    if EXACT.multiply(rest, Decimal(2)) >= of_days:
        whole = EXACT.add(whole, ONE)
    return whole.scaleb(-FIGURE_PLACES, EXACT)
