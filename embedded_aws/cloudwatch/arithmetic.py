"""Metric math at work: operators on scalars, time series and arrays of them, as CloudWatch's tables describe them."""

import itertools
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from embedded_aws.cloudwatch.expressions import ExpressionError


@dataclass(frozen=True)
class TimeSeries:
    """Data points by their time.

    Attributes:
        points: seconds since 1970 -> value, in order of time; a time without value is missing.
        grid: all times that could have one.
        known: whether the metric has ever had data; one that never had cannot be filled either.
        label: for a reader.
    """

    points: dict[int, float]
    grid: range
    known: bool = True
    label: str = ""

    def with_points(self, points: dict[int, float]) -> "TimeSeries":
        """Give a series of other values, on the same grid; what is no number is missing."""
        finite = {time: value for time, value in sorted(points.items()) if math.isfinite(value)}
        return TimeSeries(finite, self.grid, self.known, self.label)


Value: TypeAlias = float | TimeSeries | list[TimeSeries]


def _divided(one: float, other: float) -> float:
    return one / other if other else math.nan  # the data point is dropped


def _power(one: float, other: float) -> float:
    try:
        return float(one**other) if one >= 0 or other.is_integer() else math.nan
    except (OverflowError, ZeroDivisionError):
        return math.nan


OPERATORS: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "^": _power,
    "==": lambda one, other: float(one == other),
    "!=": lambda one, other: float(one != other),
    "<=": lambda one, other: float(one <= other),
    ">=": lambda one, other: float(one >= other),
    "<": lambda one, other: float(one < other),
    ">": lambda one, other: float(one > other),
    "AND": lambda one, other: float(bool(one) and bool(other)),
    "OR": lambda one, other: float(bool(one) or bool(other)),
}
"""Sign -> what it does with two scalars."""


def combine(sign: str, one: Value, other: Value) -> Value:
    """Apply an operator: a missing value of one of two series is 0, a division by zero drops the data point.

    Raises:
        ExpressionError: two arrays of different lengths.
    """
    if not isinstance(one, list) and not isinstance(other, list):
        return _combine(OPERATORS[sign], one, other)
    if isinstance(one, list) and isinstance(other, list) and len(one) != len(other):
        raise ExpressionError(f"Arrays of {len(one)} and {len(other)} time series cannot be combined")
    length = len(one if isinstance(one, list) else other if isinstance(other, list) else [])
    pairs = zip(*(item if isinstance(item, list) else [item] * length for item in (one, other)), strict=True)
    return [_series(combine(sign, first, second)) for first, second in pairs]


def _combine(apply: Callable[[float, float], float], one: float | TimeSeries, other: float | TimeSeries) -> Value:
    if isinstance(one, float):
        if isinstance(other, float):
            return apply(one, other)
        return each(other, lambda value: apply(one, value))
    if isinstance(other, float):
        return each(one, lambda value: apply(value, other))
    times = sorted(one.points.keys() | other.points.keys())
    return one.with_points({time: apply(one.points.get(time, 0.0), other.points.get(time, 0.0)) for time in times})


def each(series: TimeSeries, apply: Callable[[float], float]) -> TimeSeries:
    """Apply a function of one scalar to every data point."""
    return series.with_points({time: apply(value) for time, value in series.points.items()})


def mapped(value: Value, apply: Callable[[float], float]) -> Value:
    """Apply a function of one scalar to a scalar, a series, or each of an array."""
    if isinstance(value, float):
        return apply(value)
    return [each(item, apply) for item in value] if isinstance(value, list) else each(value, apply)


def _series(value: Value) -> TimeSeries:
    if not isinstance(value, TimeSeries):
        raise ExpressionError("A time series is expected here")
    return value


def fill(series: TimeSeries, filler: "Value | str") -> TimeSeries:
    """Fill missing data points: with a scalar, the same time's value of a series, the last value, or linearly.

    A metric that never had any data stays empty, as there is nothing that CloudWatch knows of.
    """
    if not series.known:
        return series
    if filler == "REPEAT":
        return series.with_points(_repeated(series))
    if filler == "LINEAR":
        return series.with_points(_linear(series))
    if isinstance(filler, TimeSeries):
        return series.with_points(filler.points | series.points)
    if not isinstance(filler, float):
        raise ExpressionError("FILL takes a number, a time series, REPEAT or LINEAR")
    return series.with_points({time: series.points.get(time, filler) for time in series.grid})


def _repeated(series: TimeSeries) -> dict[int, float]:
    found, last = {}, None
    for time in series.grid:
        last = series.points.get(time, last)
        if last is not None:
            found[time] = last
    return found


def _linear(series: TimeSeries) -> dict[int, float]:
    found, times = dict(series.points), list(series.points)
    for before, after in itertools.pairwise(times):
        slope = (series.points[after] - series.points[before]) / (after - before)
        for time in range(before + series.grid.step, after, series.grid.step):
            found[time] = series.points[before] + slope * (time - before)
    return found


def choose(condition: Value, yes: Value, no: Value | None) -> TimeSeries:
    """Give IF: per data point of the condition, or of the chosen series if the condition is a scalar."""
    if isinstance(condition, float):
        chosen = yes if condition else no
        if isinstance(chosen, TimeSeries):
            return chosen
        other = no if condition else yes
        if chosen is None and isinstance(other, TimeSeries):
            return other.with_points({})
        raise ExpressionError("IF with a scalar condition needs a time series")
    if isinstance(condition, list):
        raise ExpressionError("IF takes no array as its condition")
    points = {}
    for time, value in condition.points.items():
        found = _at(yes, time, 0.0) if value else _at(no, time, None)
        if found is not None:
            points[time] = found
    return condition.with_points(points)


def _at(branch: Value | None, time: int, missing: float | None) -> float | None:
    if branch is None:
        return None
    if isinstance(branch, list):
        raise ExpressionError("IF takes no array as its value")
    return branch.points.get(time, missing) if isinstance(branch, TimeSeries) else branch
