"""The functions of metric math that the embedded AWS has."""

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Final

from embedded_aws.cloudwatch.arithmetic import TimeSeries, Value, mapped
from embedded_aws.cloudwatch.expressions import ExpressionError


def _logarithm(of: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: of(value) if value > 0 else math.nan


_SCALAR: Final[dict[str, Callable[[float], float]]] = {
    "ABS": abs,
    "CEIL": lambda value: float(math.ceil(value)),
    "FLOOR": lambda value: float(math.floor(value)),
    "LOG": _logarithm(math.log),
    "LOG10": _logarithm(math.log10),
}
_REDUCED: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "AVG": statistics.fmean,
    "MAX": max,
    "MIN": min,
    "STDDEV": statistics.pstdev,
    "SUM": math.fsum,
}


def _neighbours(series: TimeSeries, of: Callable[[float, int], float]) -> TimeSeries:
    """Apply a function to the differences of value and time between each data point and the one before it."""
    points = list(series.points.items())
    pairs = itertools.pairwise(points)
    return series.with_points({time: of(value - before, time - then) for (then, before), (time, value) in pairs})


def _running(series: TimeSeries) -> TimeSeries:
    total, points = 0.0, {}
    for time, value in series.points.items():
        total += value
        points[time] = total
    return series.with_points(points)


_SERIES: Final[dict[str, Callable[[TimeSeries], TimeSeries]]] = {
    "DIFF": lambda series: _neighbours(series, lambda value, _: value),
    "DIFF_TIME": lambda series: _neighbours(series, lambda _, seconds: float(seconds)),
    "RATE": lambda series: _neighbours(series, lambda value, seconds: value / seconds),
    "RUNNING_SUM": _running,
}
NAMES: Final = (
    frozenset(_SCALAR)
    | frozenset(_REDUCED)
    | frozenset(_SERIES)
    | {
        "DATAPOINT_COUNT",
        "FIRST",
        "LAST",
        "METRIC_COUNT",
        "PERIOD",
        "REMOVE_EMPTY",
        "TIME_SERIES",
    }
)
"""Functions of one value; IF, FILL and METRICS, which are not, are the caller's."""


def apply(name: str, value: Value, grid: range) -> Value:
    """Call a function of one value.

    Args:
        name: one of `NAMES`.
        value: its argument.
        grid: the times of a series that is made from a scalar.

    Raises:
        ExpressionError: the function takes no such value.
    """
    if name in _SCALAR:
        return mapped(value, _SCALAR[name])
    if name in _REDUCED or name == "DATAPOINT_COUNT":
        return _reduced(name, value)
    if name in _SERIES and isinstance(value, list):
        return [_SERIES[name](series) for series in value]
    if name in _SERIES:
        return _SERIES[name](_of_series(name, value))
    return _of_scalar(value, grid) if name == "TIME_SERIES" else _of_array(name, value)


def _of_scalar(value: Value, grid: range) -> TimeSeries:
    if not isinstance(value, float):
        raise ExpressionError("TIME_SERIES takes a number")
    return TimeSeries(dict.fromkeys(grid, value), grid)


def _of_array(name: str, value: Value) -> Value:
    if name == "PERIOD":
        return float(_of_series(name, value).grid.step)
    if not isinstance(value, list):
        raise ExpressionError(f"{name} takes an array of time series")
    if name == "METRIC_COUNT":
        return float(len(value))
    if name == "REMOVE_EMPTY":
        return [series for series in value if series.points]
    if not value:
        raise ExpressionError(f"{name} of an empty array")
    return value[0] if name == "FIRST" else value[-1]


def _reduced(name: str, value: Value) -> Value:
    """Reduce a series to a scalar, and an array to one series: per time, what is missing is 0."""
    if isinstance(value, TimeSeries):
        found = list(value.points.values())
        if name == "DATAPOINT_COUNT":
            return float(len(found))
        return float(_REDUCED[name](found)) if found else 0.0
    if isinstance(value, float) or not value:
        raise ExpressionError(f"{name} takes a time series or an array of them")
    times = sorted({time for series in value for time in series.points})
    if name == "DATAPOINT_COUNT":
        return value[0].with_points({time: float(sum(time in one.points for one in value)) for time in times})
    reduce = _REDUCED[name]
    return value[0].with_points({time: float(reduce([one.points.get(time, 0.0) for one in value])) for time in times})


def _of_series(name: str, value: Value) -> TimeSeries:
    if not isinstance(value, TimeSeries):
        raise ExpressionError(f"{name} takes a time series")
    return value
