"""Every unit at the same amount."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from rating.form import Form
from rating.line import Part, Priced
from rating.scale import Scale


@dataclass(frozen=True, slots=True)
class PerUnit:
    """`unit_amount` for each unit and fraction of one."""

    unit_amount: Decimal

    @classmethod
    def read(cls, form: Form) -> Self:
        """Return the pricer of a price."""
        return cls(form.number("unit_amount"))

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount of the quantity; events do not matter."""
        del events
        each = self.unit_amount
        amount = quantity * each
        return each, amount, (Part("units", None, quantity, each, amount),)

    def scaled(self, scale: Scale) -> Self:
        """Return the pricer as it is: a unit costs the same in any part of the period."""
        del scale
        return self
