"""A share of a metered value that changes with its size."""

from decimal import Decimal
from typing import ClassVar

from rating.line import Priced
from rating.pricers.tiered import Tiered
from rating.tiers import graduate


class GraduatedPercentage(Tiered):
    """Tiers with `rate` in per cent and `flat_amount`; every tier that the value reaches is charged."""

    __slots__ = ()

    EACH: ClassVar[str] = "rate"

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount of the value, tier by tier; events do not matter."""
        del events
        amount, parts = graduate(self.tiers, quantity, "value")
        return None, amount, parts
