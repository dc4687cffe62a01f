"""An invoice line, and what a customer needs to recompute it by hand."""

from decimal import Decimal
from typing import Any, Literal, NamedTuple

from rating.exact import to_text

Kind = Literal["flat", "units", "packages", "value", "events"]
"""What a part counts: one (a flat amount), units, started packages, the metered value in per cent, or events."""


class Part(NamedTuple):
    """One multiplication: `quantity * each`, or for a value `quantity * each / 100`."""

    kind: Kind
    tier: int | None
    """Number of the tier, from 1; None for models without tiers."""
    quantity: Decimal
    each: Decimal
    """Amount of one, or the rate in per cent for a value."""
    amount: Decimal
    """Unrounded."""


Priced = tuple[Decimal | None, Decimal, tuple[Part, ...]]
"""What a pricer makes of a quantity: what every unit costs alike (None if there is no such amount), the unrounded
amount, and the parts that add up to it."""


class Adjustment(NamedTuple):
    """One step of the pipeline that changed the quantity or the amount."""

    kind: Literal["free_units", "usage_discount", "percentage_discount", "maximum", "minimum", "charged"]
    figure: Decimal
    """The figure of price or discount that asked for it."""
    change: Decimal
    """By how much quantity (free units, usage discount) or amount (the others) changed, unrounded."""


class ScaledFigure(NamedTuple):
    """A figure of price or discount, and what is left of it for a part of the period."""

    path: str
    full: Decimal
    scaled: Decimal


class Proration(NamedTuple):
    """The part of a period that a line is for: `days` of `of_days`, and every figure that was scaled for it."""

    days: int
    of_days: int
    figures: tuple[ScaledFigure, ...]


class Line(NamedTuple):
    """One price of one segment, rated."""

    key: str
    """Stable: the same charge has the same key at every run."""
    unit: str
    quantity: Decimal
    """As measured."""
    unit_amount: Decimal | None
    """What every billed unit costs alike; None if there is no such amount."""
    amount: Decimal
    """Rounded to the currency's decimal places."""
    model: str
    billed_quantity: Decimal
    """What is left to be priced after free units and usage discount."""
    parts: tuple[Part, ...]
    adjustments: tuple[Adjustment, ...]
    """In the order in which they were made."""
    unrounded: Decimal
    """The sum of the parts and of the amounts' adjustments; `amount` is its rounding."""
    proration: Proration | None


def detail(line: Line) -> dict[str, Any]:
    """Return all of a line but its key and unit for JSON, numbers as strings in plain notation."""
    answer: dict[str, Any] = {
        "amount": f"{line.amount:f}",
        "unrounded": to_text(line.unrounded),
        "quantity": to_text(line.quantity),
        "billed_quantity": to_text(line.billed_quantity),
        "unit_amount": None if line.unit_amount is None else to_text(line.unit_amount),
        "model": line.model,
        "parts": [_part(part) for part in line.parts],
        "adjustments": [
            {"kind": step.kind, "figure": to_text(step.figure), "change": to_text(step.change)}
            for step in line.adjustments
        ],
    }
    if line.proration:
        answer["proration"] = {
            "days": line.proration.days,
            "of_days": line.proration.of_days,
            "figures": [
                {"path": figure.path, "full": to_text(figure.full), "scaled": to_text(figure.scaled)}
                for figure in line.proration.figures
            ],
        }
    return answer


def _part(part: Part) -> dict[str, Any]:
    each = "rate" if part.kind == "value" else "each"
    tier = {} if part.tier is None else {"tier": part.tier}
    return {
        "kind": part.kind,
        **tier,
        "quantity": to_text(part.quantity),
        each: to_text(part.each),
        "amount": to_text(part.amount),
    }
