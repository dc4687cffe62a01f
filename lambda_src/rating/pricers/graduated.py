"""Each unit at its own tier."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from rating.form import Form
from rating.line import Priced
from rating.scale import Scale
from rating.tiers import Tiers, graduate, read_tiers, scale_tiers


@dataclass(frozen=True, slots=True)
class Graduated:
    """Tiers with `unit_amount` and `flat_amount`; every tier that the quantity reaches is charged."""

    tiers: Tiers

    @classmethod
    def read(cls, form: Form) -> Self:
        """Return the pricer of a price."""
        return cls(read_tiers(form, "unit_amount"))

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount of the quantity, tier by tier; events do not matter."""
        del events
        amount, parts = graduate(self.tiers, quantity, "units")
        return None, amount, parts

    def scaled(self, scale: Scale) -> Self:
        """Return the pricer of a part of the period: its part of the tiers' bounds and flat amounts."""
        return type(self)(scale_tiers(self.tiers, scale))
