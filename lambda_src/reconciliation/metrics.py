"""CloudWatch: hourly sums of what was counted, and the metrics that alarms look at."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from reconciliation.config import Metric
from reconciliation.hours import HOUR, Window, hour_of

_SECONDS = 3600
_MOST_PER_PUT = 1000


class MetricError(RuntimeError):
    """CloudWatch does not tell what was counted, or tells what cannot be; the message names the metric."""


def hourly_sums(cloudwatch: Any, metrics: Mapping[str, Metric], window: Window) -> dict[str, dict[datetime, int]]:
    """Return the sums of metrics by hour; an hour of which there is nothing is left out.

    Args:
        cloudwatch: client of boto3, for CloudWatch.
        metrics: by a name of the caller's.
        window: whose hours; CloudWatch keeps sums of an hour for 15 months.

    Raises:
        MetricError: not everything was told.
    """
    ids = {f"m{number}": name for number, name in enumerate(metrics)}
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_query(one, metrics[name]) for one, name in ids.items()],
        StartTime=window.start,
        EndTime=window.end,
        ScanBy="TimestampAscending",
    )
    sums: dict[str, dict[datetime, int]] = {name: {} for name in metrics}
    states = dict.fromkeys(ids, "not told")
    for page in pages:
        for result in page["MetricDataResults"]:
            name = ids[result["Id"]]
            states[result["Id"]] = result["StatusCode"]
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                sums[name][_hour(metrics[name], moment, window)] = _whole(metrics[name], value)
    for one, state in states.items():
        if state != "Complete":
            raise MetricError(f"metric {_told(metrics[ids[one]])}: must be told as a whole, is {state}")
    return sums


def put_metrics(cloudwatch: Any, namespace: str, at: datetime, values: Iterable[tuple[str, str, int]]) -> None:
    """Put metrics of sources.

    Args:
        cloudwatch: client of boto3, for CloudWatch.
        namespace: of the metrics.
        at: their time.
        values: source, name and value of each.
    """
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "Source", "Value": source}],
            "Timestamp": at,
            "Value": value,
            "Unit": "Count",
        }
        for source, name, value in values
    ]
    for start in range(0, len(data), _MOST_PER_PUT):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + _MOST_PER_PUT])


def _query(query_id: str, metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions.items())]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": query_id, "MetricStat": {"Metric": named, "Period": _SECONDS, "Stat": "Sum"}, "ReturnData": True}


def _hour(metric: Metric, moment: datetime, window: Window) -> datetime:
    hour = moment.astimezone(UTC)
    if hour != hour_of(hour) or not window.start <= hour <= window.end - HOUR:
        raise MetricError(f"metric {_told(metric)}: must be of whole hours from {window.start} on, got {moment}")
    return hour


def _whole(metric: Metric, value: float) -> int:
    number = Decimal(value)
    if number != number.to_integral_value() or number < 0:
        raise MetricError(f"metric {_told(metric)}: must be a number of records, got {value}")
    return int(number)


def _told(metric: Metric) -> str:
    return f"{metric.namespace} {metric.name}"
