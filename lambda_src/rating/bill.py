"""A tenant's bill of a period: every price of every segment rated, fee and commitment among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from typing import Literal

from rating.catalog import Catalog, Plan, PlanVersion
from rating.exact import EXACT, ONE, ZERO, round_amount
from rating.failure import TermsError, UsageError
from rating.line import Adjustment, Line, Part
from rating.period import Period
from rating.pipeline import Charge, Usage, prorate, rate, total
from rating.price import Price
from rating.pricers.flat import Flat
from rating.scale import Scale
from rating.terms import Segment

MONTH = "month"
"""Unit of fee and commitment."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a meter measured."""

    value: Decimal
    events: int
    """Number of rows behind it."""


NOTHING = Quantity(ZERO, 0)


@dataclass(frozen=True, slots=True)
class Group:
    """The part of a meter's quantity that has certain values in the columns it is grouped by."""

    dimensions: tuple[tuple[str, str | None], ...]
    """Column and value, in the order of the meter's `group_by`."""
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class SegmentUsage:
    """What all meters measured in a segment."""

    rows: int
    """All rows of the segment, whatever the meters counted."""
    quantities: Mapping[str, Quantity]
    """By meter."""
    groups: Mapping[str, tuple[Group, ...]]
    """By meter; only meters with `group_by` have any."""
    groups_omitted: Mapping[str, int] = field(default_factory=dict)
    """By meter, how many smaller groups there are besides; only meters that have such."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a bill."""

    key: str
    """`<first day of the segment>/<meter>`, or `/recurring`, or `/commitment`: the same at every run."""
    segment: int
    """Index of the segment."""
    kind: Literal["recurring", "usage", "commitment"]
    meter: str | None
    """Name; None but for usage."""
    description: str
    """For the customer."""
    line: Line
    """Its unit is a month but for usage."""
    groups: tuple[Group, ...]
    """The quantity in detail, sorted by the dimensions' values."""
    groups_omitted: int = 0
    """How many smaller groups there are besides."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a tenant owes for a period, before tax."""

    period: Period
    currency: str
    currency_exponent: int
    segments: tuple[Segment, ...]
    """Those that count; none if the tenant has no subscription and no row."""
    lines: tuple[BillLine, ...]
    """Per segment: fee, prices in the plan's order, commitment."""
    issue_zero_invoices: bool
    """Whether a plan of one of the segments wants an invoice of nothing but zero amounts."""

    @property
    def subtotal(self) -> Decimal:
        """The sum of the lines' rounded amounts, with the currency's decimal places."""
        return round_amount(total(line.line for line in self.lines), self.currency_exponent)


def rate_bill(catalog: Catalog, period: Period, segments: Iterable[Segment], usage: Mapping[int, SegmentUsage]) -> Bill:
    """Return the bill of a tenant's period.

    Args:
        catalog: whose plans the segments name.
        period: which the segments are of.
        segments: at least one, all in one currency; those on the default plan without rows are left out.
        usage: by index of the segment; in a segment that is not there, nothing was used.

    Raises:
        UsageError: a quantity is negative or missing; the message begins with the line's key.
        TermsError: a segment names a plan or version that the catalog does not have.
        ValueError: there is no segment, usage is of none of them, or their currencies differ.
    """
    every = sorted(segments, key=lambda segment: segment.start)
    plans = [_plan_of(catalog, segment) for segment in every]
    currencies = sorted({(plan.currency, plan.currency_exponent) for plan, _ in plans})
    if len(currencies) != 1:
        raise ValueError(f"segments of a bill must be in one currency, got {[code for code, _ in currencies]}")
    [(currency, exponent)] = currencies
    if unknown := usage.keys() - {segment.index for segment in every}:
        raise ValueError(f"usage must be of the bill's segments, got that of segment {min(unknown)}")
    kept: list[tuple[Segment, Plan]] = []
    lines: list[BillLine] = []
    for segment, (plan, version) in zip(every, plans, strict=True):
        used = usage.get(segment.index)
        if segment.on_default and not (used and used.rows):
            continue
        kept.append((segment, plan))
        lines += _SegmentRating(catalog, period, segment, plan, version).lines(used)
    issue = any(plan.issue_zero_invoices for _, plan in kept)
    return Bill(period, currency, exponent, tuple(segment for segment, _ in kept), tuple(lines), issue)


def _plan_of(catalog: Catalog, segment: Segment) -> tuple[Plan, PlanVersion]:
    plan = catalog.plans.get(segment.plan)
    version = plan.version_named(segment.version) if plan else None
    if plan is None or version is None:
        raise TermsError(f"segment must be of a plan in the catalog, got {segment.plan} {segment.version}")
    return plan, version


@dataclass(frozen=True, slots=True)
class _SegmentRating:
    """Makes the lines of one segment."""

    catalog: Catalog
    period: Period
    segment: Segment
    plan: Plan
    version: PlanVersion

    def lines(self, used: SegmentUsage | None) -> list[BillLine]:
        lines = [] if self.version.recurring_fee is None else [self._fee(self.version.recurring_fee)]
        for price in self.version.prices:
            meter = self.catalog.meters[price.meter]
            charge = Charge(self._key(price.meter), meter.unit, price.price, price.discount)
            line = self._rate(charge, _quantity(used, price.meter, charge.key))
            charged = self._line("usage", line, price.description, price.meter)
            lines.append(_with_groups(charged, used, price.meter) if used else charged)
        if self.version.minimum_commitment is not None:
            lines += self._commitment(self.version.minimum_commitment, lines)
        return lines

    def _fee(self, fee: Decimal) -> BillLine:
        charge = Charge(self._key("recurring"), MONTH, Price("flat", Flat(fee)), self.version.discount)
        line = self._rate(charge, Quantity(ONE, 1))
        return self._line("recurring", line, f"{self.plan.description}: monthly fee")

    def _commitment(self, commitment: Decimal, lines: list[BillLine]) -> list[BillLine]:
        """Return the line for what the others fall short of the commitment; none if they do not."""
        scale = Scale(self.segment.days, self.period.days)
        committed = scale.figure("minimum_commitment", commitment)
        charged = total(line.line for line in lines)
        with localcontext(EXACT):
            missing = committed - charged
            adjustment = Adjustment("charged", charged, -charged)
        amount = round_amount(missing, self.plan.currency_exponent)
        if amount <= ZERO:
            return []
        line = Line(
            key=self._key("commitment"),
            unit=MONTH,
            quantity=ONE,
            unit_amount=None,
            amount=amount,
            model="commitment",
            billed_quantity=ONE,
            parts=(Part("flat", None, ONE, committed, committed),),
            adjustments=(adjustment,),
            unrounded=missing,
            proration=None if self._is_whole else scale.proration(),
        )
        return [self._line("commitment", line, f"{self.plan.description}: rest of the minimum commitment")]

    @property
    def _is_whole(self) -> bool:
        return self.segment.days == self.period.days

    def _key(self, of: str) -> str:
        return f"{self.segment.start}/{of}"

    def _rate(self, charge: Charge, quantity: Quantity) -> Line:
        scaled = charge if self._is_whole else prorate(charge, self.segment.days, self.period.days)
        try:
            return rate(scaled, Usage(quantity.value, quantity.events), self.plan.currency_exponent)
        except UsageError as error:
            raise UsageError(f"{charge.key}: {error}") from error

    def _line(
        self,
        kind: Literal["recurring", "usage", "commitment"],
        line: Line,
        description: str,
        meter: str | None = None,
    ) -> BillLine:
        return BillLine(line.key, self.segment.index, kind, meter, description, line, ())


def _quantity(used: SegmentUsage | None, meter: str, key: str) -> Quantity:
    if used is None:
        return NOTHING
    quantity = used.quantities.get(meter)
    if quantity is None:  # measured with another catalog, perhaps; zero would be a guess
        raise UsageError(f"{key}: must be measured wherever its segment is")
    return quantity


def _with_groups(line: BillLine, used: SegmentUsage, meter: str) -> BillLine:
    return replace(line, groups=_sorted(used.groups.get(meter, ())), groups_omitted=used.groups_omitted.get(meter, 0))


def _sorted(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda group: [(value is not None, value or "") for _, value in group.dimensions]))
