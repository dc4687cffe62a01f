"""What the pricers with tiers share: how they are read and scaled."""

from dataclasses import dataclass
from typing import ClassVar, Self

from rating.form import Form
from rating.scale import Scale
from rating.tiers import Tiers, read_tiers, scale_tiers


@dataclass(frozen=True, slots=True)
class Tiered:
    """A price of tiers."""

    EACH: ClassVar[str] = "unit_amount"
    """Key of what a unit costs."""

    tiers: Tiers

    @classmethod
    def read(cls, form: Form) -> Self:
        """Return the pricer of a price."""
        return cls(read_tiers(form, cls.EACH))

    def scaled(self, scale: Scale) -> Self:
        """Return the pricer of a part of the period: its part of the tiers' bounds and flat amounts."""
        return type(self)(scale_tiers(self.tiers, scale))
