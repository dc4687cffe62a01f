"""Measure rating beside a floor that knows the three prices by heart: the same arithmetic, the same lines, no more.

Run by `make bench`. An invoice has a graduated, a per-unit and a volume line. The rounds of both are interleaved, so
that a slow moment of the machine meets each of them alike, and the first of a round takes turns.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from rating.exact import EXACT
from rating.line import Line, Part
from rating.pipeline import Charge, Usage, rate_all
from rating.price import parse_price

ROUNDS = 31
INVOICES = 1000

Measured = tuple[Usage, Usage, Usage]
Rate = Callable[[Measured], list[Line]]

CALLS = {
    "model": "graduated",
    "tiers": [
        {"up_to": "10000", "unit_amount": "0.0012"},
        {"up_to": "100000", "unit_amount": "0.0009"},
        {"up_to": None, "unit_amount": "0.0004"},
    ],
}
TRANSFER = {"model": "per_unit", "unit_amount": "0.085"}
USERS = {
    "model": "volume",
    "tiers": [
        {"up_to": "25", "unit_amount": "5", "flat_amount": "10"},
        {"up_to": "100", "unit_amount": "4"},
        {"up_to": None, "unit_amount": "3.5"},
    ],
}
CHARGES = (
    Charge("api_calls", "call", parse_price(CALLS)),
    Charge("transfer", "GB", parse_price(TRANSFER)),
    Charge("users", "user", parse_price(USERS)),
)

_ONE = Decimal(1)
_ZERO = Decimal(0)
_CENT = Decimal("0.01")
_ROUNDING = Context(prec=400, rounding=ROUND_HALF_UP)
_TIERS = (
    (1, _ZERO, Decimal(10000), Decimal("0.0012")),
    (2, Decimal(10000), Decimal(100000), Decimal("0.0009")),
    (3, Decimal(100000), None, Decimal("0.0004")),
)
_TRANSFER = Decimal("0.085")
_SMALL, _MIDDLE = Decimal(25), Decimal(100)
_BASE, _SMALL_EACH, _MIDDLE_EACH, _LARGE_EACH = Decimal(10), Decimal(5), Decimal(4), Decimal("3.5")


def rated(usages: Measured) -> list[Line]:
    """Rate an invoice as the product does."""
    return rate_all(zip(CHARGES, usages, strict=True), 2)


def floor(usages: Measured) -> list[Line]:
    """Make the same lines without validation, model, pipeline or choice."""
    calls, transfer, users = (usage.quantity for usage in usages)
    with localcontext(EXACT):
        return [_calls(calls), _transfer(transfer), _users(users)]


def _calls(quantity: Decimal) -> Line:
    parts = []
    amount = _ZERO
    for number, bottom, top, each in _TIERS:
        inside = (quantity if top is None or quantity <= top else top) - bottom
        cost = inside * each
        parts.append(Part("units", number, inside, each, cost))
        amount += cost
        if top is None or quantity <= top:
            break
    return _line("api_calls", "call", quantity, None, amount, "graduated", tuple(parts))


def _transfer(quantity: Decimal) -> Line:
    amount = quantity * _TRANSFER
    parts = (Part("units", None, quantity, _TRANSFER, amount),)
    return _line("transfer", "GB", quantity, _TRANSFER, amount, "per_unit", parts)


def _users(quantity: Decimal) -> Line:
    if quantity <= _SMALL:
        cost = quantity * _SMALL_EACH
        parts: tuple[Part, ...] = (
            Part("units", 1, quantity, _SMALL_EACH, cost),
            Part("flat", 1, _ONE, _BASE, _BASE),
        )
        return _line("users", "user", quantity, _SMALL_EACH, cost + _BASE, "volume", parts)
    number, each = (2, _MIDDLE_EACH) if quantity <= _MIDDLE else (3, _LARGE_EACH)
    amount = quantity * each
    return _line("users", "user", quantity, each, amount, "volume", (Part("units", number, quantity, each, amount),))


def _line(  # noqa: PLR0917 - keywords would make the floor slower than it is
    key: str,
    unit: str,
    quantity: Decimal,
    unit_amount: Decimal | None,
    amount: Decimal,
    model: str,
    parts: tuple[Part, ...],
) -> Line:
    rounded = amount.quantize(_CENT, context=_ROUNDING)
    return Line(key, unit, quantity, unit_amount, rounded, model, quantity, parts, (), amount, None)


def usages(invoices: int) -> list[Measured]:
    """Return invented usages, some of every tier."""
    rng = random.Random(1)  # noqa: S311 - repeatable on purpose
    return [
        (
            Usage(Decimal(rng.choice((900, 30_000, 2_000_000)) + rng.randrange(900))),
            Usage(Decimal(rng.randrange(10**9)).scaleb(-6)),
            Usage(Decimal(rng.choice((3, 40, 900)) + rng.randrange(20))),
        )
        for _ in range(invoices)
    ]


def _seconds(rate: Rate, invoices: list[Measured]) -> float:
    started = time.perf_counter()
    for invoice in invoices:
        rate(invoice)
    return time.perf_counter() - started


def main() -> None:
    """Print invoices per second and the ratio of the medians."""
    invoices = usages(INVOICES)
    if [rated(invoice) for invoice in invoices] != [floor(invoice) for invoice in invoices]:
        raise ValueError("rating and floor must make the same lines")
    subjects: dict[str, Rate] = {"floor": floor, "rating": rated}
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(ROUNDS):
        for name in sorted(subjects, reverse=number % 2 == 0):
            seconds[name].append(_seconds(subjects[name], invoices))
    medians = {name: statistics.median(rounds) for name, rounds in seconds.items()}
    for name, median in medians.items():
        sys.stdout.write(f"{name}: {INVOICES / median:,.0f} invoices/s\n")
    sys.stdout.write(f"rating/floor ratio {medians['floor'] / medians['rating']:.2f}\n")


if __name__ == "__main__":
    main()
