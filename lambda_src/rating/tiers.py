"""Tiers: each begins above the bound of the one before it and includes its own bound; the last has none."""

from dataclasses import dataclass
from decimal import Decimal

from rating.exact import ONE, ZERO, show, to_text
from rating.form import Form
from rating.line import Kind, Part
from rating.scale import Scale


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier; of `each` and `flat_amount` at least one is there."""

    up_to: Decimal | None
    """The last quantity that is inside; None for the last tier."""
    each: Decimal | None
    """Amount of a unit, or rate in per cent."""
    flat_amount: Decimal | None
    """Charged once if the tier is reached; the first tier always is."""


Tiers = tuple[Tier, ...]


def read_tiers(form: Form, each: str) -> Tiers:
    """Return the tiers of a price and report what is wrong with them.

    Args:
        form: the price.
        each: key of what a unit costs: `unit_amount` or `rate`.
    """
    rows = form.get("tiers")
    if not isinstance(rows, list) or not rows:
        form.refuse("tiers", f"must be a list of at least one tier, got {show(rows)}")
        return ()
    tiers: list[Tier] = []
    below: Decimal | None = None
    for number, row in enumerate(rows):
        tier_form = Form(row, form.at(f"tiers[{number}]"), form.problems)
        tier = _read_tier(tier_form, each, below, last=number == len(rows) - 1)
        below = tier.up_to if tier.up_to is not None else below
        tiers.append(tier)
    return tuple(tiers)


def _read_tier(form: Form, each: str, below: Decimal | None, *, last: bool) -> Tier:
    tier = Tier(_read_bound(form, below, last=last), form.optional(each), form.optional("flat_amount"))
    if tier.each is None and tier.flat_amount is None:
        form.refuse("", f"must have {each} or flat_amount, or both")
    form.finish()
    return tier


def _read_bound(form: Form, below: Decimal | None, *, last: bool) -> Decimal | None:
    faults = len(form.problems)
    bound = form.optional("up_to")
    if not form.has("up_to"):
        form.refuse("up_to", f"missing, must be {'null in the last tier' if last else 'a number as a string'}")
    elif bound is None and not last:
        form.refuse("up_to", "must be a number in every tier but the last, got null")
    elif bound is not None and last:
        form.refuse("up_to", f"must be null in the last tier, got {show(to_text(bound))}")
    if bound is None or len(form.problems) > faults:
        return None
    if below is not None and bound <= below:
        form.refuse("up_to", f"must be above that of the tier before, {to_text(below)}, got {show(to_text(bound))}")
    return bound


def scale_tiers(tiers: Tiers, scale: Scale) -> Tiers:
    """Return the tiers with bounds and flat amounts scaled to a part of the period."""
    return tuple(
        Tier(
            scale.optional(f"tiers[{number}].up_to", tier.up_to),
            tier.each,
            scale.optional(f"tiers[{number}].flat_amount", tier.flat_amount),
        )
        for number, tier in enumerate(tiers)
    )


def graduate(tiers: Tiers, quantity: Decimal, kind: Kind) -> tuple[Decimal, tuple[Part, ...]]:
    """Return the amount, and its parts, of a quantity of which each unit is charged at its own tier.

    Args:
        tiers: in order.
        quantity: zero or more; zero reaches the first tier.
        kind: `units` at an amount each, or a `value` at a rate in per cent.
    """
    parts: list[Part] = []
    total = ZERO
    bottom = ZERO
    for number, tier in enumerate(tiers, 1):
        top = tier.up_to
        if top is None or quantity <= top:
            total += charge_tier(tier, number, quantity - bottom, kind, parts)
            break
        total += charge_tier(tier, number, top - bottom, kind, parts)
        bottom = top
    return total, tuple(parts)


def charge_tier(tier: Tier, number: int, inside: Decimal, kind: Kind, parts: list[Part]) -> Decimal:
    """Return what a tier charges, for the units inside and once for being reached, and add it to the parts."""
    total = ZERO
    each = tier.each
    if each is not None:
        total = inside * each if kind == "units" else (inside * each).scaleb(-2)
        parts.append(Part(kind, number, inside, each, total))
    flat = tier.flat_amount
    if flat is not None:
        parts.append(Part("flat", number, ONE, flat, flat))
        total += flat
    return total
