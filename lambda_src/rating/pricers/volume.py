"""All units at the tier that the total reaches."""

from bisect import bisect_left
from decimal import Decimal
from operator import attrgetter

from rating.line import Part, Priced
from rating.pricers.tiered import Tiered
from rating.tiers import charge_tier

_BOUND = attrgetter("up_to")


class Volume(Tiered):
    """Tiers with `unit_amount` and `flat_amount`, of which one is charged: zero reaches the first."""

    __slots__ = ()

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount of the quantity at its one tier; events do not matter."""
        del events
        index = bisect_left(self.tiers, quantity, hi=len(self.tiers) - 1, key=_BOUND)  # the last tier has no bound
        tier = self.tiers[index]
        parts: list[Part] = []
        amount = charge_tier(tier, index + 1, quantity, "units", parts)
        return tier.each, amount, tuple(parts)
