"""Each unit at its own tier."""

from decimal import Decimal

from rating.line import Priced
from rating.pricers.tiered import Tiered
from rating.tiers import graduate


class Graduated(Tiered):
    """Tiers with `unit_amount` and `flat_amount`; every tier that the quantity reaches is charged."""

    __slots__ = ()

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount of the quantity, tier by tier; events do not matter."""
        del events
        amount, parts = graduate(self.tiers, quantity, "units")
        return None, amount, parts
