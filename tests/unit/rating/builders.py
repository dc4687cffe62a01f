"""Short ways to say what is rated."""

from decimal import Decimal
from typing import Any

from rating.line import Line
from rating.pipeline import Charge, Usage, rate
from rating.price import Price, parse_price, read_discount

Tier = tuple[str | None, str | None, str | None]
"""`up_to`, `unit_amount` (or `rate`), `flat_amount`."""


def tiered(model: str, *tiers: Tier, **keys: str) -> dict[str, Any]:
    """Return a price of tiers in the catalog's form."""
    each = "rate" if model == "graduated_percentage" else "unit_amount"
    rows = [{"up_to": up_to, each: unit, "flat_amount": flat} for up_to, unit, flat in tiers]
    return {"model": model, "tiers": [{k: v for k, v in row.items() if v or k == "up_to"} for row in rows], **keys}


def price(form: dict[str, Any]) -> Price:
    return parse_price(form)


def line(
    form: dict[str, Any],
    usage: str | Decimal,
    *,
    events: int | None = None,
    exponent: int = 2,
    discount: dict[str, str] | None = None,
) -> Line:
    """Return the line of one charge."""
    problems: list[str] = []
    charge = Charge("key", "unit", price(form), read_discount(discount, "discount", problems))
    assert problems == []
    return rate(charge, Usage(Decimal(usage), events), exponent)


def amount(form: dict[str, Any], usage: str | Decimal, **options: Any) -> str:
    """Return the rounded amount as text, with its decimal places."""
    return str(line(form, usage, **options).amount)
