"""The metrics themselves: per minute one distribution, coarser the older it is, as CloudWatch keeps them."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from embedded_aws import hooks
from embedded_aws.clock import CLOCK
from embedded_aws.cloudwatch.distributions import Distribution

_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "get_region")

MINUTE: Final = 60
RETENTION: Final = ((timedelta(days=15), 300), (timedelta(days=63), 3600))
"""Data older than that is kept per that many seconds."""
KEPT: Final = timedelta(days=455)
"""Data older than that is gone: 15 months."""
_TIDY_ABOVE = 4096
"""Distributions of a metric from which on the old ones are merged."""

Dimensions = tuple[tuple[str, str], ...]


def dimensions_of(named: Mapping[str, str]) -> Dimensions:
    """Give dimensions in their one order: metrics are the same only if all their dimensions are."""
    return tuple(sorted(named.items()))


def dimensions_in(pairs: list[dict[str, str]] | None) -> Dimensions:
    """Give the dimensions of a request's list of names and values."""
    return dimensions_of({pair["Name"]: pair["Value"] for pair in pairs or []})


@dataclass(frozen=True)
class MetricName:
    """What makes a metric one of its own: the same name with other dimensions is another metric."""

    namespace: str
    name: str
    dimensions: Dimensions = ()


@dataclass
class Series:
    """The data of one metric in one unit.

    Attributes:
        unit: such as `Count`.
        minutes: seconds since 1970 at which a minute (or what it was merged into) begins -> its values.
    """

    unit: str
    minutes: dict[int, Distribution] = field(default_factory=dict)
    _tidy_at: int = _TIDY_ABOVE

    def at(self, seconds: float) -> Distribution:
        """Give the values of the minute that a moment is in, to add to; call it under the store's lock."""
        minute = int(seconds // MINUTE) * MINUTE
        found = self.minutes.get(minute)
        if found is None:
            if len(self.minutes) >= self._tidy_at:  # before there is one that nobody has added to yet
                self._tidy(CLOCK.now().timestamp())
            found = self.minutes[minute] = Distribution()
        return found

    def _tidy(self, now: float) -> None:
        """Merge what is old and drop what is too old."""
        kept: dict[int, Distribution] = {}
        for start, found in self.minutes.items():
            if start < now - KEPT.total_seconds():
                continue
            step = max([seconds for age, seconds in RETENTION if start < now - age.total_seconds()], default=MINUTE)
            target = start // step * step
            if target in kept:
                kept[target].merge(found)
            else:
                kept[target] = found
        self.minutes = kept
        self._tidy_at = max(_TIDY_ABOVE, 2 * len(kept))


class Store:
    """The metrics of an account in a Region; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._metrics: dict[MetricName, dict[str, Series]] = {}

    def series(self, metric: MetricName, unit: str) -> Series:
        """Give a metric's data in a unit, which may be kept to add to by `add`."""
        with self._lock:
            units = self._metrics.setdefault(metric, {})
            if unit not in units:
                units[unit] = Series(unit)
            return units[unit]

    def add(self, values: list[tuple[Series, float]], seconds: float) -> None:
        """Add values of one moment to their series.

        Args:
            values: a series that `series` gave, and a value.
            seconds: the moment, since 1970.
        """
        with self._lock:
            for series, value in values:
                series.at(seconds).add(value)

    def add_times(self, series: Series, value: float, times: float, seconds: float) -> None:
        """Add a value that came some times."""
        with self._lock:
            series.at(seconds).add(value, times)

    def add_set(self, series: Series, published: Mapping[str, float], seconds: float) -> None:
        """Add a published statistic set: `SampleCount`, `Sum`, `Minimum`, `Maximum`."""
        numbers = [float(published[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum")]
        with self._lock:
            series.at(seconds).add_set(*numbers)

    def known(self, metric: MetricName) -> bool:
        """Whether the metric has any data."""
        with self._lock:
            return any(series.minutes for series in self._metrics.get(metric, {}).values())

    def periods(
        self, metric: MetricName, start: int, end: int, period: int, unit: str | None = None
    ) -> dict[int, Distribution]:
        """Give the values of each period that has any, by the period's start, in order.

        Args:
            metric: exactly this one.
            start: seconds since 1970 at which the first period begins.
            end: before which data lies.
            period: seconds.
            unit: None takes all units.
        """
        found: dict[int, Distribution] = {}
        with self._lock:
            for series in self._metrics.get(metric, {}).values():
                if unit in (None, series.unit):
                    for minute in _minutes(series, start, end):
                        begin = start + (minute - start) // period * period
                        found.setdefault(begin, Distribution()).merge(series.minutes[minute])
        return dict(sorted(found.items()))

    def units(self, metric: MetricName) -> list[str]:
        """Give the units that a metric has data in."""
        with self._lock:
            return [unit for unit, series in self._metrics.get(metric, {}).items() if series.minutes]

    def listed(self, since: float) -> list[MetricName]:
        """Give the metrics that have data since a moment, in seconds since 1970."""
        with self._lock:
            return [
                metric
                for metric, units in self._metrics.items()
                if any(minute >= since for series in units.values() for minute in reversed(series.minutes))
            ]


def _minutes(series: Series, start: int, end: int) -> Iterator[int]:
    """Give the minutes with data in a range, by whichever way is shorter."""
    first = -(-start // MINUTE) * MINUTE
    if (end - first) // MINUTE > len(series.minutes):
        return (minute for minute in series.minutes if start <= minute < end)
    return (minute for minute in range(first, end, MINUTE) if minute in series.minutes)


class Stores:
    """The stores of all accounts and Regions; `STORES`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stores: dict[tuple[str, str], Store] = {}

    def of(self, account: str, region: str) -> Store:
        """Give the store of an account in a Region."""
        with self._lock:
            return self._stores.setdefault((account, region), Store())

    def current(self) -> Store:
        """Give the store of the account and Region that is acted in."""
        return self.of(_RESPONSES.get_account_id(), _RESPONSES.get_region())


STORES = Stores()
"""Those of this process's embedded AWS."""


def record(namespace: str, name: str, value: float, unit: str = "None", dimensions: Any = None) -> None:
    """Record a value now, in the account and Region that is acted in.

    Args:
        namespace: such as `AWS/SQS`.
        name: the metric's.
        value: the value.
        unit: such as `Count`.
        dimensions: names and values, all of which make the metric.
    """
    store = STORES.current()
    series = store.series(MetricName(namespace, name, dimensions_of(dimensions or {})), unit)
    store.add([(series, float(value))], CLOCK.now().timestamp())
