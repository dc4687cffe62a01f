"""Units in packages; a started package counts as a whole one."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from rating.exact import ONE
from rating.form import Form
from rating.line import Part, Priced
from rating.scale import Scale


@dataclass(frozen=True, slots=True)
class Package:
    """`package_amount` for every `package_size` units, the last of which may be fewer; none at zero usage."""

    package_amount: Decimal
    package_size: Decimal

    @classmethod
    def read(cls, form: Form) -> Self:
        """Return the pricer of a price."""
        return cls(form.number("package_amount"), form.number("package_size", positive=True))

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the amount of the packages that the quantity starts; events do not matter."""
        del events
        packages, started = divmod(quantity, self.package_size)
        if started:
            packages += ONE
        amount = packages * self.package_amount
        return None, amount, (Part("packages", None, packages, self.package_amount, amount),)

    def scaled(self, scale: Scale) -> Self:
        """Return the pricer as it is: a package is as large and costs the same in any part of the period."""
        del scale
        return self
