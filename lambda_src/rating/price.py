"""The price form of the catalog: a model with its own keys, free units, minimum and maximum; and discounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, Self

from rating.exact import HUNDRED, show, to_text
from rating.form import Form, FormError
from rating.line import Priced
from rating.pricers.flat import Flat
from rating.pricers.graduated import Graduated
from rating.pricers.graduated_percentage import GraduatedPercentage
from rating.pricers.package import Package
from rating.pricers.per_unit import PerUnit
from rating.pricers.percentage import Percentage
from rating.pricers.volume import Volume
from rating.scale import Scale


class Pricer(Protocol):
    """What a price model can do. Arithmetic happens in the caller's context, which is `rating.exact.EXACT`."""

    @classmethod
    def read(cls, form: Form) -> Self:
        """Return the pricer of a price; faults are reported to the form."""

    def price(self, quantity: Decimal, events: int | None) -> Priced:
        """Return the unrounded amount of a quantity that is zero or more."""

    def scaled(self, scale: Scale) -> Self:
        """Return the pricer of a part of the period."""


MODELS: Mapping[str, type[Pricer]] = {
    "flat": Flat,
    "per_unit": PerUnit,
    "graduated": Graduated,
    "volume": Volume,
    "package": Package,
    "percentage": Percentage,
    "graduated_percentage": GraduatedPercentage,
}
"""Name of a price model -> its pricer."""


@dataclass(frozen=True, slots=True)
class Price:
    """A validated price."""

    model: str
    pricer: Pricer
    free_units: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def scaled(self, scale: Scale) -> "Price":
        """Return the price of a part of the period."""
        return Price(
            self.model,
            self.pricer.scaled(scale),
            scale.optional("free_units", self.free_units),
            scale.optional("minimum", self.minimum),
            scale.optional("maximum", self.maximum),
        )


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount of `percentage` per cent of the amount, or of `usage` units; one of the two is there."""

    percentage: Decimal | None = None
    usage: Decimal | None = None

    def scaled(self, scale: Scale) -> "Discount":
        """Return the discount of a part of the period: fewer units, but the same percentage."""
        return Discount(self.percentage, scale.optional("discount.usage", self.usage))


def parse_price(value: Any, path: str = "") -> Price:
    """Return the price that a JSON value stands for.

    Args:
        value: a parsed JSON object in the catalog's price form.
        path: where it stands in its document; every fault's path begins with it.

    Raises:
        FormError: with every fault.
    """
    problems: list[str] = []
    price = read_price(value, path, problems)
    if price is None or problems:
        raise FormError(problems)
    return price


def read_price(value: Any, path: str, problems: list[str]) -> Price | None:
    """Return a price as `parse_price` does, but add its faults to `problems`; None if its model is unknown."""
    form = Form(value, path, problems)
    if not isinstance(value, dict):
        return None
    model = form.get("model")
    if not isinstance(model, str) or model not in MODELS:
        form.refuse("model", f"must be one of {', '.join(MODELS)}, got {show(model)}")
        return None
    price = Price(
        model,
        MODELS[model].read(form),
        form.optional("free_units"),
        form.optional("minimum"),
        form.optional("maximum"),
    )
    if price.minimum is not None and price.maximum is not None and price.minimum > price.maximum:
        form.refuse("minimum", f"must not be above maximum, {to_text(price.maximum)}, got {to_text(price.minimum)}")
    form.finish()
    return price


def read_discount(value: Any, path: str, problems: list[str]) -> Discount | None:
    """Return the discount that a JSON value stands for and add its faults to `problems`; None if there is none."""
    if value is None:
        return None
    form = Form(value, path, problems)
    if not isinstance(value, dict):
        return None
    discount = Discount(form.optional("percentage"), form.optional("usage"))
    if (discount.percentage is None) == (discount.usage is None):
        form.refuse("", "must have either percentage or usage")
    if discount.percentage is not None and discount.percentage > HUNDRED:
        form.refuse("percentage", f"must be 100 at most, got {to_text(discount.percentage)}")
    form.finish()
    return discount
