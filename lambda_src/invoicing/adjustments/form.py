"""An adjustment of a period, and its form in a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from invoicing.money import amount_text, exact_sum
from invoicing.tax import Tax
from rating.exact import EXACT
from rating.period import Period

Reason = Literal["late_usage", "billed_before"]
"""Rows came after the cutoff; or: a re-issued invoice leaves out what a later one has billed of its period."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One side of an adjustment line."""

    quantity: str | None
    """Plain text; None if there is no such line on this side."""
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """A line whose amount differs from what was billed."""

    key: str
    meter: str | None
    description: str
    unit: str
    tax: Tax
    was: Figure
    now: Figure
    detail: Mapping[str, Any] | None
    """How `now` was rated; None if there is no such line any more."""

    @property
    def amount(self) -> Decimal:
        """`now` less `was`; may be negative."""
        return EXACT.subtract(self.now.amount, self.was.amount)

    def to_json(self, currency_exponent: int) -> dict[str, Any]:
        """Return the line as it stands in a document."""
        return {
            "key": self.key,
            "meter": self.meter,
            "description": self.description,
            "unit": self.unit,
            "was": _figure_json(self.was, currency_exponent),
            "now": _figure_json(self.now, currency_exponent),
            "amount": amount_text(self.amount, currency_exponent),
            "tax": self.tax.to_json(),
            "detail": None if self.detail is None else dict(self.detail),
        }


@dataclass(frozen=True, slots=True)
class PeriodAdjustment:
    """All lines of one period that an invoice of another, or a re-issued one, corrects."""

    period: Period
    reason: Reason
    currency: str
    currency_exponent: int
    lines: tuple[AdjustmentLine, ...]
    """In the order of their keys; at least one."""
    numbers: tuple[str, ...] = ()
    """Of the invoices that are corrected; none if the period had no invoice."""
    evidence: Mapping[str, Any] | None = None
    """Of the period's rows that are known now, as JSON values."""

    @property
    def amount(self) -> Decimal:
        """The sum of the lines' amounts."""
        return exact_sum(line.amount for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """Return the adjustment as it stands in a document."""
        return {
            "period": str(self.period),
            "reason": self.reason,
            "invoices": list(self.numbers),
            "lines": [line.to_json(self.currency_exponent) for line in self.lines],
            "evidence": None if self.evidence is None else dict(self.evidence),
        }


def _figure_json(figure: Figure, currency_exponent: int) -> dict[str, Any]:
    return {"quantity": figure.quantity, "amount": amount_text(figure.amount, currency_exponent)}
