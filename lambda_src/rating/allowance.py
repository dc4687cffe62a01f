"""What is left of a price's free units, and of the tier that a quantity has reached."""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

from rating.bill import NOTHING, SegmentUsage
from rating.catalog import PlanVersion
from rating.exact import EXACT, ZERO, to_text
from rating.period import Period
from rating.pipeline import Charge, Usage, prorate, rate
from rating.pricers.tiered import Tiered
from rating.terms import Segment

_BOUND = attrgetter("up_to")


@dataclass(frozen=True, slots=True)
class FreeUnits:
    """Units that cost nothing."""

    included: Decimal
    """In the segment."""
    used: Decimal

    @property
    def remaining(self) -> Decimal:
        """What is left."""
        return EXACT.subtract(self.included, self.used)


@dataclass(frozen=True, slots=True)
class TierReached:
    """The tier that a quantity is in; one that fills a tier is in it still."""

    number: int
    """From 1."""
    of: int
    """How many there are."""
    up_to: Decimal | None
    """The last quantity that is inside, after free units and usage discount; None for the last tier."""
    remaining: Decimal | None
    """Units until then."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a price has of free units and tiers; at least one of them."""

    free_units: FreeUnits | None
    tier: TierReached | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        free, tier = self.free_units, self.tier
        return {
            "free_units": free
            and {
                "included": to_text(free.included),
                "used": to_text(free.used),
                "remaining": to_text(free.remaining),
            },
            "tier": tier
            and {
                "number": tier.number,
                "of": tier.of,
                "up_to": _optional(tier.up_to),
                "remaining": _optional(tier.remaining),
            },
        }


def allowances_of(
    version: PlanVersion, period: Period, segment: Segment, used: SegmentUsage | None
) -> dict[str, Allowance]:
    """Return the allowances of a segment's prices, by meter; none of prices with neither free units nor tiers.

    Free units and bounds are those by which the segment is rated: scaled if it is a part of the period.

    Args:
        version: the terms of the segment.
        period: of the segment.
        segment: which has begun.
        used: in the segment; None if nothing.
    """
    found: dict[str, Allowance] = {}
    for price in version.prices:
        charge = Charge(price.meter, "unit", price.price, price.discount)
        scaled = charge if segment.days == period.days else prorate(charge, segment.days, period.days)
        quantity = used.quantities.get(price.meter, NOTHING) if used else NOTHING
        if quantity.value < ZERO:
            continue  # such a segment has no bill
        if allowance := allowance_of(scaled, Usage(quantity.value, quantity.events)):
            found[price.meter] = allowance
    return found


def allowance_of(charge: Charge, usage: Usage) -> Allowance | None:
    """Return what a usage leaves of a charge's free units and tiers; None if it has neither.

    Args:
        charge: as it is rated, scaled already.
        usage: zero or more.
    """
    line = rate(charge, usage, 0)
    included = charge.price.free_units
    free = FreeUnits(included, min(usage.quantity, included)) if included else None
    pricer = charge.price.pricer
    tier = _reached(pricer, line.billed_quantity) if isinstance(pricer, Tiered) else None
    return Allowance(free, tier) if free or tier else None


def _reached(pricer: Tiered, quantity: Decimal) -> TierReached:
    tiers = pricer.tiers
    index = bisect_left(tiers, quantity, hi=len(tiers) - 1, key=_BOUND)  # the last tier has no bound
    bound = tiers[index].up_to
    remaining = None if bound is None else EXACT.subtract(bound, quantity)
    return TierReached(index + 1, len(tiers), bound, remaining)


def _optional(number: Decimal | None) -> str | None:
    return None if number is None else to_text(number)
