"""All units at the tier that the total reaches."""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Self

from rating.form import Form
from rating.line import Part, Priced
from rating.scale import Scale
from rating.tiers import Tiers, charge_tier, read_tiers, scale_tiers

_BOUND = attrgetter("up_to")


@dataclass(frozen=True, slots=True)
class Volume:
    """Tiers with `unit_amount` and `flat_amount`, of which one is charged: zero reaches the first."""

    tiers: Tiers

    @classmethod
    def read(cls, form: Form) -> Self:
        """Return the pricer of a price."""
        return cls(read_tiers(form, "unit_amount"))

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount of the quantity at its one tier; events do not matter."""
        del events
        index = bisect_left(self.tiers, quantity, hi=len(self.tiers) - 1, key=_BOUND)  # the last tier has no bound
        tier = self.tiers[index]
        parts: list[Part] = []
        amount = charge_tier(tier, index + 1, quantity, "units", parts)
        return tier.each, amount, tuple(parts)

    def scaled(self, scale: Scale) -> Self:
        """Return the pricer of a part of the period: its part of the tiers' bounds and flat amounts."""
        return type(self)(scale_tiers(self.tiers, scale))
