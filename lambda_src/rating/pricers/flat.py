"""A fixed amount, whatever the usage."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from rating.exact import ONE
from rating.form import Form
from rating.line import Part, Priced
from rating.scale import Scale


@dataclass(frozen=True, slots=True)
class Flat:
    """`amount` for the period."""

    amount: Decimal

    @classmethod
    def read(cls, form: Form) -> Self:
        """Return the pricer of a price."""
        return cls(form.number("amount"))

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount: quantity and events do not matter."""
        del quantity, events
        return None, self.amount, (Part("flat", None, ONE, self.amount, self.amount),)

    def scaled(self, scale: Scale) -> Self:
        """Return the pricer of a part of the period: its part of the amount."""
        return type(self)(scale.figure("amount", self.amount))
