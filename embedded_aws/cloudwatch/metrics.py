"""The operations on metrics: they take and give dicts of AWS's model."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from embedded_aws.clock import CLOCK
from embedded_aws.cloudwatch import distributions
from embedded_aws.cloudwatch.queries import Queries, QueryError
from embedded_aws.cloudwatch.store import MINUTE, RETENTION, STORES, MetricName, Store, dimensions_in

PAST, FUTURE = timedelta(weeks=2), timedelta(hours=2)
"""How far from now a data point may be that is put."""
_MOST_POINTS: Final = 1440
_MOST_DATA: Final = 1000
_MOST_LISTED: Final = 500
_MOST_QUERIES: Final = 500

Request = Mapping[str, Any]
Result = dict[str, Any]


class MetricError(ValueError):
    """A request that CloudWatch refuses; `code` is its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def put_metric_data(request: Request) -> Result:
    """Store data points; all of a request, or none if one is wrong."""
    namespace, data = str(request.get("Namespace") or ""), request.get("MetricData") or []
    if not namespace or namespace.startswith(":"):
        raise MetricError(
            "InvalidParameterValue", "The value for parameter Namespace is required, and starts with no :"
        )
    if namespace.startswith("AWS/"):
        raise MetricError("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
    if len(data) > _MOST_DATA:
        raise MetricError("InvalidParameterValue", f"At most {_MOST_DATA} metrics may be put at once, not {len(data)}")
    now, store = CLOCK.now(), STORES.current()
    checked = [(one, _time(one, number, now)) for number, one in enumerate(data, 1)]
    for one, seconds in checked:
        metric = MetricName(namespace, one["MetricName"], dimensions_in(one.get("Dimensions")))
        series = store.series(metric, one.get("Unit") or "None")
        if one.get("StatisticValues"):
            store.add_set(series, one["StatisticValues"], seconds)
        elif one.get("Values"):
            counts = one.get("Counts") or [1.0] * len(one["Values"])
            for value, times in zip(one["Values"], counts, strict=True):
                store.add_times(series, float(value), float(times), seconds)
        else:
            store.add([(series, float(one["Value"]))], seconds)
    return {}


def _time(one: Request, number: int, now: datetime) -> float:
    """Check a data point; gives its time in seconds since 1970."""
    where = f"MetricData.member.{number}"
    if not one.get("MetricName"):
        raise MetricError("MissingParameter", f"The parameter {where}.MetricName is required.")
    given = [name for name in ("Value", "Values", "StatisticValues") if one.get(name) is not None]
    if len(given) != 1:
        raise MetricError(
            "InvalidParameterCombination",
            f"Exactly one of {where}.Value, Values and StatisticValues must be specified, not {given}.",
        )
    if one.get("Values") and len(one.get("Counts") or one["Values"]) != len(one["Values"]):
        raise MetricError("InvalidParameterValue", f"{where}: Values and Counts must be of the same length.")
    moment = one.get("Timestamp") or now
    if moment < now - PAST:
        raise MetricError(
            "InvalidParameterValue", f"The parameter {where}.Timestamp must specify a time within the past two weeks."
        )
    if moment > now + FUTURE:
        raise MetricError(
            "InvalidParameterValue",
            f"The parameter {where}.Timestamp must specify a time no more than two hours in the future.",
        )
    return float(moment.timestamp())


def list_metrics(request: Request) -> Result:
    """List the metrics with data of the last two weeks; given dimensions must be among a metric's own."""
    wanted = request.get("Dimensions") or []
    found = []
    for metric in STORES.current().listed((CLOCK.now() - PAST).timestamp()):
        own = dict(metric.dimensions)
        if request.get("Namespace") not in (None, metric.namespace) or request.get("MetricName") not in (
            None,
            metric.name,
        ):
            continue
        if all(pair["Name"] in own and pair.get("Value") in (None, own[pair["Name"]]) for pair in wanted):
            found.append(metric)
    found.sort(key=lambda metric: (metric.namespace, metric.name, metric.dimensions))
    start = int(request.get("NextToken") or 0)
    shown = [
        {
            "Namespace": metric.namespace,
            "MetricName": metric.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        }
        for metric in found[start : start + _MOST_LISTED]
    ]
    more = start + _MOST_LISTED < len(found)
    return {"Metrics": shown, "NextToken": str(start + _MOST_LISTED) if more else None}


def get_metric_statistics(request: Request) -> Result:
    """Give the statistics of one metric, period by period, oldest first."""
    statistics = [*(request.get("Statistics") or []), *(request.get("ExtendedStatistics") or [])]
    if not statistics:
        raise MetricError("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
    for name in request.get("Statistics") or []:
        if name not in distributions.BASIC:
            raise MetricError("InvalidParameterValue", f"The value {name} for parameter Statistics is invalid.")
    for name in request.get("ExtendedStatistics") or []:
        _checked(name)
    grid = _grid(request, int(request["Period"]))
    if len(grid) > _MOST_POINTS:
        raise MetricError(
            "InvalidParameterCombination",
            f"You have requested up to {len(grid)} datapoints, which exceeds the limit of {_MOST_POINTS}. You may "
            "reduce the datapoints requested by increasing Period, or decreasing the time range.",
        )
    metric = MetricName(request["Namespace"], request["MetricName"], dimensions_in(request.get("Dimensions")))
    store, unit = STORES.current(), request.get("Unit")
    found = store.periods(metric, grid.start, grid.stop, grid.step, unit)
    shown = unit or next(iter(store.units(metric)), "None")
    return {"Label": metric.name, "Datapoints": [_point(start, one, statistics, shown) for start, one in found.items()]}


def _point(start: int, found: distributions.Distribution, statistics: list[str], unit: str) -> Result:
    values = {name: distributions.value_of(found, name) for name in statistics}
    basic = {name: value for name, value in values.items() if name in distributions.BASIC}
    extended = {name: value for name, value in values.items() if name not in basic and value is not None}
    point = {"Timestamp": datetime.fromtimestamp(start, UTC), "Unit": unit, **basic}
    return point | ({"ExtendedStatistics": extended} if extended else {})


def get_metric_data(request: Request) -> Result:
    """Give the data of metrics and of expressions over them, newest first unless asked otherwise."""
    asked = request.get("MetricDataQueries") or []
    if len(asked) > _MOST_QUERIES:
        raise MetricError("ValidationError", f"At most {_MOST_QUERIES} queries, not {len(asked)}")
    try:
        queries, store = Queries(asked), STORES.current()
        results = [result for query in queries.returned() for result in _results(query, queries, store, request)]
    except QueryError as error:
        raise MetricError("ValidationError", str(error)) from error
    return {"MetricDataResults": results, "Messages": []}


def _results(query: Request, queries: Queries, store: Store, request: Request) -> list[Result]:
    period = queries.period(query["Id"]) or int(query.get("Period") or queries.period() or MINUTE)
    found = queries.evaluate(query["Id"], store, _grid(request, period))
    oldest_first = request.get("ScanBy") == "TimestampAscending"
    results = []
    for series in found:
        points = sorted(series.points.items(), reverse=not oldest_first)
        results.append(
            {
                "Id": query["Id"],
                "Label": query.get("Label") or (series.label if "MetricStat" in query else query["Id"]),
                "Timestamps": [datetime.fromtimestamp(time, UTC) for time, _ in points],
                "Values": [value for _, value in points],
                "StatusCode": "Complete",
            }
        )
    return results


def _checked(statistic: str) -> None:
    try:
        distributions.check(statistic)
    except distributions.StatisticError as error:
        raise MetricError("InvalidParameterValue", str(error)) from error


def _grid(request: Request, period: int) -> range:
    """Give the starts of all periods of a request; the first is rounded down as CloudWatch rounds it, by its age."""
    start, end = request["StartTime"], request["EndTime"]
    if start >= end:
        raise MetricError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    if period < MINUTE or period % MINUTE:
        raise MetricError(
            "ValidationError", f"Period {period}: the embedded AWS has standard resolution, multiples of {MINUTE}"
        )
    age = CLOCK.now() - start
    step = max([seconds for limit, seconds in RETENTION if age > limit], default=MINUTE)
    first = int(start.timestamp()) // step * step
    return range(first, int(end.timestamp()), period)
