"""A share of a metered value, and a fixed amount per event."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from rating.failure import UsageError
from rating.form import Form
from rating.line import Part, Priced
from rating.scale import Scale


@dataclass(frozen=True, slots=True)
class Percentage:
    """`rate` per cent of the quantity, which is a value, and `fixed_amount` for each of its events."""

    rate: Decimal
    fixed_amount: Decimal | None

    @classmethod
    def read(cls, form: Form) -> Self:
        """Return the pricer of a price."""
        return cls(form.number("rate"), form.optional("fixed_amount"))

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount of the value and of its events.

        Raises:
            UsageError: the price has a fixed amount per event, but nobody counted the events, or counted below zero.
        """
        share = Part("value", None, quantity, self.rate, (quantity * self.rate).scaleb(-2))
        if not self.fixed_amount:
            return None, share.amount, (share,)
        if events is None:
            raise UsageError("events: missing, must be the number of events, for the price has a fixed_amount for each")
        if events < 0:
            raise UsageError(f"events: must be zero or more, got {events}")
        count = Decimal(events)
        fixed = Part("events", None, count, self.fixed_amount, count * self.fixed_amount)
        return None, share.amount + fixed.amount, (share, fixed)

    def scaled(self, scale: Scale) -> Self:
        """Return the pricer as it is: rate and amount per event are the same in any part of the period."""
        del scale
        return self
