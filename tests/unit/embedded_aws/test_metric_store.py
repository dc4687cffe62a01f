"""What is kept of a metric: its statistics, for how long, and in how little memory."""

import random
import sys
from datetime import UTC, datetime, timedelta

import pytest

from embedded_aws.clock import CLOCK
from embedded_aws.cloudwatch import distributions
from embedded_aws.cloudwatch.distributions import Distribution, StatisticError, value_of
from embedded_aws.cloudwatch.store import MetricName, Store, dimensions_of

METRIC = MetricName("N", "Latency", dimensions_of({"Stage": "v1", "ApiName": "a"}))


def _of(*values: float) -> Distribution:
    made = Distribution()
    for value in values:
        made.add(value)
    return made


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("SampleCount", 4),
        ("Sum", 10),
        ("Average", 2.5),
        ("Minimum", 1),
        ("Maximum", 4),
        ("p0", 1),
        ("p50", 2.5),
        ("p90", 3.7),
        ("p99.9", 3.997),
        ("p100", 4),
    ],
)
def test_a_statistic(statistic: str, expected: float) -> None:
    distributions.check(statistic)
    assert value_of(_of(3, 1, 4, 2), statistic) == pytest.approx(expected)


@pytest.mark.parametrize("statistic", ["sum", "p101", "p", "tm99", "IQM", "p9.", "PR(1:2)"])
def test_other_statistics_are_refused(statistic: str) -> None:
    with pytest.raises(StatisticError, match="is not supported by the embedded AWS"):
        distributions.check(statistic)


def test_a_statistic_set_has_percentiles_only_if_all_its_values_are_the_same() -> None:
    found = _of()
    found.add_set(4, 8, 2, 2)
    assert (value_of(found, "p50"), found.count, found.total) == (2, 4, 8)
    found.add_set(2, 6, 1, 5)
    assert [value_of(found, name) for name in ("p50", "Sum", "Minimum", "Maximum")] == [None, 14, 1, 5]


def test_negative_values_have_no_percentiles() -> None:
    assert [value_of(_of(-1, 3), name) for name in ("p50", "Average")] == [None, 1]


def test_many_values_take_little_memory_and_keep_their_percentiles_to_two_percent() -> None:
    generator = random.Random(6)  # noqa: S311 - no secret
    values = [generator.lognormvariate(4, 2) for _ in range(50_000)]
    found = _of(*values)
    assert found.values is not None
    assert len(found.values) < 1500
    assert sys.getsizeof(found.values) < 100_000
    ordered = sorted(values)
    for percent in (1, 50, 90, 99, 99.9):
        exact = ordered[round(percent / 100 * (len(ordered) - 1))]
        assert value_of(found, f"p{percent:g}") == pytest.approx(exact, rel=0.02)
    assert [value_of(found, name) for name in ("Sum", "Maximum", "SampleCount")] == [
        pytest.approx(sum(values)),
        ordered[-1],
        50_000,
    ]


def test_a_metric_is_another_one_with_other_dimensions_and_another_unit_is_kept_apart() -> None:
    store = Store()
    for dimensions, unit, value in [
        ({"ApiName": "a", "Stage": "v1"}, "Count", 1.0),
        ({"Stage": "v1", "ApiName": "a"}, "Count", 2.0),
        ({"ApiName": "a"}, "Count", 4.0),
        ({"ApiName": "a", "Stage": "v1"}, "Bytes", 8.0),
    ]:
        store.add([(store.series(MetricName("N", "Latency", dimensions_of(dimensions)), unit), value)], 60)
    sums = {unit: store.periods(METRIC, 0, 120, 60, unit)[60].total for unit in (None, "Count", "Bytes")}
    assert (sums, store.units(METRIC)) == ({None: 11, "Count": 3, "Bytes": 8}, ["Count", "Bytes"])
    assert store.periods(MetricName("N", "Latency"), 0, 120, 60) == {}
    assert [metric.dimensions for metric in store.listed(0)] == [
        (("ApiName", "a"), ("Stage", "v1")),
        (("ApiName", "a"),),
    ]
    assert store.listed(121) == []


def test_periods_begin_at_the_start_that_is_asked_for_and_end_before_the_end() -> None:
    store = Store()
    series = store.series(METRIC, "Count")
    for second in (59, 60, 119, 180, 299, 300):
        store.add([(series, 1.0)], second)
    assert {start: found.total for start, found in store.periods(METRIC, 60, 300, 120).items()} == {60: 2, 180: 2}
    assert {start: found.total for start, found in store.periods(METRIC, 0, 10**9, 300).items()} == {0: 5, 300: 1}


def test_old_minutes_are_merged_as_cloudwatch_merges_them_and_at_last_dropped() -> None:
    store = Store()
    series = store.series(METRIC, "Count")
    now = CLOCK.now().replace(minute=0, second=0, microsecond=0)
    ages = [timedelta(days=500), timedelta(days=100), timedelta(days=20), timedelta(days=1)]
    for age in ages:
        start = int((now - age).timestamp()) // 3600 * 3600
        for minute in range(1440):
            store.add([(series, 1.0)], start + 60 * minute)
    assert len(series.minutes) < 4 * 1440
    sums = [
        sum(
            found.total
            for found in store.periods(
                METRIC, int((now - age).timestamp()), int((now - age).timestamp()) + 86_400, 3600
            ).values()
        )
        for age in ages
    ]
    assert sums == [0, 1440, 1440, 1440]


def test_the_epoch_of_a_moment_is_its_minute() -> None:
    store, moment = Store(), datetime(2026, 10, 5, 14, 3, 59, 999_999, tzinfo=UTC)
    series = store.series(METRIC, "Count")
    store.add([(series, 1.0)], moment.timestamp())
    assert list(series.minutes) == [int(datetime(2026, 10, 5, 14, 3, tzinfo=UTC).timestamp())]
