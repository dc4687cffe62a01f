"""What is kept of the values of a metric in one minute, and the statistics that come from it."""

import math
import re
from collections.abc import Callable
from typing import Final

DISTINCT: Final = 64
"""Values that are kept as they are; more are kept to two percent, as CloudWatch keeps a sparse histogram."""
_STEP = math.log(1.02)
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)")


class StatisticError(ValueError):
    """There is no such statistic here."""


class Distribution:
    """Values of a metric, aggregated: as large after a million of them as after a hundred.

    Attributes:
        count, total, low, high: number, sum, minimum and maximum.
        values: value -> how often it came; None where percentiles cannot be told (a published statistic set).
    """

    __slots__ = ("count", "high", "low", "total", "values")

    def __init__(self) -> None:
        self.count, self.total = 0.0, 0.0
        self.low, self.high = math.inf, -math.inf
        self.values: dict[float, float] | None = {}

    def add(self, value: float, times: float = 1.0) -> None:
        """Add a value that came some times."""
        self.count += times
        self.total += value * times
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        if self.values is not None:
            if value not in self.values and len(self.values) >= DISTINCT:
                value = _coarse(value)
            self.values[value] = self.values.get(value, 0.0) + times

    def add_set(self, count: float, total: float, low: float, high: float) -> None:
        """Add a published statistic set; it has percentiles only if all its values are the same."""
        if low == high and total == low * count:
            self.add(low, count)
            return
        self.count, self.total, self.values = self.count + count, self.total + total, None
        self.low, self.high = min(self.low, low), max(self.high, high)

    def merge(self, other: "Distribution") -> None:
        """Add all that another one has."""
        self.count, self.total = self.count + other.count, self.total + other.total
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        if self.values is None or other.values is None:
            self.values = None
            return
        for value, times in other.values.items():
            known = value if value in self.values or len(self.values) < DISTINCT else _coarse(value)
            self.values[known] = self.values.get(known, 0.0) + times


def _coarse(value: float) -> float:
    return math.copysign(math.exp(round(math.log(abs(value)) / _STEP) * _STEP), value) if value else 0.0


_BASIC: Final[dict[str, Callable[[Distribution], float]]] = {
    "SampleCount": lambda found: found.count,
    "Sum": lambda found: found.total,
    "Average": lambda found: found.total / found.count,
    "Minimum": lambda found: found.low,
    "Maximum": lambda found: found.high,
}
BASIC: Final = tuple(_BASIC)
"""The statistics that have a name of their own."""


def check(statistic: str) -> None:
    """Demand that a statistic is a basic one or a percentile.

    Raises:
        StatisticError: it is none, or one of CloudWatch's that the embedded AWS lacks (trimmed means and the like).
    """
    if statistic not in _BASIC and not _PERCENTILE.fullmatch(statistic):
        raise StatisticError(f"The value {statistic} for parameter Stat is not supported by the embedded AWS.")


def value_of(found: Distribution, statistic: str) -> float | None:
    """Give a statistic of at least one value; None where CloudWatch has no percentile.

    Args:
        found: the values.
        statistic: such as `Sum` or `p99.9`; `check` has taken it.
    """
    if statistic in _BASIC:
        return _BASIC[statistic](found)
    if found.values is None or found.low < 0:
        return None
    return _percentile(found, float(statistic[1:]))


def _percentile(found: Distribution, percent: float) -> float:
    """Interpolate between the two nearest ranks, as if each value stood there as often as it came."""
    ordered = sorted((found.values or {}).items())
    rank = percent / 100 * max(found.count - 1, 0)
    below, share = math.floor(rank), rank - math.floor(rank)

    def at(index: float) -> float:
        seen = 0.0
        for value, times in ordered:
            seen += times
            if index < seen:
                return value
        return ordered[-1][0]

    value = at(below) + share * (at(below + 1) - at(below)) if share else at(below)
    return min(max(value, found.low), found.high)
