"""Tax: how a line is treated, and what that makes of a document's amounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from invoicing.money import amount_text, exact_sum
from rating.account import Customer
from rating.exact import EXACT, ZERO, round_amount, to_text

REVERSE_CHARGE_NOTE = "Reverse charge: the recipient of the services is liable for the tax."


@dataclass(frozen=True, slots=True)
class Tax:
    """How a line is taxed: at a rate, by reverse charge, or not stated yet (drafts only)."""

    rate: Decimal | None = None
    """Per cent; zero is a rate too. None under reverse charge, and if not stated."""
    reverse_charge: bool = False

    @classmethod
    def of(cls, customer: Customer | None) -> Self:
        """Return how a customer is taxed today."""
        return cls() if customer is None else cls(customer.tax_rate, customer.reverse_charge)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return what `to_json` was made from."""
        return cls(None if value["rate"] is None else Decimal(value["rate"]), value["reverse_charge"])

    @property
    def stated(self) -> bool:
        """Whether a final document can have it."""
        return self.reverse_charge or self.rate is not None

    def to_json(self) -> dict[str, Any]:
        """Return `{"rate": "19", "reverse_charge": false}`, the rate null if there is none."""
        return {"rate": None if self.rate is None else to_text(self.rate), "reverse_charge": self.reverse_charge}


def totals(amounts: Iterable[tuple[Tax, Decimal]], currency_exponent: int) -> dict[str, Any]:
    """Return subtotal, one tax line per rate, the reverse charge and the total of rounded line amounts.

    The tax of a rate is rounded once, half away from zero, from the sum of all its lines.

    Returns:
        `{"subtotal", "taxes": [{"rate", "base", "amount"}, …], "reverse_charge": {"base", "note"} | None, "total"}`.
        A rate is there if a line has it, also at zero.
    """
    bases: dict[Tax, Decimal] = {}
    for tax, amount in amounts:
        bases[tax] = EXACT.add(bases.get(tax, ZERO), amount)
    taxes: list[dict[str, str]] = []
    total = subtotal = exact_sum(bases.values())
    for rate, base in sorted((tax.rate, base) for tax, base in bases.items() if tax.rate is not None):
        tax_amount = round_amount(EXACT.multiply(base, rate).scaleb(-2, EXACT), currency_exponent)
        total = EXACT.add(total, tax_amount)
        taxes.append(
            {
                "rate": to_text(rate),
                "base": amount_text(base, currency_exponent),
                "amount": amount_text(tax_amount, currency_exponent),
            }
        )
    reverse = bases.get(Tax(reverse_charge=True))
    return {
        "subtotal": amount_text(subtotal, currency_exponent),
        "taxes": taxes,
        "reverse_charge": None
        if reverse is None
        else {"base": amount_text(reverse, currency_exponent), "note": REVERSE_CHARGE_NOTE},
        "total": amount_text(total, currency_exponent),
    }
