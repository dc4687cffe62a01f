"""Metric math against CloudWatch's documented examples, and what it refuses."""

from typing import Any

import pytest

from embedded_aws.cloudwatch.queries import Queries, QueryError
from embedded_aws.cloudwatch.store import MetricName, Store

GRID = range(0, 300, 60)
VALUES: dict[str, list[float | None]] = {
    "m1": [30, 20, 0, 0, None],
    "m2": [20, None, 20, None, None],
    "c1": [1, 1, 0, 0, None],
    "v2": [30, None, 0, 0, 30],
    "v3": [0, 0, 20, None, 20],
    "gap": [None, 2, None, None, 8],
}
"""Metric, which is its id too -> its values, minute by minute; the metric `never` has never had any."""


@pytest.fixture(scope="module")
def store() -> Store:
    made = Store()
    for name, values in VALUES.items():
        series = made.series(MetricName("N", name), "Count")
        for minute, value in zip(GRID, values, strict=True):
            if value is not None:
                made.add([(series, value)], minute)
    return made


def _metric(name: str, period: int = 60) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": "N", "MetricName": name}, "Period": period, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False}


def _queries(expression: str, *more: dict[str, Any]) -> Queries:
    metrics = [_metric(name) for name in (*VALUES, "never")]
    return Queries([*metrics, *more, {"Id": "e1", "Expression": expression}])


def _shown(store: Store, expression: str) -> list[list[float | None]]:
    found = _queries(expression).evaluate("e1", store, GRID)
    return [[series.points.get(minute) for minute in GRID] for series in found]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # The examples of "Using metric math"; there `-` is a missing value, None here.
        ("m1 < m2", [0, 0, 1, 0, None]),
        ("m1 >= 30", [1, 0, 0, 0, None]),
        ("m1 > 15 AND m2 > 15", [1, 0, 0, 0, None]),
        ("IF(c1, v2, v3)", [30, 0, 20, None, None]),
        ("IF(c1, 5, v3)", [5, 5, 20, None, None]),
        ("IF(c1, v2, 5)", [30, 0, 5, 5, None]),
        ("IF(m1 < 25, m1)", [None, 20, 0, 0, None]),
        ("IF(1, m2, m1)", [20, None, 20, None, None]),
        ("IF(0, m2, m1)", [30, 20, 0, 0, None]),
        ("IF(0, m2)", [None] * 5),
        # Missing values are 0; a division by zero drops the data point.
        ("m1 + m2", [50, 20, 20, 0, None]),
        ("m1 / m2", [1.5, None, 0, None, None]),
        ("m2 / m1 * 100", [100 / 1.5, 0, None, None, None]),
        ("-m1 + 1", [-29, -19, 1, 1, None]),
        ("2 ^ 3 ^ 0 * m2", [40, None, 40, None, None]),
        ("(m1 - m2) * 2 == 20 || m1 == 20", [1, 1, 0, 0, None]),
        ("m1 != 30 && m2 != 30", [0, 0, 1, 0, None]),
        ("1 - 2 - 3 + 0 * m2", [-4, None, -4, None, None]),
        ("FILL(m2, 7)", [20, 7, 20, 7, 7]),
        ("FILL(gap, REPEAT)", [None, 2, 2, 2, 8]),
        ("FILL(gap, LINEAR)", [None, 2, 4, 6, 8]),
        ("FILL(m2, m1)", [20, 20, 20, 0, None]),
        ("FILL(m2, MAX(m1))", [20, 30, 20, 30, 30]),
        ("FILL(never, 0)", [None] * 5),
        ("SUM([m1, m2])", [50, 20, 20, 0, None]),
        ("MAX([m1, m2, 3 * m2])", [60, 20, 60, 0, None]),
        ("MIN([m1, m2])", [20, 0, 0, 0, None]),
        ("AVG([m1, m2])", [25, 10, 10, 0, None]),
        ("DATAPOINT_COUNT([m1, m2])", [2, 1, 2, 1, None]),
        ("m1 / SUM(m1)", [0.6, 0.4, 0, 0, None]),
        ("m1 - AVG(m1)", [17.5, 7.5, -12.5, -12.5, None]),
        ("m1 / PERIOD(m1)", [0.5, 20 / 60, 0, 0, None]),
        ("DIFF(gap)", [None, None, None, None, 6]),
        ("RATE(gap)", [None, None, None, None, 6 / 180]),
        ("DIFF_TIME(gap)", [None, None, None, None, 180]),
        ("RUNNING_SUM(m1)", [30, 50, 50, 50, None]),
        ("TIME_SERIES(METRIC_COUNT([m1, m2]))", [2] * 5),
        ("CEIL(m1 / 7) + FLOOR(m1 / 7) - ABS(-m1)", [-21, -15, 0, 0, None]),
        ("LOG10(m1 * 5)", [2.1760912590556813, 2, None, None, None]),
        ("FIRST([m1, m2])", [30, 20, 0, 0, None]),
        ("LAST(REMOVE_EMPTY([m1, never]))", [30, 20, 0, 0, None]),
        ('SUM(METRICS("m"))', [50, 20, 20, 0, None]),
        ("SUM(METRICS('v'))", [30, 0, 20, 0, 50]),
    ],
)
def test_an_expression(store: Store, expression: str, expected: list[float | None]) -> None:
    (found,) = _shown(store, expression)
    assert found == [value if value is None else pytest.approx(value) for value in expected]


def test_an_expression_may_give_many_series_and_refer_to_others(store: Store) -> None:
    assert _shown(store, "[m1, m2] * 2") == [[60, 40, 0, 0, None], [40, None, 40, None, None]]
    assert _shown(store, "[m1, m2] - [m2, m2]") == [[10, 20, -20, 0, None], [0, None, 0, None, None]]
    queries = _queries("ratio * 100", {"Id": "ratio", "Expression": "m2 / m1", "ReturnData": False})
    (series,) = queries.evaluate("e1", store, GRID)
    assert series.points == {0: pytest.approx(200 / 3), 60: 0.0}
    assert (queries.period("e1"), [query["Id"] for query in queries.returned()]) == (60, ["e1"])


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("m1 +", "Unexpected the end"),
        ("m1 m2", "Unexpected m2"),
        ("(m1", "Unexpected the end"),
        ("m1 ; m2", "Unexpected character at 2"),
        ("SUM([m1, m2)", r"Unexpected \)"),
        ("nothing * 2", "Unknown id nothing"),
        ("e1 + 1", "it refers to itself"),
        ("SORT(METRICS(), SUM, ASC)", "the function SORT is not supported by the embedded AWS"),
        ("SEARCH('{AWS/EC2} CPU', 'Average')", "the function SEARCH is not supported"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        _queries(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 + 1", "the result must be a time series, not a scalar"),
        ("SUM(m1)", "the result must be a time series, not a scalar"),
        ("FILL(1, 2)", "FILL takes a time series"),
        ("[m1, m2] + [m1]", "Arrays of 2 and 1 time series"),
        ("[m1, 1]", "an array holds time series only"),
        ("IF(m1)", "IF takes two or three values, not 1"),
        ("IF([m1, m2], m1)", "IF takes no array as its condition"),
        ("ABS(m1, m2)", "ABS takes one value, not 2"),
        ("FIRST(m1)", "FIRST takes an array of time series"),
        ("TIME_SERIES(m1)", "TIME_SERIES takes a number"),
        ("m1 + REPEAT", "REPEAT is neither an id nor a value"),
        ('m1 + "a"', "a text stands where a value is expected"),
    ],
)
def test_what_a_function_does_not_take_is_refused(store: Store, expression: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        _queries(expression).evaluate("e1", store, GRID)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ([{"Id": "M1", "Expression": "1"}], "parameter Id is not matching"),
        ([_metric("m1"), _metric("m1")], "The id m1 is used by more than one query"),
        ([{"Id": "e1"}], "must have either Expression or MetricStat"),
        ([_metric("m1") | {"Expression": "1"}], "must have either Expression or MetricStat"),
        ([{**_metric("m1"), "MetricStat": {**_metric("m1")["MetricStat"], "Stat": "tm90"}}], "tm90"),
    ],
)
def test_queries_that_are_none_are_refused(queries: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        Queries(queries)


def test_metrics_of_different_periods_are_not_combined() -> None:
    queries = Queries([_metric("m1"), _metric("m2", 300), {"Id": "e1", "Expression": "m1 + m2"}])
    with pytest.raises(QueryError, match=r"Metrics of different periods cannot be combined: \[60, 300\]"):
        queries.period("e1")
